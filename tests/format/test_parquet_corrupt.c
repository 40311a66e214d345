/* test_parquet_corrupt.c - broken files are errors with the file's name, never a crash. */
#include "parquet_support.h"

/* Reads all of the file at `path`, by the schema of the unbroken one. */
static vonk_status read_all(pq_test *t, const char *path)
{
    uint64_t n_rows;
    vonk_buffer out = {0};
    vonk_scan_request request = pq_request(t, path, 64);
    t->err = (vonk_error){0};
    vonk_status status = pq_scan(t, &request, &out, &n_rows);
    vonk_buffer_free(&out);
    return status;
}

Test(parquet_corrupt, a_file_cut_anywhere_is_an_error)
{
    pq_test t = {0};
    const char *golden = pq_golden(&t, "bool_plain.parquet"), *path = pq_temp(&t, "cut");
    vonk_slice whole = pq_slurp(&t, golden);
    pq_infer(&t, golden);
    for (size_t length = 0; length < whole.length; length++) {
        pq_spit(path, whole.data, length);
        cr_assert_eq(read_all(&t, path), VONK_CORRUPT, "%zu bytes", length);
        cr_assert_str_eq(t.err.condition, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER");
        cr_assert(strstr(t.err.message, path), "%s", t.err.message);
    }
    (void)unlink(path);
    vonk_arena_free(&t.arena);
}

Test(parquet_corrupt, flipped_bits_never_crash)
{
    static const char *const files[] = {"bool_plain.parquet", "int96.parquet",
                                        "delta_fixed.parquet", "bool_rle.parquet"};
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        pq_test t = {0};
        const char *golden = pq_golden(&t, files[f]), *path = pq_temp(&t, "flip");
        vonk_slice whole = pq_slurp(&t, golden);
        char *bytes = vonk_arena_small(&t.arena, whole.length, NULL);
        pq_infer(&t, golden);
        for (size_t at = 0; at < whole.length; at++) {
            memcpy(bytes, whole.data, whole.length);
            bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
            pq_spit(path, bytes, whole.length);
            vonk_status status = read_all(&t, path);
            cr_assert(status == VONK_OK || t.err.message[0]);
        }
        (void)unlink(path);
        vonk_arena_free(&t.arena);
    }
}

Test(parquet_corrupt, checksums_find_what_would_read_as_other_rows)
{
    pq_test t = {0};
    const char *golden = pq_golden(&t, "types_v2.parquet"), *path = pq_temp(&t, "crc");
    vonk_slice whole = pq_slurp(&t, golden);
    char *bytes = vonk_arena_small(&t.arena, whole.length, NULL);
    vonk_buffer want = {0};
    uint64_t n_rows;
    uint32_t n_errors = 0;
    pq_infer(&t, golden);
    vonk_scan_request request = pq_request(&t, golden, 64);
    PQ_OK(&t, pq_scan(&t, &request, &want, &n_rows));
    for (size_t at = 4; at < 2000; at += 7) {
        vonk_buffer got = {0};
        memcpy(bytes, whole.data, whole.length);
        bytes[at] ^= 4;
        pq_spit(path, bytes, whole.length);
        request.path = path;
        t.err = (vonk_error){0};
        vonk_status status = pq_scan(&t, &request, &got, &n_rows);
        if (status == VONK_OK) { /* in a page head, where it does not matter */
            cr_assert_str_eq(vonk_buffer_str(&got), vonk_buffer_str(&want), "byte %zu", at);
        } else {
            n_errors++;
            cr_assert_eq(status, VONK_CORRUPT);
            cr_assert_str_eq(t.err.condition, "FAILED_READ_FILE.NO_HINT");
            cr_assert(strstr(t.err.message, path));
        }
        vonk_buffer_free(&got);
    }
    cr_assert_gt(n_errors, 100u);
    vonk_buffer_free(&want);
    (void)unlink(path);
    vonk_arena_free(&t.arena);
}

Test(parquet_corrupt, other_files_are_not_parquet)
{
    pq_test t = {0};
    const char *path = pq_temp(&t, "text");
    vonk_format_facts facts;
    pq_spit(path, "a,b,c\n1,2,3\n4,5,6\n", 18);
    cr_assert_eq(pq_facts(&t, path, &facts), VONK_CORRUPT);
    cr_assert(strstr(t.err.message, "is not a Parquet file"), "%s", t.err.message);
    cr_assert_str_eq(t.err.condition, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER");
    (void)unlink(path);
    cr_assert_eq(pq_facts(&t, path, &facts), VONK_NOT_FOUND);
    vonk_arena_free(&t.arena);
}
