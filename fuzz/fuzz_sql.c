/* fuzz_sql.c - any bytes as a script: split it, parse every statement, print what it makes. */
#include <stdlib.h>
#include <string.h>

#include "sql/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Positions lie inside the text, whatever it is. */
static void check_error(const vonk_error *err, size_t length)
{
    if (err->status == VONK_USER &&
        (err->position < 0 || (size_t)err->position > length || (size_t)err->position_end > length))
        abort();
}

/* From a copy of exactly its bytes, so that a read beyond them is seen. */
static void parse(vonk_slice statement)
{
    char *bytes = malloc(statement.length ? statement.length : 1);
    if (!bytes)
        return;
    if (statement.length)
        memcpy(bytes, statement.data, statement.length);
    vonk_slice text = {bytes, statement.length};
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_plan *plan;
    vonk_expr *e;
    vonk_buffer out = {0};
    if (vonk_sql_parse(text, &arena, &plan, &err) == VONK_OK)
        vonk_plan_print(plan, &out);
    else
        check_error(&err, text.length);
    err = (vonk_error){0};
    if (vonk_sql_parse_expr(text, &arena, &e, &err) == VONK_OK)
        vonk_expr_print(e, true, &out);
    else
        check_error(&err, text.length);
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_arena arena = {0};
    vonk_statement *statements;
    uint32_t n;
    vonk_slice script = {(const char *)data, size};
    if (vonk_sql_split(script, &arena, &statements, &n, NULL) == VONK_OK) {
        for (uint32_t i = 0; i < n; i++) {
            vonk_statement s = statements[i];
            if (s.start < 0 || s.end < s.start || (size_t)s.end > size)
                abort();
            parse((vonk_slice){script.data + s.start, (size_t)(s.end - s.start)});
        }
    }
    parse(script);
    vonk_arena_free(&arena);
    return 0;
}
