/* The S3 and web stores against scripted answers: faults, redirects, lost answers, credentials. */
#include <criterion/criterion.h>
#include <string.h>

#include "fs/fs.h"
#include "fs/settings.h"
#include "support/script_server.h"

#define OK_HEAD(extra) "HTTP/1.1 200 OK\r\n" extra "\x01\r\n"
#define PART_HEAD(etag, range)                                                                     \
    "HTTP/1.1 206 Partial Content\r\nETag: \"" etag "\"\r\nContent-Range: bytes " range            \
    "\r\n\x01\r\n"
#define ERROR(status, code)                                                                        \
    "HTTP/1.1 " status "\r\n\x01\r\n<Error><Code>" code "</Code><Message>m</Message></Error>"
#define UPLOAD_ID                                                                                  \
    OK_HEAD("")                                                                                    \
    "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"
#define PART_DONE OK_HEAD("ETag: \"p1\"\r\n")
#define COMPLETED                                                                                  \
    OK_HEAD("") "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
/* Cut after some bytes: without any, curl itself tries again on a new connection. */
#define HALF       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
#define NO_CONTENT "HTTP/1.1 204 No Content\r\n\r\n"

static vonk_error err;
static vonk_arena arena;
static script_server *server;

/* Starts the script and points the stores at it. `more`: a further setting, or {NULL}. */
static void start_with(const script_step *steps, size_t n, vonk_option more, bool keys)
{
    static const char *const variables[] = {
        "AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY",       "AWS_SESSION_TOKEN",
        "AWS_PROFILE",        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
        "AWS_REGION",         "AWS_DEFAULT_REGION",          "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3"};
    for (size_t i = 0; i < VONK_LENGTH(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", "/nonexistent", 1);
    server = script_start(steps, n);
    vonk_option items[8] = {{"fs.s3a.endpoint", server->url},
                            {"fs.s3a.retry.interval", "1"},
                            {"fs.s3a.attempts.maximum", "3"},
                            {"fs.s3a.connection.timeout", "20s"}};
    uint32_t n_items = 4;
    if (keys) {
        items[n_items++] = (vonk_option){"fs.s3a.access.key", "AK"};
        items[n_items++] = (vonk_option){"fs.s3a.secret.key", "SK"};
    }
    if (more.key)
        items[n_items++] = more;
    cr_assert_eq(vonk_fs_settings_set(&(vonk_options){n_items, items}, &err), VONK_OK);
}

#define START(steps) start_with((steps), VONK_LENGTH(steps), (vonk_option){0}, true)

static void stop(void)
{
    const char *said = script_stop(server);
    cr_assert_str_eq(said, "", "%s", said);
    vonk_arena_free(&arena);
}

static char text[64];

/* Opens and reads all of a small file. */
static vonk_status read_file(const char *path)
{
    vonk_fs_file *file;
    memset(text, 0, sizeof(text));
    VONK_TRY(vonk_fs_open(path, &file, &err));
    vonk_status status = vonk_fs_read(file, 0, (size_t)vonk_fs_size(file), text, &err);
    vonk_fs_close(file);
    return status;
}

/* --- reading --- */

Test(s3_faults, tries_again_after_500_503_and_429)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k", .reply = ERROR("503 Slow Down", "SlowDown")},
        {.expect = "GET /b/k", .reply = ERROR("500 Oops", "InternalError")},
        {.expect = "GET /b/k", .reply = PART_HEAD("e", "0-4/5") "hello"},
        {.expect = "GET /b/l", .reply = ERROR("429 Too Many", "SlowDown")},
        {.expect = "GET /b/l", .reply = OK_HEAD("ETag: \"e\"\r\n") "whole"},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "hello");
    cr_assert_eq(read_file("s3a://b/l"), VONK_OK, "a store without ranges sends it whole");
    cr_assert_str_eq(text, "whole");
    stop();
}

Test(s3_faults, gives_up_after_the_attempts_that_are_set)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k", .reply = ERROR("503 Slow Down", "SlowDown")},
        {.expect = "GET /b/k", .reply = ERROR("503 Slow Down", "SlowDown")},
        {.expect = "GET /b/k", .reply = ERROR("503 Slow Down", "SlowDown")},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_IO);
    cr_assert(strstr(err.message, "s3://b/k") && strstr(err.message, "503 SlowDown"), "%s",
              err.message);
    stop();
}

Test(s3_faults, goes_on_where_a_connection_was_cut)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k", .must_have = "bytes=0-", .reply = PART_HEAD("e1", "0-3/10") "0123"},
        {.expect = "GET /b/k",
         .must_have = "If-Match: \"e1\"",
         .reply = "HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\nContent-Range: bytes "
                  "4-9/10\r\n\r\n45",
         .cut = true},
        {.expect = "GET /b/k", .must_have = "bytes=6-9", .reply = PART_HEAD("e1", "6-9/10") "6789"},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "0123456789");
    stop();
}

Test(s3_faults, never_mixes_a_file_with_its_successor)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k", .reply = PART_HEAD("e1", "0-3/10") "0123"},
        {.expect = "GET /b/k",
         .must_have = "If-Match: \"e1\"",
         .reply = ERROR("412 Precondition Failed", "PreconditionFailed")},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_IO);
    cr_assert(strstr(err.message, "s3://b/k was replaced"), "%s", err.message);
    stop();
}

Test(s3_faults, follows_a_bucket_to_its_region)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k",
         .must_have = "/us-east-1/s3/aws4_request",
         .reply = "HTTP/1.1 400 Bad Request\r\n\x01\r\n<Error><Code>AuthorizationHeaderMalformed"
                  "</Code><Region>eu-west-1</Region></Error>"},
        {.expect = "GET /b/k",
         .must_have = "/eu-west-1/s3/aws4_request",
         .reply = PART_HEAD("e", "0-4/5") "hello"},
        {.expect = "GET /b/k",
         .must_have = "/eu-west-1/s3/aws4_request",
         .reply = "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-1\r\n\x01\r\n<Error><Code>"
                  "PermanentRedirect</Code></Error>"},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    cr_assert_eq(read_file("s3://b/k"), VONK_INVALID, "the region is right, the endpoint is not");
    cr_assert(strstr(err.message, "another region"), "%s", err.message);
    stop();
}

Test(s3_faults, lists_page_by_page_without_markers)
{
    static const script_step steps[] = {
        {.expect = "HEAD /b/d", .reply = "HTTP/1.1 404 Not Found\r\n\r\n"},
        {.expect = "GET /b?encoding-type=url&list-type=2&max-keys=1&prefix=d%2F",
         .reply = OK_HEAD("") "<ListBucketResult><Contents><Key>d/</Key><Size>0</Size></Contents>"
                              "</ListBucketResult>"},
        {.expect = "GET /b?encoding-type=url&list-type=2&prefix=d%2F HTTP",
         .reply = OK_HEAD("") "<ListBucketResult><IsTruncated>true</IsTruncated>"
                              "<NextContinuationToken>t+1/=</NextContinuationToken>"
                              "<Contents><Key>d/</Key><Size>0</Size></Contents>"
                              "<Contents><Key>d/k=1/a</Key><Size>3</Size></Contents>"
                              "<Contents><Key>d/_x/a</Key><Size>3</Size></Contents>"
                              "</ListBucketResult>"},
        {.expect =
             "GET /b?continuation-token=t%2B1%2F%3D&encoding-type=url&list-type=2&prefix=d%2F",
         .reply = OK_HEAD("") "<ListBucketResult><Contents><Key>d/b</Key><Size>4</Size></Contents>"
                              "</ListBucketResult>"},
    };
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    START(steps);
    cr_assert_eq(vonk_fs_data_files("s3://b/d", &arena, &entries, &n, &err), VONK_OK, "%s",
                 err.message);
    cr_assert_eq(n, 2);
    cr_assert_str_eq(entries[0].path, "s3://b/d/b");
    cr_assert_str_eq(entries[1].path, "s3://b/d/k=1/a");
    cr_assert_eq(entries[1].size, 3);
    stop();
}

/* --- writing --- */

static vonk_status stage_file(char **ret_token)
{
    vonk_fs_sink *sink;
    VONK_TRY(vonk_fs_stage("s3://b/out/f", "j/0-0", &sink, &err));
    vonk_status status = vonk_fs_write(sink, "hello", 5, &err);
    if (status == VONK_OK)
        return vonk_fs_finish_staged(sink, ret_token, &err);
    vonk_fs_abort(sink);
    return status;
}

/* Stages a file and commits it. */
static vonk_status stage_and_commit(void)
{
    char *token = NULL;
    VONK_TRY(stage_file(&token));
    vonk_status status = vonk_fs_commit((const char *const *)&token, 1, &err);
    free(token);
    return status;
}

#define STAGE_STEPS                                                                                \
    {.expect = "POST /b/out/f?uploads=", .reply = UPLOAD_ID},                                      \
    {                                                                                              \
        .expect = "PUT /b/out/f?partNumber=1&uploadId=U1", .reply = PART_DONE                      \
    }

Test(s3_faults, believes_no_200_with_an_error_inside)
{
    static const script_step steps[] = {
        STAGE_STEPS,
        {.expect = "POST /b/out/f?uploadId=U1", .reply = ERROR("200 OK", "InternalError")},
        {.expect = "POST /b/out/f?uploadId=U1",
         .must_have = "<Part><PartNumber>1</PartNumber><ETag>&quot;p1&quot;</ETag></Part>",
         .reply = COMPLETED},
        STAGE_STEPS,
        {.expect = "POST /b/out/f?uploadId=U1", .reply = ERROR("200 OK", "AccessDenied")},
    };
    START(steps);
    cr_assert_eq(stage_and_commit(), VONK_OK, "%s", err.message);
    cr_assert_eq(stage_and_commit(), VONK_IO);
    cr_assert(strstr(err.message, "AccessDenied"), "%s", err.message);
    stop();
}

Test(s3_faults, a_lost_answer_to_the_commit_is_cleared_up_by_looking)
{
    static const script_step steps[] = {
        STAGE_STEPS,
        {.expect = "POST /b/out/f?uploadId=U1", .cut = true},
        {.expect = "POST /b/out/f?uploadId=U1", .reply = ERROR("404 Not Found", "NoSuchUpload")},
        {.expect = "HEAD /b/out/f", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
        STAGE_STEPS,
        {.expect = "POST /b/out/f?uploadId=U1", .reply = ERROR("404 Not Found", "NoSuchUpload")},
        {.expect = "HEAD /b/out/f", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"},
    };
    START(steps);
    cr_assert_eq(stage_and_commit(), VONK_OK, "%s", err.message);
    cr_assert_eq(stage_and_commit(), VONK_IO, "an object of another size is not ours");
    cr_assert(strstr(err.message, "s3://b/out/f"), "%s", err.message);
    stop();
}

Test(s3_faults, an_upload_that_is_cut_is_aborted)
{
    static const script_step steps[] = {
        {.expect = "POST /b/out/f?uploads=", .reply = UPLOAD_ID},
        {.expect = "PUT /b/out/f?partNumber=1", .reply = HALF, .cut = true},
        {.expect = "PUT /b/out/f?partNumber=1", .reply = HALF, .cut = true},
        {.expect = "PUT /b/out/f?partNumber=1", .reply = HALF, .cut = true},
        {.expect = "DELETE /b/out/f?uploadId=U1", .reply = NO_CONTENT},
    };
    char *token = NULL;
    START(steps);
    cr_assert_eq(stage_file(&token), VONK_IO);
    cr_assert_null(token);
    cr_assert(strstr(err.message, "s3://b/out/f"), "%s", err.message);
    stop();
}

Test(s3_faults, what_is_discarded_is_aborted)
{
    static const script_step steps[] = {
        STAGE_STEPS,
        {.expect = "DELETE /b/out/f?uploadId=U1", .reply = NO_CONTENT},
    };
    char *token = NULL;
    START(steps);
    cr_assert_eq(stage_file(&token), VONK_OK, "%s", err.message);
    vonk_fs_discard((const char *const *)&token, 1);
    free(token);
    stop();
}

Test(s3_faults, cleaning_aborts_uploads_of_the_job_and_stale_ones_only)
{
    static const script_step steps[] = {
        {.expect = "GET /b?encoding-type=url&prefix=out%2F&uploads=",
         .reply =
             OK_HEAD("") "<ListMultipartUploadsResult>"
                         "<Upload><Key>out/part-00000-aa-c000.csv</Key><UploadId>mine</UploadId>"
                         "<Initiated>2999-01-01T00:00:00Z</Initiated></Upload>"
                         "<Upload><Key>out/part-00000-bb-c000.csv</Key><UploadId>others"
                         "</UploadId><Initiated>2999-01-01T00:00:00Z</Initiated></Upload>"
                         "<Upload><Key>out/part-00000-cc-c000.csv</Key><UploadId>stale"
                         "</UploadId><Initiated>2013-01-01T00:00:00Z</Initiated></Upload>"
                         "<Upload><Key>out/film.mp4</Key><UploadId>foreign</UploadId>"
                         "<Initiated>2013-01-01T00:00:00Z</Initiated></Upload>"
                         "</ListMultipartUploadsResult>"},
        {.expect = "DELETE /b/out/part-00000-aa-c000.csv?uploadId=mine", .reply = NO_CONTENT},
        {.expect = "DELETE /b/out/part-00000-cc-c000.csv?uploadId=stale", .reply = NO_CONTENT},
    };
    START(steps);
    vonk_fs_clean("s3://b/out", "aa");
    stop();
}

/* --- credentials --- */

#define ROLE(key, token)                                                                           \
    OK_HEAD("")                                                                                    \
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"            \
    "<AccessKeyId>" key "</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>" token   \
    "</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"                   \
    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"

Test(s3_faults, a_web_identity_is_exchanged_and_renewed_when_it_has_expired)
{
    static const script_step steps[] = {
        {.expect = "POST / ",
         .must_have = "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr",
         .reply = ROLE("K1", "T1")},
        {.expect = "GET /b/k",
         .must_have = "x-amz-security-token: T1",
         .reply = ERROR("400 Bad Request", "ExpiredToken")},
        {.expect = "POST / ", .must_have = "WebIdentityToken=t%2Fok", .reply = ROLE("K2", "T2")},
        {.expect = "GET /b/k",
         .must_have = "x-amz-security-token: T2",
         .reply = PART_HEAD("e", "0-4/5") "hello"},
    };
    char file[] = "/tmp/vonk-token-XXXXXX";
    int fd = mkstemp(file);
    cr_assert_eq(write(fd, "t/ok\n", 5), 5);
    close(fd);
    start_with(steps, VONK_LENGTH(steps), (vonk_option){0}, false);
    setenv("AWS_ENDPOINT_URL_STS", server->url, 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file, 1);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "hello");
    unlink(file);
    stop();
}

Test(s3_faults, a_refused_web_identity_is_said)
{
    static const script_step steps[] = {
        {.expect = "POST / ",
         .reply =
             "HTTP/1.1 403 Forbidden\r\n\x01\r\n<ErrorResponse><Error><Code>AccessDenied</Code>"
             "<Message>not for you</Message></Error></ErrorResponse>"},
    };
    start_with(steps, 1, (vonk_option){0}, false);
    setenv("AWS_ENDPOINT_URL_STS", server->url, 1);
    setenv("AWS_ROLE_ARN", "arn", 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/etc/hostname", 1);
    cr_assert_eq(read_file("s3://b/k"), VONK_DENIED);
    cr_assert(strstr(err.message, "STS") && strstr(err.message, "AccessDenied not for you"), "%s",
              err.message);
    stop();
}

Test(s3_faults, a_container_gives_keys)
{
    static const script_step steps[] = {
        {.expect = "GET /v1/credentials",
         .must_have = "Authorization: secret-token",
         .reply =
             REPLY_JSON("200 OK", "{\"AccessKeyId\":\"K\",\"SecretAccessKey\":\"S\","
                                  "\"Token\":\"T3\",\"Expiration\":\"2999-01-01T00:00:00Z\"}")},
        {.expect = "GET /b/k",
         .must_have = "x-amz-security-token: T3",
         .reply = PART_HEAD("e", "0-4/5") "hello"},
    };
    char url[128];
    start_with(steps, 2, (vonk_option){0}, false);
    snprintf(url, sizeof(url), "%s/v1/credentials", server->url);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret-token", 1);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    stop();
}

Test(s3_faults, anonymous_requests_are_not_signed)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k", .reply = PART_HEAD("e", "0-4/5") "hello"},
    };
    start_with(steps, 1,
               (vonk_option){"fs.s3a.aws.credentials.provider",
                             "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"},
               false);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    cr_assert_null(strcasestr(server->requests[0], "authorization"));
    cr_assert_null(strcasestr(server->requests[0], "x-amz-"));
    stop();
}

Test(s3_faults, a_bucket_has_settings_of_its_own)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k",
         .must_have = "Credential=OWN/",
         .reply = PART_HEAD("e", "0-4/5") "hello"},
    };
    start_with(steps, 1, (vonk_option){"fs.s3a.bucket.b.access.key", "OWN"}, true);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    stop();
}

Test(s3_faults, learns_the_clock_of_the_store)
{
    static const script_step steps[] = {
        {.expect = "GET /b/k",
         .reply = "HTTP/1.1 403 Forbidden\r\nDate: Sun, 06 Nov 2044 08:49:37 GMT\r\n\x01\r\n"
                  "<Error><Code>RequestTimeTooSkewed</Code></Error>"},
        {.expect = "GET /b/k",
         .must_have = "x-amz-date: 20441106T08",
         .reply = PART_HEAD("e", "0-4/5") "hello"},
    };
    START(steps);
    cr_assert_eq(read_file("s3://b/k"), VONK_OK, "%s", err.message);
    stop();
}

/* --- the web --- */

static const char *url_of(const char *path)
{
    static char url[200];
    snprintf(url, sizeof(url), "%s%s", server->url, path);
    return url;
}

Test(s3_faults, the_web_is_read_in_ranges_whole_or_not_at_all)
{
    static const script_step steps[] = {
        {.expect = "GET /r", .reply = PART_HEAD("w", "0-1/5") "he"},
        {.expect = "GET /r", .must_have = "If-Match: \"w\"", .cut = true},
        {.expect = "GET /r", .must_have = "bytes=2-4", .reply = PART_HEAD("w", "2-4/5") "llo"},
        {.expect = "GET /w", .reply = OK_HEAD("") "hello"},
        {.expect = "GET /moved", .reply = "HTTP/1.1 302 Found\r\nLocation: /w2\r\n\x01\r\n"},
        {.expect = "GET /w2", .reply = OK_HEAD("") "other"},
        {.expect = "GET /gone", .reply = "HTTP/1.1 404 Not Found\r\n\x01\r\nno"},
        {.expect = "GET /secret", .reply = "HTTP/1.1 401 Unauthorized\r\n\x01\r\nno"},
    };
    START(steps);
    cr_assert_eq(read_file(url_of("/r")), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "hello");
    cr_assert_eq(read_file(url_of("/w")), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "hello");
    cr_assert_eq(read_file(url_of("/moved")), VONK_OK, "%s", err.message);
    cr_assert_str_eq(text, "other");
    cr_assert_eq(read_file(url_of("/gone")), VONK_NOT_FOUND);
    cr_assert_eq(read_file(url_of("/secret")), VONK_DENIED);
    vonk_fs_sink *sink;
    cr_assert_eq(vonk_fs_create(url_of("/x"), &sink, &err), VONK_UNSUPPORTED);
    stop();
}
