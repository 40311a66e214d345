/* path.c - addresses of resources. */
#include <string.h>

#include "kube/client.h"
#include "net/http.h"

static void add_part(vonk_buffer *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    if (name)
        vonk_buffer_printf(out, "/%s", name);
    vonk_buffer_char(out, '/');
    vonk_url_escape(out, vonk_slice_of(value), false);
}

char *vonk_kube_path_print(vonk_arena *arena, const vonk_kube_path *path, const char *query,
                           vonk_error *err)
{
    vonk_buffer out = {0};
    bool core = !path->group || !*path->group;
    vonk_buffer_text(&out, core ? "/api" : "/apis");
    add_part(&out, NULL, core ? NULL : path->group);
    add_part(&out, NULL, path->version);
    add_part(&out, "namespaces", path->namespace_name);
    add_part(&out, NULL, path->plural);
    add_part(&out, NULL, path->name);
    add_part(&out, NULL, path->subresource);
    if (query && *query)
        vonk_buffer_printf(&out, "?%s", query);
    char *text = NULL;
    if (vonk_buffer_check(&out, err) == VONK_OK)
        text = vonk_arena_strndup(arena, vonk_buffer_str(&out), out.length, err);
    vonk_buffer_free(&out);
    return text;
}
