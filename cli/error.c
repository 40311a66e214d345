/* error.c - errors for people, with the place in the SQL text. */
#include <string.h>

#include "cli/cli.h"

/* The line of `sql` that holds byte `at`: its number from 1, its start and end. */
static void find_line(vonk_slice sql, size_t at, size_t *ret_number, size_t *ret_start,
                      size_t *ret_end)
{
    size_t start = 0, number = 1;
    for (size_t i = 0; i < at && i < sql.length; i++) {
        if (sql.data[i] == '\n') {
            start = i + 1;
            number++;
        }
    }
    const char *newline = memchr(sql.data + start, '\n', sql.length - start);
    *ret_number = number;
    *ret_start = start;
    *ret_end = newline ? (size_t)(newline - sql.data) : sql.length;
}

bool vonk_cli_find_place(const vonk_error *err, vonk_slice sql, vonk_sql_place *ret)
{
    if (err->position < 0 || !sql.length || (size_t)err->position > sql.length)
        return false;
    size_t at = (size_t)err->position, start, end;
    find_line(sql, at, &ret->line, &start, &end);
    ret->position = 1;
    for (size_t i = start; i < at; i++) /* characters, not bytes */
        ret->position += ((unsigned char)sql.data[i] & 0xC0) != 0x80;
    ret->start = at;
    ret->end = err->position_end > err->position ? (size_t)err->position_end : at + 1;
    ret->end = ret->end > sql.length ? sql.length : ret->end;
    return true;
}

static void print_place(FILE *to, const vonk_sql_place *place, vonk_slice sql, const char *view)
{
    size_t at = place->start, number, start, end;
    find_line(sql, at, &number, &start, &end);
    size_t stop = place->end > end ? end : place->end;
    (void)fprintf(to, "\n== SQL%s%s (line %zu, position %zu) ==\n%.*s\n", view ? " of VIEW " : "",
                  view ? view : "", place->line, place->position, (int)(end - start),
                  sql.data + start);
    for (size_t i = start; i < (stop > at ? stop : at + 1); i++) {
        bool begins = ((unsigned char)sql.data[i] & 0xC0) != 0x80;
        if (begins || i >= sql.length)
            (void)fputc(i >= at ? '^' : sql.data[i] == '\t' ? '\t' : ' ', to);
    }
    (void)fputc('\n', to);
}

void vonk_cli_print_error(FILE *to, const vonk_error *err, vonk_slice sql)
{
    vonk_cli_print_error_of(to, err, sql, NULL);
}

void vonk_cli_print_error_of(FILE *to, const vonk_error *err, vonk_slice sql, const char *view)
{
    if (err->condition[0] && !err->sqlstate[0]) /* one of Spark's without a name */
        (void)fprintf(to, "%s\n", err->message);
    else if (err->condition[0])
        (void)fprintf(to, "[%s] %s SQLSTATE: %s\n", err->condition, err->message, err->sqlstate);
    else
        (void)fprintf(to, "vonk: %s\n", err->message);
    vonk_sql_place place;
    if (vonk_cli_find_place(err, sql, &place))
        print_place(to, &place, sql, view);
}
