/* files.c - reading a whole file. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static vonk_status read_all(FILE *from, const char *path, char **ret, size_t *ret_size,
                            vonk_error *err)
{
    vonk_buffer text = {0};
    for (;;) {
        char *to = vonk_buffer_reserve(&text, 65536);
        size_t n = to ? fread(to, 1, 65536, from) : 0;
        if (!n)
            break;
        text.length += n;
    }
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK && ferror(from))
        status = vonk_fail(err, VONK_IO, "%s: %s", path, strerror(errno));
    if (status == VONK_OK)
        vonk_buffer_char(&text, '\0');
    if (status != VONK_OK || text.failed) {
        vonk_buffer_free(&text);
        return status;
    }
    *ret = text.data;
    *ret_size = text.length - 1;
    return VONK_OK;
}

vonk_status vonk_cli_read_file(const char *path, char **ret, size_t *ret_size, vonk_error *err)
{
    if (!strcmp(path, "-"))
        return read_all(stdin, "standard input", ret, ret_size, err);
    FILE *from = fopen(path, "re");
    if (!from)
        return vonk_fail(err, VONK_IO, "%s: %s", path, strerror(errno));
    vonk_status status = read_all(from, path, ret, ret_size, err);
    (void)fclose(from);
    return status;
}

vonk_status vonk_cli_read_manifest(const char *path, char **ret, size_t *ret_size, vonk_error *err)
{
    VONK_TRY(vonk_cli_read_file(path, ret, ret_size, err));
    if ((*ret)[strspn(*ret, " \t\r\n")] != '{' || !strstr(*ret, "\\u"))
        return VONK_OK;
    cJSON *json = cJSON_ParseWithLength(*ret, *ret_size);
    char *plain = json ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    if (plain) { /* else it is no JSON: the parser says where */
        free(*ret);
        *ret = plain;
        *ret_size = strlen(plain);
    }
    return VONK_OK;
}
