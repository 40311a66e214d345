#include "format/text/pieces.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

static void check_pieces(const vonk_infer_request *q, bool whole, uint64_t first,
                         const vonk_text_piece *wanted, uint32_t n_wanted)
{
    vonk_arena arena = {0};
    vonk_text_pieces pieces = {0};
    cr_assert_eq(vonk_text_cut(q, whole, first, &arena, &pieces, NULL), VONK_OK);
    cr_expect_eq(pieces.n, n_wanted, "%u", pieces.n);
    for (uint32_t i = 0; i < pieces.n && i < n_wanted; i++) {
        cr_expect_str_eq(pieces.items[i].path, wanted[i].path);
        cr_expect_eq(pieces.items[i].start, wanted[i].start, "%u", i);
        cr_expect_eq(pieces.items[i].length, wanted[i].length, "%u", i);
    }
    vonk_arena_free(&arena);
}

static const char *const paths[] = {"a", "b.gz", "c", "d"};
static const uint64_t sizes[] = {25, 100, 10, 0};

Test(text_pieces, cover_each_file_in_order)
{
    static const vonk_text_piece wanted[] = {{"a", 0, 3},
                                             {"a", 3, 10},
                                             {"a", 13, 10},
                                             {"a", 23, UINT64_MAX},
                                             {"b.gz", 0, UINT64_MAX},
                                             {"c", 0, UINT64_MAX},
                                             {"d", 0, UINT64_MAX}};
    vonk_infer_request q = {
        .n_paths = 4, .paths = paths, .sizes = sizes, .n_threads = 2, .piece_bytes = 10};
    check_pieces(&q, false, 3, wanted, VONK_LENGTH(wanted));
}

Test(text_pieces, are_files_where_cutting_is_not_possible_or_not_worth_it)
{
    static const vonk_text_piece wanted[] = {
        {"a", 0, UINT64_MAX}, {"b.gz", 0, UINT64_MAX}, {"c", 0, UINT64_MAX}, {"d", 0, UINT64_MAX}};
    vonk_infer_request q = {
        .n_paths = 4, .paths = paths, .sizes = sizes, .n_threads = 2, .piece_bytes = 10};
    check_pieces(&q, true, 3, wanted, 4);
    q.n_threads = 1;
    check_pieces(&q, false, 3, wanted, 4);
    q.n_threads = 2;
    q.sizes = NULL;
    check_pieces(&q, false, 3, wanted, 4);
    q.sizes = sizes;
    q.piece_bytes = 0;
    check_pieces(&q, false, 0, wanted, 4);
    q.n_paths = 0;
    check_pieces(&q, false, 0, NULL, 0);
}

Test(text_pieces, are_not_too_many)
{
    static const uint64_t large = UINT64_C(1) << 40;
    vonk_arena arena = {0};
    vonk_text_pieces pieces = {0};
    vonk_infer_request q = {
        .n_paths = 1, .paths = paths, .sizes = &large, .n_threads = 2, .piece_bytes = 1};
    cr_assert_eq(vonk_text_cut(&q, false, 0, &arena, &pieces, NULL), VONK_OK);
    cr_expect_leq(pieces.n, 4097);
    vonk_arena_free(&arena);
}

typedef struct seen {
    atomic_uint calls[100];
    uint32_t fails_from, fails_step; /* pieces fails_from, fails_from + fails_step, ... do */
} seen;

static vonk_status see(void *context, uint32_t piece, vonk_error *err)
{
    seen *s = context;
    atomic_fetch_add(&s->calls[piece], 1);
    if (piece < s->fails_from || (piece - s->fails_from) % s->fails_step)
        return VONK_OK;
    return vonk_fail(err, VONK_CORRUPT, "piece %u", piece);
}

Test(text_pieces, are_taken_once_each_by_any_number_of_threads)
{
    for (uint32_t n_threads = 0; n_threads < 9; n_threads += 2) {
        seen s = {.fails_from = 100};
        vonk_error err = {0};
        cr_expect_eq(vonk_text_each_piece(1, 100, n_threads, see, &s, &err), VONK_OK);
        for (uint32_t i = 0; i < 100; i++)
            cr_expect_eq(atomic_load(&s.calls[i]), i > 0, "%u", i);
        cr_expect_eq(vonk_text_each_piece(5, 5, n_threads, see, &s, &err), VONK_OK);
    }
}

Test(text_pieces, fail_as_the_first_that_fails)
{
    for (uint32_t n_threads = 1; n_threads < 9; n_threads++) {
        seen s = {.fails_from = 40, .fails_step = 1};
        vonk_error err = {0};
        cr_expect_eq(vonk_text_each_piece(0, 100, n_threads, see, &s, &err), VONK_CORRUPT);
        cr_expect_str_eq(err.message, "piece 40");
        cr_expect_eq(vonk_text_each_piece(0, 100, n_threads, see, &s, NULL), VONK_CORRUPT);
        cr_expect_eq(atomic_load(&s.calls[99]), 0);
    }
}
