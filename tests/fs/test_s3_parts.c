/* The pure parts of the stores: XML replies, profiles, paths, tokens, settings, sizes, joins. */
#include <criterion/criterion.h>
#include <string.h>

#include "fs/fs.h"
#include "fs/remote/plain.h"
#include "fs/remote/ranged.h"
#include "fs/s3/objects.h"
#include "fs/settings.h"
#include "fs/token.h"

static vonk_arena arena;
static vonk_error err;

static void cleanup(void)
{
    vonk_arena_free(&arena);
}

TestSuite(s3_parts, .fini = cleanup);

/* --- XML --- */

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

Test(s3_parts, reads_a_page_of_a_list)
{
    vonk_s3_page page;
    cr_assert_eq(
        vonk_s3_get_page(
            VONK_SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult" NS
                       "><Name>b</Name><Prefix>x</Prefix><IsTruncated>true</IsTruncated>"
                       "<EncodingType>url</EncodingType><NextContinuationToken>1/a+b=</"
                       "NextContinuationToken>"
                       "<Contents><Key>k%3D1/s+p%C3%A9/a%2Bb.csv</Key><LastModified>2013-05-24T00:"
                       "00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>434234</Size>"
                       "<Owner><ID>x</ID></Owner></Contents><Contents><Size>0</Size><Key>z/</Key>"
                       "</Contents><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
                       "</ListBucketResult>"),
            &arena, &page, &err),
        VONK_OK, "%s", err.message);
    cr_assert_eq(page.n, 3);
    cr_assert_str_eq(page.objects[0].key, "k=1/s p\xc3\xa9/a+b.csv");
    cr_assert_eq(page.objects[0].size, 434234);
    cr_assert_eq(page.objects[0].mtime_ns, 1369353600 * INT64_C(1000000000));
    cr_assert_str_eq(page.objects[1].key, "z/");
    cr_assert(page.objects[2].is_prefix);
    cr_assert_str_eq(page.objects[2].key, "p/");
    cr_assert_str_eq(page.next, "1/a+b=", "the token is not encoded");
}

Test(s3_parts, refuses_lists_that_are_none)
{
    static const char *const bad[] = {
        "",
        "{}",
        "<html><body>login</body></html>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>k</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>k</Key><Size>99999999999999999999</Size></Contents>"
        "</ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>k</Key>",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><ListBucketResult><Name>&a;</Name></ListBucketResult>",
        "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>"
        "</a></a></a></a></a></a></a></a>",
    };
    for (size_t i = 0; i < VONK_LENGTH(bad); i++) {
        vonk_s3_page page = {.n = 77};
        cr_assert_eq(vonk_s3_get_page(vonk_slice_of(bad[i]), &arena, &page, &err), VONK_CORRUPT,
                     "%s", bad[i]);
        cr_assert_eq(page.n, 77);
    }
}

Test(s3_parts, reads_errors_of_s3_and_sts)
{
    vonk_s3_error error;
    vonk_s3_get_error(VONK_SLICE("<Error><Code>AuthorizationHeaderMalformed</Code><Message>the "
                                 "region is wrong</Message><Region>eu-west-1</Region></Error>"),
                      &error);
    cr_assert_str_eq(error.code, "AuthorizationHeaderMalformed");
    cr_assert_str_eq(error.message, "the region is wrong");
    cr_assert_str_eq(error.region, "eu-west-1");
    vonk_s3_get_error(VONK_SLICE("<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>"
                                 "ExpiredTokenException</Code></Error></ErrorResponse>"),
                      &error);
    cr_assert_str_eq(error.code, "ExpiredTokenException");
    vonk_s3_get_error(VONK_SLICE("<CompleteMultipartUploadResult><ETag>x</ETag>"
                                 "</CompleteMultipartUploadResult>"),
                      &error);
    cr_assert_str_eq(error.code, "");
    vonk_s3_get_error(VONK_SLICE("<Error><Code>SlowDown</Code><Mess"), &error);
    cr_assert_str_eq(error.code, "SlowDown", "cut off behind the code");
}

Test(s3_parts, reads_uploads_deletions_and_roles)
{
    vonk_s3_uploads list;
    cr_assert_eq(
        vonk_s3_get_uploads(
            VONK_SLICE("<ListMultipartUploadsResult" NS "><IsTruncated>true</IsTruncated>"
                       "<EncodingType>url</EncodingType><NextKeyMarker>a%2Fb</NextKeyMarker>"
                       "<NextUploadIdMarker>i2</NextUploadIdMarker><Upload><Key>a%2Fb</Key>"
                       "<UploadId>i1</UploadId><Initiated>2013-05-24T00:00:00.000Z</Initiated>"
                       "</Upload></ListMultipartUploadsResult>"),
            &arena, &list, &err),
        VONK_OK);
    cr_assert_eq(list.n, 1);
    cr_assert_str_eq(list.uploads[0].key, "a/b");
    cr_assert_str_eq(list.uploads[0].id, "i1");
    cr_assert_eq(list.uploads[0].initiated_s, 1369353600);
    cr_assert_str_eq(list.next_key, "a/b");
    char key[1100];
    vonk_s3_error error;
    cr_assert_eq(
        vonk_s3_get_deleted(VONK_SLICE("<DeleteResult><Error><Key>a</Key><Code>AccessDenied"
                                       "</Code></Error><Error><Key>b</Key></Error>"
                                       "</DeleteResult>"),
                            key, &error, &err),
        VONK_OK);
    cr_assert_str_eq(key, "a");
    cr_assert_str_eq(error.code, "AccessDenied");
    vonk_s3_role role;
    cr_assert_eq(
        vonk_s3_get_role(VONK_SLICE("<AssumeRoleWithWebIdentityResponse "
                                    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                                    "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>A"
                                    "</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
                                    "<SessionToken>T</SessionToken><Expiration>2013-05-24T00:00:00Z"
                                    "</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
                                    "</AssumeRoleWithWebIdentityResponse>"),
                         &arena, &role, &err),
        VONK_OK);
    cr_assert_str_eq(role.session_token, "T");
    cr_assert_eq(role.expires_s, 1369353600);
}

Test(s3_parts, completes_with_escaped_etags_in_order)
{
    vonk_buffer out = {0};
    vonk_s3_complete_body("\"a\",b", &out);
    cr_assert_str_eq(vonk_buffer_str(&out),
                     "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;"
                     "</ETag></Part><Part><PartNumber>2</PartNumber><ETag>b</ETag></Part>"
                     "</CompleteMultipartUpload>");
    vonk_buffer_free(&out);
}

/* --- profiles, paths, endpoints --- */

Test(s3_parts, reads_the_section_of_a_profile)
{
    vonk_s3_profile p = {0};
    static const char credentials[] = "# mine\n[default]\naws_access_key_id=AD\n[other]\r\n"
                                      "aws_access_key_id = AO\r\n aws_secret_access_key = S=O \n"
                                      "aws_secret_access_key = S=1 \n";
    static const char config[] = "[other]\nregion=no\n[profile other]\nregion = eu-west-1\n"
                                 "s3 =\n  endpoint_url = nested\nsource_profile = default\n";
    cr_assert_eq(vonk_s3_profile_read(vonk_slice_of(credentials), "other", false, &arena, &p, &err),
                 VONK_OK);
    cr_assert_eq(vonk_s3_profile_read(vonk_slice_of(config), "other", true, &arena, &p, &err),
                 VONK_OK);
    cr_assert(p.found);
    cr_assert_str_eq(p.access_key, "AO");
    cr_assert_str_eq(p.secret_key, "S=1", "a line that is set in belongs to a sub-section");
    cr_assert_str_eq(p.region, "eu-west-1");
    cr_assert_null(p.endpoint_url);
    cr_assert_str_eq(p.unsupported, "source_profile");
    vonk_s3_profile q = {0};
    cr_assert_eq(vonk_s3_profile_read(vonk_slice_of(credentials), "nix", false, &arena, &q, &err),
                 VONK_OK);
    cr_assert_not(q.found);
}

Test(s3_parts, takes_paths_and_endpoints_apart)
{
    const char *bucket = NULL, *key = NULL;
    cr_assert_eq(vonk_s3_split_path("s3a://b.x/k=1/a b", &arena, &bucket, &key, &err), VONK_OK);
    cr_assert_str_eq(bucket, "b.x");
    cr_assert_str_eq(key, "k=1/a b");
    cr_assert_eq(vonk_s3_split_path("s3://b", &arena, &bucket, &key, &err), VONK_OK);
    cr_assert_str_eq(key, "");
    static const char *const bad[] = {"s3:/b/k", "s3:///k", "s3://a b/k", "s3://u:p@b/k", "s3://"};
    for (size_t i = 0; i < VONK_LENGTH(bad); i++)
        cr_assert_eq(vonk_s3_split_path(bad[i], &arena, &bucket, &key, &err), VONK_INVALID, "%s",
                     bad[i]);
    vonk_s3_endpoint e;
    cr_assert_eq(vonk_s3_endpoint_parse("http://Minio:9000/gw/", true, &arena, &e, &err), VONK_OK);
    cr_assert_not(e.tls);
    cr_assert_str_eq(e.host, "minio:9000");
    cr_assert_str_eq(e.base, "/gw");
    cr_assert_eq(vonk_s3_endpoint_parse("s3.x.com:443", true, &arena, &e, &err), VONK_OK);
    cr_assert_str_eq(e.host, "s3.x.com", "the port of https is in no Host header");
    cr_assert_eq(vonk_s3_endpoint_parse("http://a b", true, &arena, &e, &err), VONK_INVALID);
    cr_assert_eq(vonk_s3_endpoint_parse("", true, &arena, &e, &err), VONK_INVALID);
}

Test(s3_parts, knows_hadoops_provider_classes)
{
    vonk_s3_provider list[VONK_S3_N_PROVIDERS];
    uint32_t n = 0;
    cr_assert_eq(vonk_s3_providers(NULL, list, &n, &err), VONK_OK);
    cr_assert_eq(n, 5);
    cr_assert_eq(list[0], VONK_S3_SETTINGS);
    cr_assert_eq(vonk_s3_providers("org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider", list,
                                   &n, &err),
                 VONK_OK);
    cr_assert(n == 1 && list[0] == VONK_S3_ANONYMOUS);
    cr_assert_eq(vonk_s3_providers("a.b.ProfileCredentialsProvider,\n "
                                   "c.EnvironmentVariableCredentialsProvider",
                                   list, &n, &err),
                 VONK_OK);
    cr_assert(n == 2 && list[0] == VONK_S3_FILES && list[1] == VONK_S3_ENVIRONMENT);
    cr_assert_eq(vonk_s3_providers("com.example.Mine", list, &n, &err), VONK_INVALID);
    cr_assert(strstr(err.message, "Mine"), "%s", err.message);
}

/* --- tokens, settings --- */

Test(s3_parts, tokens_carry_any_text)
{
    vonk_buffer out = {0};
    vonk_token_put(&out, "s3", 2);
    vonk_token_put(&out, "a b:3 \n", 7);
    vonk_token_put(&out, "", 0);
    const char *const *texts = NULL;
    uint32_t n = 0;
    cr_assert_eq(vonk_token_get(vonk_buffer_str(&out), 8, &arena, &texts, &n, &err), VONK_OK);
    cr_assert_eq(n, 3);
    cr_assert_str_eq(texts[1], "a b:3 \n");
    cr_assert_str_eq(texts[2], "");
    static const char *const bad[] = {
        "",           "vonk1",      "vonk1 5:abc", "vonk1 x:a",
        "vonk1 -1:a", "vonk1 1:ab", "vonk2 1:a",   "vonk1 99999999999999999999:a"};
    for (size_t i = 0; i < VONK_LENGTH(bad); i++)
        cr_assert_eq(vonk_token_get(bad[i], 8, &arena, &texts, &n, &err), VONK_CORRUPT, "%s",
                     bad[i]);
    cr_assert_eq(vonk_token_get(vonk_buffer_str(&out), 2, &arena, &texts, &n, &err), VONK_CORRUPT);
    vonk_buffer_free(&out);
}

Test(s3_parts, settings_change_the_generation_only_if_they_differ)
{
    static const vonk_option items[] = {{"fs.s3a.endpoint", "http://x"}, {"fs.s3a.empty", ""}};
    const char *value = NULL;
    cr_assert_eq(vonk_fs_settings_set(&(vonk_options){2, items}, &err), VONK_OK);
    uint64_t generation = vonk_fs_settings_generation();
    cr_assert_eq(vonk_fs_settings_set(&(vonk_options){2, items}, &err), VONK_OK);
    cr_assert_eq(vonk_fs_settings_generation(), generation);
    cr_assert_eq(vonk_fs_settings_get("fs.s3a.endpoint", NULL, &arena, &value, &err), VONK_OK);
    cr_assert_str_eq(value, "http://x");
    cr_assert_eq(vonk_fs_settings_get("fs.s3a.empty", "else", &arena, &value, &err), VONK_OK);
    cr_assert_str_eq(value, "else");
    cr_assert_eq(vonk_fs_settings_set(&(vonk_options){1, items}, &err), VONK_OK);
    cr_assert_neq(vonk_fs_settings_generation(), generation);
}

/* --- sizes, delays, ranges --- */

Test(s3_parts, ten_thousand_parts_reach_five_terabytes)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < VONK_S3_MAX_PARTS; i++)
        total += vonk_s3_part_size((size_t)8 << 20, i);
    cr_assert_geq(total, UINT64_C(5) << 40);
    cr_assert_eq(vonk_s3_part_size((size_t)8 << 20, 999), (size_t)8 << 20);
}

Test(s3_parts, waits_longer_each_time_within_bounds)
{
    cr_assert_eq(vonk_remote_delay_ms(0, 100, 0, 0), 50);
    cr_assert_eq(vonk_remote_delay_ms(0, 100, 0, 1023), 100);
    cr_assert_eq(vonk_remote_delay_ms(3, 100, 0, 1023), 800);
    cr_assert_eq(vonk_remote_delay_ms(99, 60000, 0, 1023), 20000);
    cr_assert_eq(vonk_remote_delay_ms(0, 100, 2, 0), 2000);
    cr_assert_eq(vonk_remote_delay_ms(0, 100, 86400, 0), 30000);
}

Test(s3_parts, joins_neighbours_and_cuts_what_is_long)
{
    vonk_fs_range p[32];
    vonk_fs_range r[] = {{1000000, 100},
                         {0, 100},
                         {100, 50},
                         {100 + VONK_RANGED_GAP, 10},
                         {5000000, VONK_RANGED_PIECE + 7},
                         {90000000, 0}};
    cr_assert_eq(vonk_ranged_join(r, VONK_LENGTH(r), p, 32), 4);
    cr_assert(p[0].start == 0 && p[0].length == 110 + VONK_RANGED_GAP);
    cr_assert(p[1].start == 1000000 && p[1].length == 100);
    cr_assert(p[2].start == 5000000 && p[2].length == VONK_RANGED_PIECE);
    cr_assert(p[3].start == 5000000 + VONK_RANGED_PIECE && p[3].length == 7);
    vonk_fs_range many[32];
    for (uint64_t i = 0; i < 32; i++)
        many[i] = (vonk_fs_range){i * VONK_RANGED_PIECE, VONK_RANGED_PIECE};
    cr_assert_eq(vonk_ranged_join(many, 32, p, 32), VONK_RANGED_AHEAD / VONK_RANGED_PIECE);
    cr_assert_eq(vonk_ranged_join(many, 32, p, 3), 3);
    vonk_fs_range inner[] = {{0, 1000}, {10, 20}};
    cr_assert_eq(vonk_ranged_join(inner, 2, p, 32), 1);
    cr_assert_eq(p[0].length, 1000);
    vonk_fs_range over[] = {{0, VONK_RANGED_PIECE}, {10, VONK_RANGED_PIECE}};
    cr_assert_eq(vonk_ranged_join(over, 2, p, 32), 2, "no byte twice");
    cr_assert(p[1].start == VONK_RANGED_PIECE && p[1].length == 10);
}

Test(s3_parts, reads_content_ranges)
{
    uint64_t start = 0, size = 0;
    cr_assert(vonk_content_range("bytes 5-9/1234", &start, &size));
    cr_assert(start == 5 && size == 1234);
    static const char *const bad[] = {"bytes */0", "bytes 0-1/*", "5-9/10", "bytes 9-9/3",
                                      "bytes -1-2/3"};
    for (size_t i = 0; i < VONK_LENGTH(bad); i++)
        cr_assert_not(vonk_content_range(bad[i], &start, &size), "%s", bad[i]);
    cr_assert_not(vonk_content_range(NULL, &start, &size));
}

Test(s3_parts, reads_times_that_fit)
{
    cr_assert_eq(vonk_s3_time("2013-05-24T00:00:00.000Z"), 1369353600);
    cr_assert_eq(vonk_s3_time("Fri, 24 May 2013 00:00:00 GMT"), 1369353600);
    cr_assert_eq(vonk_s3_time("9999-05-24T00:00:00Z"), 0, "its nanoseconds would not fit");
    cr_assert_eq(vonk_s3_time("yesterday"), 0);
}

Test(s3_parts, knows_its_own_files)
{
    cr_assert(vonk_s3_is_of_job("out/part-00001-00ab-c000.parquet", "00ab"));
    cr_assert_not(vonk_s3_is_of_job("out/part-00001-00abc-c000.parquet", "00ab"));
    cr_assert(vonk_s3_is_of_job("out/part-00001-00ab-c000.parquet", NULL));
    cr_assert_not(vonk_s3_is_of_job("out/parts.csv", NULL));
    cr_assert_not(vonk_s3_is_of_job("p", "x"));
}
