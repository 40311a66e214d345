/* fuzz_conf.c - "key=value" lines as settings, and any text as sizes, times, quantities, types. */
#include <stdlib.h>
#include <string.h>

#include "column/type.h"
#include "job/quantity.h"
#include "session/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set(vonk_conf *conf, char *line)
{
    char *value = strchr(line, '=');
    vonk_error err = {0};
    if (!value)
        return;
    *value++ = '\0';
    if (vonk_conf_set(conf, line, value, &err) != VONK_OK) {
        if (!err.message[0])
            abort();
        return;
    }
    if (strcmp(vonk_conf_get(conf, line), value) != 0 || !vonk_conf_is_set(conf, line))
        abort();
    (void)vonk_conf_redact(conf, line, value);
    (void)vonk_conf_bool(conf, line);
    (void)vonk_conf_int(conf, line);
    (void)vonk_conf_bytes(conf, line);
    (void)vonk_conf_millis(conf, line);
}

static void read_text(const char *text)
{
    vonk_arena arena = {0};
    vonk_slice slice = vonk_slice_of(text);
    vonk_schema schema;
    vonk_type type;
    int64_t number;
    (void)!vonk_parse_bytes(text, &number);
    (void)!vonk_parse_millis(text, &number);
    (void)!vonk_quantity_parse(text, 1000, &number);
    (void)!vonk_type_parse(slice, &arena, &type, NULL);
    (void)!vonk_schema_parse(slice, &arena, &schema, NULL);
    vonk_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_conf *conf;
    vonk_arena arena = {0};
    vonk_conf_item *items;
    uint32_t n = 0;
    char *text = malloc(size + 1), *rest = text;
    if (!text || vonk_conf_new(&conf, NULL) != VONK_OK)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    read_text(text);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        set(conf, line);
    if (vonk_conf_list(conf, &arena, &items, &n, NULL) != VONK_OK)
        abort();
    for (uint32_t i = 0; i < n; i++)
        vonk_conf_reset(conf, items[i].key);
    vonk_conf_free(conf);
    vonk_arena_free(&arena);
    free(text);
    return 0;
}
