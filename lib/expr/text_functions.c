/* text_functions.c - search, sounds, number formats, base 16 and 64, digests. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <zlib.h>

#include "expr/find.h"
#include "expr/function_list.h"
#include "expr/row_text.h"

/* --- search --- */

/* Where the n-th occurrence of `what` from the left begins, or -1. */
static int64_t nth_left(const vonk_eval *ctx, vonk_slice s, vonk_slice what, int64_t n)
{
    size_t at = 0;
    for (;;) {
        const char *found = vonk_find(ctx, (vonk_slice){s.data + at, s.length - at}, what);
        if (!found)
            return -1;
        if (--n == 0)
            return found - s.data;
        at = (size_t)(found - s.data) + 1;
    }
}

/* From the right: where the text behind the n-th occurrence begins, or -1. */
static int64_t nth_right(const vonk_eval *ctx, vonk_slice s, vonk_slice what, int64_t n)
{
    for (size_t at = s.length; at-- > 0;) {
        if (at % VONK_EVAL_PIECE == 0 && vonk_eval_stops(ctx->settings))
            break;
        if (at + what.length <= s.length && !memcmp(s.data + at, what.data, what.length) &&
            --n == 0)
            return (int64_t)(at + what.length);
    }
    return -1;
}

static vonk_status substring_index(vonk_row_call *r, vonk_error *err)
{
    (void)err;
    vonk_slice s = vonk_row_text(r, 0), what = vonk_row_text(r, 1);
    int64_t n = vonk_i32_at(&r->args[2], r->row);
    if (!n || !what.length || !s.length)
        return VONK_OK;
    int64_t at = n > 0 ? nth_left(r->ctx, s, what, n) : nth_right(r->ctx, s, what, -n);
    if (n > 0)
        vonk_buffer_append(r->out, s.data, at < 0 ? s.length : (size_t)at);
    else
        vonk_buffer_append(r->out, s.data + (at < 0 ? 0 : at),
                           s.length - (at < 0 ? 0 : (size_t)at));
    return VONK_OK;
}

vonk_status vonk_eval_substring_index(const vonk_expr *call, const vonk_column *args,
                                      uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                      vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, substring_index, ret, err);
}

/* Place of `what` among the parts of `set` that commas separate, from 1; 0: not there. */
static int32_t place_in_set(const vonk_eval *ctx, vonk_slice what, vonk_slice set)
{
    if (memchr(what.data, ',', what.length))
        return 0;
    int32_t place = 1;
    for (size_t start = 0, i = 0; i <= set.length; i++) {
        if (i % VONK_EVAL_PIECE == VONK_EVAL_PIECE - 1 && vonk_eval_stops(ctx->settings))
            return 0;
        if (i < set.length && set.data[i] != ',')
            continue;
        if (vonk_slice_equal(what, (vonk_slice){set.data + start, i - start}))
            return place;
        place++;
        start = i + 1;
    }
    return 0;
}

vonk_status vonk_eval_find_in_set(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, ret, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (vonk_result_is_valid(ret, i))
            ((int32_t *)ret->values)[i] =
                place_in_set(ctx, vonk_string_slice(vonk_string_at(args, i)),
                             vonk_string_slice(vonk_string_at(args + 1, i)));
    }
    return VONK_OK;
}

/* elt(n, a, b, ...): the n-th of the texts. */
static vonk_status elt(vonk_row_call *r, vonk_error *err)
{
    if (!vonk_column_is_valid(&r->args[0], r->row)) {
        r->is_null = true;
        return VONK_OK;
    }
    int32_t n = vonk_i32_at(&r->args[0], r->row);
    if (n < 1 || (uint32_t)n >= r->call->n_args)
        return vonk_fail_sql(
            err, "INVALID_ARRAY_INDEX",
            "The index %d is out of bounds. The array has %u elements. Use the SQL "
            "function `get()` to tolerate accessing element at invalid index and "
            "return NULL instead.",
            n, r->call->n_args - 1);
    r->is_null = !vonk_column_is_valid(&r->args[n], r->row);
    if (!r->is_null) {
        vonk_slice s = vonk_row_text(r, (uint32_t)n);
        vonk_buffer_append(r->out, s.data, s.length);
    }
    return VONK_OK;
}

/* elt gives strings, unless all it chooses from is binary. */
vonk_status vonk_resolve_elt(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                             vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, UINT32_MAX, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT32), arena, err));
    bool all_binary = true;
    for (uint32_t i = 1; i < call->n_args; i++)
        all_binary &= call->args[i]->type.id == VONK_BINARY;
    *ret_type = all_binary ? VONK_TYPE(BINARY) : VONK_TYPE(STRING);
    for (uint32_t i = 1; i < call->n_args; i++)
        VONK_TRY(vonk_resolve_arg(call, i, *ret_type, arena, err));
    *ret_nullable = true;
    return VONK_OK;
}

vonk_status vonk_eval_elt(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                          const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, elt, ret, err);
}

/* --- sounds and distances --- */

/* An ASCII letter in upper case as 0 .. 25, -1 for anything else. */
static int letter(char c)
{
    int upper = c >= 'a' && c <= 'z' ? c - 32 : c;
    return upper >= 'A' && upper <= 'Z' ? upper - 'A' : -1;
}

/* Source: Spark's UTF8String.soundex: a text that does not begin with a letter is its own. */
static vonk_status soundex(vonk_row_call *r, vonk_error *err)
{
    static const char codes[] = "01230127022455012623017202";
    vonk_slice s = vonk_row_text(r, 0);
    int first = s.length ? letter(s.data[0]) : -1;
    if (first < 0) {
        vonk_buffer_append(r->out, s.data, s.length);
        return VONK_OK;
    }
    char sound[] = "0000";
    size_t n = 1;
    sound[0] = (char)('A' + first);
    char last = codes[first];
    for (size_t i = 1; i < s.length && n < 4; i++) {
        if (i % VONK_EVAL_PIECE == 0)
            VONK_TRY(vonk_eval_check(r->ctx->settings, err));
        int c = letter(s.data[i]);
        char code = c < 0 ? '0' : codes[c];
        if (code == '7') /* h and w: as if they were not there */
            continue;
        if (code != '0' && code != last)
            sound[n++] = code;
        last = code;
    }
    vonk_buffer_append(r->out, sound, 4);
    return VONK_OK;
}

vonk_status vonk_eval_soundex(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, soundex, ret, err);
}

/* The characters of `s` in `ret` (room for s.length); bytes that are not UTF-8 count as they are.
 */
static uint32_t characters(const vonk_eval *ctx, vonk_slice s, int32_t *ret)
{
    uint32_t n = 0;
    size_t steps = 0;
    for (size_t i = 0; i < s.length && !vonk_eval_stops_at(ctx->settings, &steps);) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s.data + i,
                                                 (utf8proc_ssize_t)(s.length - i), &c);
        ret[n++] = used > 0 ? c : (unsigned char)s.data[i];
        i += used > 0 ? (size_t)used : 1;
    }
    return n;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static vonk_status levenshtein(const vonk_eval *ctx, vonk_slice s, vonk_slice t, vonk_arena *arena,
                               int32_t *ret, vonk_error *err)
{
    int32_t *a = VONK_NEW_ARRAY(arena, int32_t, s.length + 1, err);
    VONK_TRY_ALLOC(a);
    int32_t *b = VONK_NEW_ARRAY(arena, int32_t, t.length + 1, err);
    VONK_TRY_ALLOC(b);
    int32_t *row = VONK_NEW_ARRAY(arena, int32_t, t.length + 1, err);
    VONK_TRY_ALLOC(row);
    uint32_t n = characters(ctx, s, a), m = characters(ctx, t, b);
    size_t steps = 0;
    for (uint32_t k = 0; k <= m && !vonk_eval_stops_at(ctx->settings, &steps); k++)
        row[k] = (int32_t)k;
    for (uint32_t i = 1; i <= n; i++) {
        int32_t diagonal = row[0];
        row[0] = (int32_t)i;
        for (uint32_t k = 1; k <= m;) {
            uint32_t end = m - k < VONK_EVAL_PIECE ? m : k + (uint32_t)VONK_EVAL_PIECE;
            VONK_TRY(vonk_eval_check(ctx->settings, err));
            for (; k <= end; k++) {
                int32_t above = row[k];
                row[k] = least(least(above, row[k - 1]) + 1, diagonal + (a[i - 1] != b[k - 1]));
                diagonal = above;
            }
        }
    }
    *ret = row[m];
    return VONK_OK;
}

vonk_status vonk_eval_levenshtein(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_arena arena = vonk_arena_beside(ctx->arena);
    vonk_status status = VONK_OK;
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, ret, err));
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        if (!vonk_result_is_valid(ret, i))
            continue;
        vonk_arena_reset(&arena);
        status = levenshtein(ctx, vonk_string_slice(vonk_string_at(args, i)),
                             vonk_string_slice(vonk_string_at(args + 1, i)), &arena,
                             &((int32_t *)ret->values)[i], err);
        if (status == VONK_OK && call->n_args == 3 &&
            ((int32_t *)ret->values)[i] > vonk_i32_at(args + 2, i))
            ((int32_t *)ret->values)[i] = -1; /* farther than the third argument */
    }
    vonk_arena_free(&arena);
    return status;
}

/* --- numbers --- */

/* Digits of a whole number with `scale` of them behind the point, rounded half even to `places`. */
static void print_decimal(vonk_int128 value, int scale, int places, vonk_buffer *digits,
                          bool *ret_negative)
{
    *ret_negative = value < 0;
    unsigned __int128 v = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    for (; scale > places; scale--) {
        unsigned __int128 unit = 10;
        int dropped = 1;
        while (scale - dropped > places && dropped < 38) {
            unit *= 10;
            dropped++;
        }
        unsigned __int128 rest = v % unit;
        v /= unit;
        v += rest > unit / 2 || (rest == unit / 2 && (v & 1));
        scale -= dropped - 1;
    }
    char text[48];
    size_t n = sizeof(text);
    do
        text[--n] = (char)('0' + (int)(v % 10));
    while ((v /= 10) != 0);
    for (size_t have = sizeof(text) - n; have <= (size_t)scale; have++)
        vonk_buffer_char(digits, '0');
    vonk_buffer_append(digits, text + n, sizeof(text) - n);
    vonk_buffer_char(digits, '.');
    for (; scale < places; scale++)
        vonk_buffer_char(digits, '0');
    /* the point belongs before the last `places` digits: see put_grouped() */
}

/* Writes digits (without a point) with a comma each three and the point before `places`. */
static void put_grouped(vonk_buffer *out, const char *digits, size_t n, size_t places,
                        bool negative)
{
    size_t whole = n - places;
    if (negative) /* as Java: also before zeros */
        vonk_buffer_char(out, '-');
    for (size_t i = 0; i < whole; i++) {
        vonk_buffer_char(out, digits[i]);
        if ((whole - i - 1) % 3 == 0 && i + 1 < whole)
            vonk_buffer_char(out, ',');
    }
    if (places) {
        vonk_buffer_char(out, '.');
        vonk_buffer_append(out, digits + whole, places);
    }
}

/* Digits and a point, which is dropped, as format_number writes them. */
static void put_number(vonk_buffer *out, const vonk_buffer *digits, size_t places, bool negative)
{
    vonk_buffer plain = {0};
    for (size_t i = 0; i < digits->length; i++) {
        if (digits->data[i] >= '0' && digits->data[i] <= '9')
            vonk_buffer_char(&plain, digits->data[i]);
    }
    const char *text = vonk_buffer_str(&plain);
    out->failed |= plain.failed || digits->failed;
    if (!out->failed)
        put_grouped(out, text, plain.length, places, negative);
    vonk_buffer_free(&plain);
}

static vonk_status format_number(vonk_row_call *r, vonk_error *err)
{
    int32_t places = vonk_i32_at(&r->args[1], r->row);
    const vonk_column *number = &r->args[0];
    (void)err;
    if (places < 0 || places > 1000) {
        r->is_null = true;
        return VONK_OK;
    }
    vonk_buffer digits = {0};
    bool negative = false;
    if (number->type.id == VONK_FLOAT32 || number->type.id == VONK_FLOAT64) {
        double x = vonk_number_at(number, r->row);
        negative = x < 0;
        if (x != x || x - x != 0) {
            vonk_buffer_text(r->out, x != x ? "NaN" : negative ? "-\u221e" : "\u221e");
            return VONK_OK;
        }
        vonk_buffer_printf(&digits, "%.*f", (int)places, negative ? -x : x);
    } else if (number->type.id == VONK_DECIMAL) {
        print_decimal(vonk_decimal_at(number, r->row), number->type.scale, places, &digits,
                      &negative);
    } else {
        print_decimal(vonk_whole_at(number, r->row), 0, places, &digits, &negative);
    }
    put_number(r->out, &digits, (size_t)places, negative);
    vonk_buffer_free(&digits);
    return VONK_OK;
}

vonk_status vonk_eval_format_number(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                    const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, format_number, ret, err);
}

/* --- base 16 and 64 --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    int place = letter(c);
    return place < 6 ? place + (place < 0 ? 0 : 10) : -1;
}

static vonk_status unhex(vonk_row_call *r, vonk_error *err)
{
    (void)err;
    vonk_slice s = vonk_row_text(r, 0);
    int byte = 0;
    bool half = s.length % 2; /* an odd one out comes first, alone */
    for (size_t i = 0; i < s.length && !r->out->failed; i++) {
        int digit = hex_digit(s.data[i]);
        if (digit < 0) {
            r->is_null = true;
            return VONK_OK;
        }
        byte = byte * 16 + digit;
        if (half)
            vonk_buffer_char(r->out, (char)byte);
        byte = half ? 0 : byte;
        half = !half;
    }
    return VONK_OK;
}

/* Bytes that make a line of 76 characters, as java.util.Base64's MIME encoder writes them. */
#define BASE64_LINE 57

static vonk_status base64(vonk_row_call *r, vonk_error *err)
{
    vonk_slice s = vonk_row_text(r, 0);
    size_t most = s.length / 3 * 4 + s.length / BASE64_LINE * 2; /* or four more */
    if (most > VONK_MAX_TEXT)
        return vonk_string_too_long(most, err);
    for (size_t at = 0; at < s.length; at += BASE64_LINE) {
        size_t n = s.length - at < BASE64_LINE ? s.length - at : BASE64_LINE;
        if (at)
            vonk_buffer_text(r->out, "\r\n");
        char *to = vonk_buffer_reserve(r->out, n / 3 * 4 + 5);
        if (!to)
            return vonk_buffer_check(r->out, err);
        r->out->length += (size_t)EVP_EncodeBlock((unsigned char *)to,
                                                  (const unsigned char *)s.data + at, (int)n);
    }
    return VONK_OK;
}

/* As Java's MIME decoder: what is not of the alphabet is passed over. */
static vonk_status unbase64(vonk_row_call *r, vonk_error *err)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)err;
    vonk_slice s = vonk_row_text(r, 0);
    uint32_t bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < s.length && s.data[i] != '=' && !r->out->failed; i++) {
        const char *at = s.data[i] ? strchr(alphabet, s.data[i]) : NULL;
        if (!at)
            continue;
        bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8)
            vonk_buffer_char(r->out, (char)(bits >> (n_bits -= 8) & 0xff));
    }
    return VONK_OK;
}

vonk_status vonk_eval_decode_text(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                  const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_row_fn *fn = !strcmp(call->name, "unhex")    ? unhex
                      : !strcmp(call->name, "base64") ? base64
                                                      : unbase64;
    return vonk_eval_text_rows(call, args, n_rows, ctx, fn, ret, err);
}

/* --- digests --- */

/* The algorithm of a call, NULL: no such one (sha2 of other bits), a null. */
static const EVP_MD *algorithm(const vonk_row_call *r)
{
    if (!strcmp(r->call->name, "md5"))
        return EVP_md5();
    if (strcmp(r->call->name, "sha2") != 0)
        return EVP_sha1();
    switch (vonk_i32_at(&r->args[1], r->row)) {
    case 0:
    case 256:
        return EVP_sha256();
    case 224:
        return EVP_sha224();
    case 384:
        return EVP_sha384();
    case 512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

static vonk_status digest_of(const vonk_row_call *r, const EVP_MD *md, unsigned char *ret,
                             unsigned *ret_n, vonk_error *err)
{
    vonk_slice s = vonk_row_text(r, 0);
    vonk_status status = VONK_OK;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, md, NULL);
    for (size_t i = 0, n; good && i < s.length && status == VONK_OK; i += n) {
        n = s.length - i < VONK_EVAL_PIECE ? s.length - i : VONK_EVAL_PIECE;
        status = vonk_eval_check(r->ctx->settings, err);
        good = EVP_DigestUpdate(ctx, s.data + i, n);
    }
    good = good && EVP_DigestFinal_ex(ctx, ret, ret_n);
    EVP_MD_CTX_free(ctx);
    if (!good)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s is not available here", r->call->name);
    return status;
}

static vonk_status digest(vonk_row_call *r, vonk_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const EVP_MD *md = algorithm(r);
    if (!md) {
        r->is_null = true;
        return VONK_OK;
    }
    VONK_TRY(digest_of(r, md, bytes, &n, err));
    for (unsigned i = 0; i < n; i++)
        vonk_buffer_printf(r->out, "%02x", bytes[i]);
    return VONK_OK;
}

vonk_status vonk_eval_digest(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                             const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, digest, ret, err);
}

vonk_status vonk_eval_crc32(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                            const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    VONK_TRY(vonk_result_new(ctx, call->type, args, call->n_args, n_rows, ret, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(ret, i))
            continue;
        vonk_slice s = vonk_string_slice(vonk_string_at(args, i));
        ((int64_t *)ret->values)[i] = (int64_t)crc32_z(0, (const unsigned char *)s.data, s.length);
    }
    return VONK_OK;
}
