/* Files inferred in pieces by several threads, beside one thread that reads them in order. */
#include <stdatomic.h>

#include "format/csv/csv.h"
#include "text_support.h"

#define N_FILES 3

typedef struct files {
    char paths[N_FILES][256];
    const char *list[N_FILES];
    uint64_t sizes[N_FILES];
} files;

static void make_files(files *f)
{
    for (uint32_t i = 0; i < N_FILES; i++) {
        make_file(f->paths[i], sizeof(f->paths[i]));
        f->list[i] = f->paths[i];
    }
}

static void put_file(files *f, uint32_t i, const vonk_buffer *text)
{
    write_file(f->paths[i], text->data, text->length);
    f->sizes[i] = text->length;
}

static void remove_files(const files *f)
{
    for (uint32_t i = 0; i < N_FILES; i++)
        (void)unlink(f->paths[i]);
}

/* "SCHEMA, N rows", or the error, in `arena`. */
static const char *infer(const files *f, const char *text, uint32_t n_threads, uint64_t piece,
                         const atomic_bool *stop, vonk_arena *arena)
{
    vonk_error err = {0};
    vonk_format_facts facts;
    vonk_options options = options_of(arena, text);
    vonk_infer_request request = {.n_paths = N_FILES,
                                  .paths = f->list,
                                  .sizes = f->sizes,
                                  .options = &options,
                                  .settings = &test_settings,
                                  .n_threads = n_threads,
                                  .piece_bytes = piece,
                                  .stop = stop};
    vonk_status status = vonk_csv_format.infer(&request, arena, &facts, &err);
    if (status != VONK_OK)
        return vonk_arena_printf(arena, NULL, "%s: %s", vonk_status_name(status), err.message);
    vonk_buffer out = {0};
    vonk_schema_print(&facts.schema, &out);
    const char *answer = vonk_arena_printf(arena, NULL, "%s, %lld rows", vonk_buffer_str(&out),
                                           (long long)facts.n_rows);
    vonk_buffer_free(&out);
    return answer;
}

static uint32_t pick(uint64_t *state, size_t n)
{
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)((*state >> 33) % n);
}

/* Lines whose columns are of one kind for long, and now and then of another one. */
static void put_lines(vonk_buffer *out, uint64_t *state)
{
    static const char *const kinds[][3] = {
        {"1", "-17", ""},
        {"3000000000", "1", ""},
        {"1.", "15e0", "2"},
        {"99999999999999999999", "5", ""},
        {"1.5", "-.25", "7"},
        {"2020-01-01", "2021-12-31", ""},
        {"2020-01-01 10:00:00", "2020-01-01", "2020"},
        {"true", "False", "NA"},
        {"", "NA", ""},
        {"\"a,b\"", "x", "\"2\""},
    };
    uint32_t kind[4] = {8, 8, 8, 8};
    vonk_buffer_text(out, "i,j,k,l\n");
    for (uint32_t row = 0; row < 40; row++) {
        for (uint32_t i = 0; i < VONK_LENGTH(kind); i++) {
            if (!pick(state, 25))
                kind[i] = pick(state, VONK_LENGTH(kinds));
            vonk_buffer_text(out, i ? "," : "");
            vonk_buffer_text(out, kinds[kind[i]][pick(state, 3)]);
        }
        vonk_buffer_text(out, pick(state, 40) ? "\n" : "\n\n#,comment\n");
    }
}

Test(csv_infer, does_not_depend_on_threads_and_pieces)
{
    static const char *const options[] = {
        "header=true",
        "header=false\ncomment=#",
        "header=true\nnullValue=NA\ncomment=#",
        "header=true\ndateFormat=yyyy-MM-dd\nnullValue=NA\ncomment=#",
        "header=true\ntimestampFormat=yyyy-MM-dd[ HH:mm:ss]\ncomment=#",
        "header=true\nsamplingRatio=0.3\ncomment=#",
        "header=true\nmultiLine=true\ncomment=#",
        "header=true\nmode=DROPMALFORMED\npreferDate=false\ncomment=#",
    };
    static const uint64_t pieces[] = {1, 50, 400};
    uint64_t state = 3;
    files f = {0};
    make_files(&f);
    for (uint32_t round = 0; round < 48; round++) {
        vonk_arena arena = {0};
        for (uint32_t i = 0; i < N_FILES; i++) {
            vonk_buffer text = {0};
            put_lines(&text, &state);
            put_file(&f, i, &text);
            vonk_buffer_free(&text);
        }
        char with[256];
        (void)snprintf(with, sizeof(with), "inferSchema=true\n%s",
                       options[round % VONK_LENGTH(options)]);
        const char *wanted = infer(&f, with, 1, 0, NULL, &arena);
        const char *got = infer(&f, with, 3, pieces[round % 3], NULL, &arena);
        cr_expect_str_eq(got, wanted, "round %u: %s\nwanted %s", round, got, wanted);
        vonk_arena_free(&arena);
    }
    remove_files(&f);
}

/* Records with a field that is too long: in the third file, then, before it, in the second one. */
Test(csv_infer, fails_as_the_first_file_and_place_that_fails)
{
    static const char with[] = "inferSchema=true\nmaxCharsPerColumn=4";
    files f = {0};
    make_files(&f);
    vonk_arena arena = {0};
    for (uint32_t bad = N_FILES; bad-- > 1;) {
        vonk_buffer text = {0};
        for (uint32_t row = 0; row < 500; row++)
            vonk_buffer_text(&text, "1,2,3\n");
        for (uint32_t i = 0; bad == 2 && i < N_FILES; i++)
            put_file(&f, i, &text);
        memcpy(text.data + 600, "1,2,3456789\n", 12);
        memcpy(text.data + 2400, "1,2,3456789\n", 12);
        put_file(&f, bad, &text);
        vonk_buffer_free(&text);
        for (uint32_t n_threads = 1; n_threads < 6; n_threads++) {
            const char *got = infer(&f, with, n_threads, 100, NULL, &arena);
            cr_expect(strstr(got, f.paths[bad]) && strstr(got, "byte 600 "), "%s", got);
        }
    }
    vonk_arena_free(&arena);
    remove_files(&f);
}

Test(csv_infer, ends_when_nobody_waits_for_it)
{
    static const atomic_bool stop = true;
    files f = {0};
    make_files(&f);
    vonk_arena arena = {0};
    vonk_buffer text = {0};
    vonk_buffer_text(&text, "1,2\n3,4\n");
    for (uint32_t i = 0; i < N_FILES; i++)
        put_file(&f, i, &text);
    vonk_buffer_free(&text);
    for (uint32_t n_threads = 1; n_threads < 4; n_threads++) {
        const char *got = infer(&f, "inferSchema=true", n_threads, 2, &stop, &arena);
        cr_expect(!strncmp(got, "cancelled: ", 11), "%s", got);
    }
    vonk_arena_free(&arena);
    remove_files(&f);
}

/* Each thread's window and rows are charged, and given back also by those that fail. */
Test(csv_infer, is_charged_for)
{
    files f = {0};
    make_files(&f);
    uint64_t state = 1;
    for (uint32_t i = 0; i < N_FILES; i++) {
        vonk_buffer text = {0};
        put_lines(&text, &state);
        put_file(&f, i, &text);
        vonk_buffer_free(&text);
    }
    for (size_t limit = 1000; limit < (size_t)1 << 24; limit *= 4) {
        vonk_budget budget = {.limit = limit};
        vonk_arena arena = {.budget = &budget};
        vonk_arena texts = {0};
        vonk_options options = options_of(&texts, "inferSchema=true");
        vonk_infer_request request = {.n_paths = N_FILES,
                                      .paths = f.list,
                                      .sizes = f.sizes,
                                      .options = &options,
                                      .settings = &test_settings,
                                      .n_threads = 3,
                                      .piece_bytes = 500};
        vonk_format_facts facts;
        vonk_error err = {0};
        vonk_status status = vonk_csv_format.infer(&request, &arena, &facts, &err);
        if (limit < 20000 || limit > 4000000)
            cr_expect_eq(status, limit < 20000 ? VONK_NO_MEMORY : VONK_OK, "%zu: %s", limit,
                         err.message);
        vonk_arena_free(&arena);
        vonk_arena_free(&texts);
        cr_expect_eq(budget.used, 0);
    }
    remove_files(&f);
}
