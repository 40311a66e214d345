/*
 * Signature Version 4 against AWS's published examples: the "aws-sig-v4-test-suite" (service
 * "service", 2015-08-30) and "Examples: Signature Calculations" of the Amazon S3 API Reference
 * (bucket examplebucket, 2013-05-24).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fs/s3/sign.h"

#define SUITE_KEY    "AKIDEXAMPLE"
#define SUITE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define S3_KEY       "AKIAIOSFODNN7EXAMPLE"
#define S3_SECRET    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define EMPTY        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static vonk_buffer signed_text;

static const char *signature_of(const vonk_s3_to_sign *request)
{
    vonk_error err;
    signed_text.length = 0;
    cr_assert_eq(vonk_s3_sign(request, &signed_text, &err), VONK_OK, "%s", err.message);
    const char *at = strstr(vonk_buffer_str(&signed_text), "Signature=");
    cr_assert_not_null(at);
    return at + 10;
}

static void cleanup(void)
{
    vonk_buffer_free(&signed_text);
}

/* A request of the test suite: host and x-amz-date signed, 2015-08-30T12:36:00Z. */
static const char *suite(const char *method, const vonk_s3_param *params, uint32_t n,
                         const char *path)
{
    static const vonk_s3_param headers[] = {{"host", "example.amazonaws.com"},
                                            {"x-amz-date", "20150830T123600Z"}};
    vonk_buffer query = {0};
    vonk_s3_query(&query, params, n);
    const char *signature = signature_of(&(vonk_s3_to_sign){.method = method,
                                                            .path = path,
                                                            .query = vonk_buffer_str(&query),
                                                            .n_headers = 2,
                                                            .headers = headers,
                                                            .payload = EMPTY,
                                                            .access_key = SUITE_KEY,
                                                            .secret_key = SUITE_SECRET,
                                                            .region = "us-east-1",
                                                            .service = "service",
                                                            .now_s = 1440938160});
    vonk_buffer_free(&query);
    return signature;
}

Test(s3_sign, gives_the_signatures_of_the_test_suite, .fini = cleanup)
{
    cr_assert_str_eq(suite("GET", NULL, 0, "/"),
                     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    cr_assert_str_eq(suite("POST", NULL, 0, "/"),
                     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    vonk_s3_param order[] = {{"Param2", "value2"}, {"Param1", "value1"}};
    cr_assert_str_eq(suite("GET", order, 2, "/"),
                     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
                     "get-vanilla-query-order-key-case");
    vonk_s3_param utf8[] = {{"\xe1\x88\xb4", "bar"}};
    cr_assert_str_eq(suite("GET", utf8, 1, "/"),
                     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
                     "get-vanilla-utf8-query");
    cr_assert_str_eq(suite("GET", NULL, 0,
                           "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
                     "get-unreserved");
}

static const char *s3_example(const char *method, const char *path, const char *query,
                              const vonk_s3_param *headers, uint32_t n_headers, const char *payload)
{
    return signature_of(&(vonk_s3_to_sign){.method = method,
                                           .path = path,
                                           .query = query,
                                           .n_headers = n_headers,
                                           .headers = headers,
                                           .payload = payload,
                                           .access_key = S3_KEY,
                                           .secret_key = S3_SECRET,
                                           .region = "us-east-1",
                                           .service = "s3",
                                           .now_s = 1369353600});
}

Test(s3_sign, gives_the_signatures_of_the_s3_reference, .fini = cleanup)
{
    static const vonk_s3_param get[] = {{"host", "examplebucket.s3.amazonaws.com"},
                                        {"range", "bytes=0-9"},
                                        {"x-amz-content-sha256", EMPTY},
                                        {"x-amz-date", "20130524T000000Z"}};
    cr_assert_str_eq(s3_example("GET", "/test.txt", "", get, 4, EMPTY),
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    cr_assert_not_null(strstr(vonk_buffer_str(&signed_text),
                              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
                              "s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;"
                              "x-amz-date, Signature="));
    char hash[VONK_S3_HASH_TEXT];
    cr_assert_eq(vonk_s3_hash("Welcome to Amazon S3.", 21, hash, NULL), VONK_OK);
    cr_assert_str_eq(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    vonk_s3_param put[] = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                           {"host", "examplebucket.s3.amazonaws.com"},
                           {"x-amz-content-sha256", hash},
                           {"x-amz-date", "20130524T000000Z"},
                           {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    cr_assert_str_eq(s3_example("PUT", "/test%24file.text", "", put, 5, hash),
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    static const vonk_s3_param list[] = {{"host", "examplebucket.s3.amazonaws.com"},
                                         {"x-amz-content-sha256", EMPTY},
                                         {"x-amz-date", "20130524T000000Z"}};
    cr_assert_str_eq(s3_example("GET", "/", "lifecycle=", list, 3, EMPTY),
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    cr_assert_str_eq(s3_example("GET", "/", "max-keys=2&prefix=J", list, 3, EMPTY),
                     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

Test(s3_sign, sorts_and_escapes_the_query)
{
    vonk_s3_param params[] = {{"uploadId", "a+b/c="}, {"prefix", "k=1/s p\xc3\xa9&x"},
                              {"partNumber", "7"},    {"uploads", ""},
                              {"a~b", "x"},           {"a!b", "x"}};
    vonk_buffer query = {0};
    vonk_s3_query(&query, params, VONK_LENGTH(params));
    /* Escaped names are compared: '!' is "%21", which sorts before '~'. */
    cr_assert_str_eq(vonk_buffer_str(&query),
                     "a%21b=x&a~b=x&partNumber=7&prefix=k%3D1%2Fs%20p%C3%A9%26x&uploadId=a%2Bb%2Fc%"
                     "3D&uploads=");
    vonk_buffer_free(&query);
}

Test(s3_sign, trims_header_values)
{
    static const vonk_s3_param headers[] = {{"host", "h"}, {"my-header1", "  a   b   c  "}};
    vonk_buffer text = {0};
    vonk_s3_canonical(&(vonk_s3_to_sign){.method = "GET",
                                         .path = "/",
                                         .query = "",
                                         .n_headers = 2,
                                         .headers = headers,
                                         .payload = "P"},
                      &text);
    cr_assert_str_eq(vonk_buffer_str(&text),
                     "GET\n/\n\nhost:h\nmy-header1:a b c\n\nhost;my-header1\nP");
    vonk_buffer_free(&text);
}
