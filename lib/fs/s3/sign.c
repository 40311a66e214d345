/* sign.c - canonical request, string to sign, derived key, signature. */
#include "fs/s3/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

#include "net/http.h"

#define HASH 32 /* bytes of SHA-256 */

void vonk_s3_timestamp(int64_t now_s, char ret[17])
{
    time_t now = (time_t)now_s;
    struct tm tm = {0};
    (void)gmtime_r(&now, &tm);
    if (strftime(ret, 17, "%Y%m%dT%H%M%SZ", &tm) == 0)
        ret[0] = '\0';
}

static void to_hex(const unsigned char *bytes, char ret[VONK_S3_HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[VONK_S3_HASH_TEXT - 1] = '\0';
}

vonk_status vonk_s3_hash(const void *data, size_t length, char ret[VONK_S3_HASH_TEXT],
                         vonk_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(data, length, digest, &n, EVP_sha256(), NULL) != 1 || n != HASH)
        return vonk_fail(err, VONK_NO_MEMORY, "SHA-256 failed");
    to_hex(digest, ret);
    return VONK_OK;
}

/* Compares as the escaped texts do: a byte below 0x80 that is escaped sorts as '%'. */
static int compare_escaped(const char *a, const char *b)
{
    vonk_buffer x = {0}, y = {0};
    vonk_url_escape(&x, vonk_slice_of(a), false);
    vonk_url_escape(&y, vonk_slice_of(b), false);
    int order = strcmp(vonk_buffer_str(&x), vonk_buffer_str(&y));
    vonk_buffer_free(&x);
    vonk_buffer_free(&y);
    return order;
}

static int compare_params(const vonk_s3_param *a, const vonk_s3_param *b)
{
    int order = compare_escaped(a->name, b->name);
    return order ? order : compare_escaped(a->value, b->value);
}

void vonk_s3_query(vonk_buffer *out, const vonk_s3_param *params, uint32_t n)
{
    uint32_t order[VONK_S3_PARAMS];
    if (n > VONK_S3_PARAMS) {
        out->failed = true; /* no request has so many */
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i;
        for (; at > 0 && compare_params(&params[i], &params[order[at - 1]]) < 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (uint32_t i = 0; i < n; i++) {
        const vonk_s3_param *p = &params[order[i]];
        if (i)
            vonk_buffer_char(out, '&');
        vonk_url_escape(out, vonk_slice_of(p->name), false);
        vonk_buffer_char(out, '=');
        vonk_url_escape(out, vonk_slice_of(p->value), false);
    }
}

static void put_names(const vonk_s3_to_sign *r, vonk_buffer *out)
{
    for (uint32_t i = 0; i < r->n_headers; i++)
        vonk_buffer_printf(out, "%s%s", i ? ";" : "", r->headers[i].name);
}

/* The value without outer blanks, inner runs of them as one. */
static void put_trimmed(vonk_buffer *out, const char *value)
{
    bool blank = false, any = false;
    for (const char *p = value; *p; p++) {
        if (*p == ' ' || *p == '\t') {
            blank = true;
            continue;
        }
        if (blank && any)
            vonk_buffer_char(out, ' ');
        blank = false;
        any = true;
        vonk_buffer_char(out, *p);
    }
}

void vonk_s3_canonical(const vonk_s3_to_sign *r, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s\n%s\n%s\n", r->method, r->path, r->query);
    for (uint32_t i = 0; i < r->n_headers; i++) {
        vonk_buffer_printf(out, "%s:", r->headers[i].name);
        put_trimmed(out, r->headers[i].value);
        vonk_buffer_char(out, '\n');
    }
    vonk_buffer_char(out, '\n');
    put_names(r, out);
    vonk_buffer_printf(out, "\n%s", r->payload);
}

static bool hmac(const void *key, size_t key_length, const char *text,
                 unsigned char ret[EVP_MAX_MD_SIZE])
{
    unsigned n = 0;
    return HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, strlen(text), ret,
                &n) &&
           n == HASH;
}

/* Source: "Derive a signing key". */
static bool sign_text(const vonk_s3_to_sign *r, const char *date, const char *text,
                      char ret[VONK_S3_HASH_TEXT])
{
    unsigned char a[EVP_MAX_MD_SIZE], b[EVP_MAX_MD_SIZE];
    vonk_buffer key = {0};
    vonk_buffer_printf(&key, "AWS4%s", r->secret_key);
    bool good = !key.failed && hmac(key.data, key.length, date, a) && hmac(a, HASH, r->region, b) &&
                hmac(b, HASH, r->service, a) && hmac(a, HASH, "aws4_request", b) &&
                hmac(b, HASH, text, a);
    if (key.data)
        explicit_bzero(key.data, key.length);
    vonk_buffer_free(&key);
    if (good)
        to_hex(a, ret);
    explicit_bzero(b, sizeof(b));
    return good;
}

vonk_status vonk_s3_sign(const vonk_s3_to_sign *r, vonk_buffer *out, vonk_error *err)
{
    char time_text[17], date[9], hash[VONK_S3_HASH_TEXT], signature[VONK_S3_HASH_TEXT];
    vonk_buffer text = {0};
    vonk_s3_timestamp(r->now_s, time_text);
    memcpy(date, time_text, 8);
    date[8] = '\0';
    vonk_s3_canonical(r, &text);
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK)
        status = vonk_s3_hash(text.data, text.length, hash, err);
    if (status == VONK_OK) {
        text.length = 0;
        vonk_buffer_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", time_text,
                           date, r->region, r->service, hash);
        if (text.failed || !sign_text(r, date, vonk_buffer_str(&text), signature))
            status = vonk_fail(err, VONK_NO_MEMORY, "cannot sign a request: out of memory");
    }
    if (status == VONK_OK) {
        vonk_buffer_printf(out, "AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, ",
                           r->access_key, date, r->region, r->service);
        vonk_buffer_text(out, "SignedHeaders=");
        put_names(r, out);
        vonk_buffer_printf(out, ", Signature=%s", signature);
        status = vonk_buffer_check(out, err);
    }
    vonk_buffer_free(&text);
    return status;
}
