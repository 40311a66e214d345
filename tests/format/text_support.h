/* text_support.h - reads a text as a file through a format, and shows what came out as JSON. */
#ifndef VONK_TESTS_TEXT_SUPPORT_H
#define VONK_TESTS_TEXT_SUPPORT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/format.h"

typedef struct text_case {
    const char *name, *text;
    size_t length;
    const char *options; /* key=value lines */
    const char *given;   /* schema, or NULL: inferred */
    const char *schema, *rows;
} text_case;

static const vonk_eval_settings test_settings = {.ansi = true, .time_zone = "UTC"};

static inline vonk_options options_of(vonk_arena *arena, const char *text)
{
    vonk_option *items = VONK_NEW_ARRAY(arena, vonk_option, 16, NULL);
    vonk_options options = {0, items};
    for (const char *p = text; *p; options.n++) {
        size_t line = strcspn(p, "\n");
        /* A value may be a line end's escape only; keys hold no '='. */
        char *copy = vonk_arena_strndup(arena, p, line, NULL), *equals = strchr(copy, '=');
        *equals = '\0';
        items[options.n] = (vonk_option){copy, equals + 1};
        p += line + (p[line] == '\n');
    }
    return options;
}

/* As Python's json.dumps without ASCII escapes. */
static inline void put_json(vonk_buffer *out, const char *text, size_t length)
{
    vonk_buffer_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\b')
            vonk_buffer_text(out, "\\b");
        else if (text[i] == '\f')
            vonk_buffer_text(out, "\\f");
        else
            vonk_buffer_json(out, text + i, 1);
    }
    vonk_buffer_char(out, '"');
}

static inline void put_batch(vonk_buffer *out, const vonk_batch *batch)
{
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        if (out->length > 1)
            vonk_buffer_char(out, ',');
        vonk_buffer_char(out, '[');
        for (uint32_t i = 0; i < batch->n_columns; i++) {
            vonk_buffer text = {0};
            if (i)
                vonk_buffer_char(out, ',');
            if (!vonk_column_is_valid(&batch->columns[i], row)) {
                vonk_buffer_text(out, "null");
                continue;
            }
            vonk_value value = vonk_column_value(&batch->columns[i], row);
            cr_assert_eq(
                vonk_value_print(batch->columns[i].type, &value, &test_settings, &text, NULL),
                VONK_OK);
            put_json(out, text.data ? text.data : "", text.length);
            vonk_buffer_free(&text);
        }
        vonk_buffer_char(out, ']');
    }
}

/* Reads one split of all columns and appends its rows. */
static inline vonk_status read_split(const vonk_format *format, const char *path,
                                     const vonk_schema *schema, const vonk_options *options,
                                     uint64_t start, uint64_t length, uint32_t batch_rows,
                                     vonk_buffer *out, vonk_error *err)
{
    uint32_t *columns = calloc(schema->n_fields + 1, sizeof(*columns));
    vonk_reader *reader;
    vonk_scan_request request = {
        .path = path,
        .start = start,
        .length = length,
        .schema = schema,
        .n_columns = schema->n_fields,
        .columns = columns,
        .options = *options,
        .settings = &test_settings,
        .batch_rows = batch_rows,
    };
    for (uint32_t i = 0; i < schema->n_fields; i++)
        columns[i] = i;
    vonk_status status = format->open(&request, &reader, err);
    free(columns);
    if (status != VONK_OK)
        return status;
    for (bool done = false; !done && status == VONK_OK;) {
        vonk_batch batch;
        status = format->next(reader, &batch, &done, err);
        if (status == VONK_OK && !done)
            put_batch(out, &batch);
    }
    format->close(reader);
    return status;
}

static inline void write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

/* The schema of a file of `size` bytes, by three threads if there is more than one piece. */
static inline vonk_status infer_schema(const vonk_format *format, const char *path, uint64_t size,
                                       uint64_t piece, const vonk_options *options,
                                       vonk_arena *arena, vonk_schema *ret, vonk_error *err)
{
    vonk_format_facts facts;
    vonk_infer_request request = {.n_paths = 1,
                                  .paths = &path,
                                  .sizes = &size,
                                  .options = options,
                                  .settings = &test_settings,
                                  .n_threads = 3,
                                  .piece_bytes = piece};
    VONK_TRY(format->infer(&request, arena, &facts, err));
    *ret = facts.schema;
    return VONK_OK;
}

/* Schema and rows of `c`, read in splits of `split` bytes. Results live in `arena`. */
static inline vonk_status read_case(const vonk_format *format, const char *path, const text_case *c,
                                    uint64_t split, uint32_t batch_rows, vonk_arena *arena,
                                    const char **ret_schema, const char **ret_rows, vonk_error *err)
{
    vonk_options options = options_of(arena, c->options);
    vonk_schema schema = {0};
    vonk_buffer text = {0};
    write_file(path, c->text, c->length);
    if (c->given)
        VONK_TRY(vonk_schema_parse(vonk_slice_of(c->given), arena, &schema, err));
    else
        VONK_TRY(infer_schema(format, path, c->length, split, &options, arena, &schema, err));
    vonk_schema_print(&schema, &text);
    *ret_schema = vonk_arena_strndup(arena, vonk_buffer_str(&text), text.length, err);
    text.length = 0;
    vonk_buffer_char(&text, '[');
    vonk_status status = VONK_OK;
    uint64_t at = 0;
    while (schema.n_fields && status == VONK_OK && (at < c->length || !at)) {
        status = read_split(format, path, &schema, &options, at, split, batch_rows, &text, err);
        if (split > c->length)
            break;
        at += split;
    }
    vonk_buffer_char(&text, ']');
    *ret_rows = vonk_arena_strndup(arena, text.data, text.length, err);
    vonk_buffer_free(&text);
    return status;
}

/* Makes an empty file under TMPDIR; its name into `path`. */
static inline void make_file(char *path, size_t size)
{
    const char *dir = getenv("TMPDIR");
    (void)snprintf(path, size, "%s/vonk-text-XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(path);
    cr_assert(fd >= 0, "%s", path);
    (void)close(fd);
}

/* All `cases`, each in one split and batch, then in splits of a few bytes and batches of 2 rows. */
static inline void check_cases(const vonk_format *format, const text_case *cases, size_t n)
{
    char path[256];
    make_file(path, sizeof(path));
    for (size_t i = 0; i < n; i++) {
        for (uint64_t split = 3; split < 1000; split += 990) {
            vonk_arena arena = {0};
            vonk_error err = {0};
            const char *schema = "", *rows = "";
            uint64_t length = split > 900 ? UINT64_MAX : split;
            vonk_status status = read_case(format, path, &cases[i], length, split > 900 ? 100 : 2,
                                           &arena, &schema, &rows, &err);
            cr_expect_eq(status, VONK_OK, "%s: %s", cases[i].name, err.message);
            if (status == VONK_OK) {
                cr_expect_str_eq(schema, cases[i].schema, "%s (split %d): %s\nwanted %s",
                                 cases[i].name, (int)split, schema, cases[i].schema);
                cr_expect_str_eq(rows, cases[i].rows, "%s (split %d): %s\nwanted %s", cases[i].name,
                                 (int)split, rows, cases[i].rows);
            }
            vonk_arena_free(&arena);
        }
    }
    (void)unlink(path);
}

#endif
