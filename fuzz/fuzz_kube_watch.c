/*
 * fuzz_kube_watch.c - any bytes as the stream of a watch, in two pieces: changes that fit together,
 * or the end of the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "kube/internal.h"
#include "kube/json.h"
#include "kube/watch.h"

/* Changes must make sense one after the other. */
static void on_change(void *context, vonk_kube_change change, const cJSON *object,
                      const vonk_error *error)
{
    uint32_t *n = context;
    if ((change == VONK_KUBE_TROUBLE) != (error != NULL))
        abort();
    if (change == VONK_KUBE_TROUBLE)
        return;
    if (!object || !*vonk_json_text(object, "metadata.name"))
        abort();
    *n += change == VONK_KUBE_ADDED;
    if (change == VONK_KUBE_DELETED && (*n)-- == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_kube *kube;
    vonk_kube_watch *watch;
    vonk_error err;
    uint32_t n = 0;
    vonk_kube_config config = {.server = "http://127.0.0.1:1", .namespace_name = "n"};
    vonk_kube_watch_request request = {.path = "/x", .context = &n, .on_change = on_change};
    if (!size || vonk_kube_new(&config, NULL, &kube, &err) != VONK_OK)
        return 0;
    if (vonk_kube_watch_start(kube, &request, &watch, &err) == VONK_OK) {
        size_t cut = data[0] % (size + 1);
        vonk_slice first = {(const char *)data, cut};
        vonk_slice rest = {(const char *)data + cut, size - cut};
        if (vonk_kube_watch_take(watch, first))
            (void)vonk_kube_watch_take(watch, rest);
        if (vonk_kube_watch_count(watch) != n)
            abort();
        vonk_kube_watch_stop(watch);
    }
    vonk_kube_free(kube);
    return 0;
}
