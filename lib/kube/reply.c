/* reply.c - what the API server's answers mean. */
#include <string.h>

#include "kube/internal.h"
#include "kube/json.h"

static vonk_status status_of(int http, const char *reason)
{
    switch (http) {
    case 404:
        return VONK_NOT_FOUND;
    case 409:
        return !strcmp(reason, "AlreadyExists") ? VONK_EXISTS : VONK_IO;
    case 400:
    case 415:
    case 422:
        return VONK_INVALID;
    case 401:
    case 403:
        return VONK_DENIED;
    default:
        return http >= 200 && http < 300 ? VONK_OK : VONK_IO;
    }
}

void vonk_kube_reply_of(const char *method, const char *path, const vonk_http_response *response,
                        const cJSON *object, vonk_kube_reply *ret)
{
    bool is_status = !strcmp(vonk_json_text(object, "kind"), "Status");
    *ret = (vonk_kube_reply){.status = response->status,
                             .object = object,
                             .reason = is_status ? vonk_json_text(object, "reason") : ""};
    if (response->error.status != VONK_OK) {
        ret->status = 0;
        ret->error = response->error;
        return;
    }
    vonk_status status = status_of(response->status, ret->reason);
    if (status == VONK_OK)
        return;
    const char *message = is_status ? vonk_json_text(object, "message") : "";
    int length = (int)strcspn(path, "?");
    vonk_slice body = response->body;
    if (*message)
        vonk_fail(&ret->error, status, "%s %.*s: %s", method, length, path, message);
    else
        vonk_fail(&ret->error, status, "%s %.*s: HTTP status %d%s%.*s", method, length, path,
                  response->status, body.length ? ": " : "",
                  (int)(body.length < 200 ? strcspn(body.data, "\r\n") : 0), body.data);
}
