/* access.c - SelfSubjectAccessReviews. */
#include "kube/access.h"

#include <stdlib.h>

#include "kube/json.h"

typedef struct question {
    bool done, allowed;
    vonk_error error;
} question;

static void answered(void *context, const vonk_kube_reply *reply)
{
    question *q = context;
    q->done = true;
    q->error = reply->error;
    q->allowed = vonk_json_bool(reply->object, "status.allowed", false);
}

static vonk_status ask(vonk_kube *kube, const vonk_kube_right *right, question *q, vonk_error *err)
{
    cJSON *review = cJSON_CreateObject();
    vonk_json_put_text(review, "apiVersion", "authorization.k8s.io/v1");
    vonk_json_put_text(review, "kind", "SelfSubjectAccessReview");
    cJSON *what = vonk_json_put_object(vonk_json_put_object(review, "spec"), "resourceAttributes");
    vonk_json_put_text(what, "verb", right->verb);
    vonk_json_put_text(what, "group", right->group);
    vonk_json_put_text(what, "resource", right->resource);
    if (right->subresource)
        vonk_json_put_text(what, "subresource", right->subresource);
    if (right->namespace_name)
        vonk_json_put_text(what, "namespace", right->namespace_name);
    vonk_kube_request request = {.method = "POST",
                                 .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                 .body = review,
                                 .context = q,
                                 .on_done = answered};
    vonk_status status = vonk_kube_send(kube, &request, err);
    cJSON_Delete(review);
    return status;
}

static void add_missing(const vonk_kube_right *right, vonk_buffer *missing)
{
    vonk_buffer_printf(missing, "%s %s%s%s", right->verb, right->resource,
                       right->subresource ? "/" : "", right->subresource ? right->subresource : "");
    if (*right->group)
        vonk_buffer_printf(missing, " (%s)", right->group);
    if (right->namespace_name)
        vonk_buffer_printf(missing, " in namespace %s\n", right->namespace_name);
    else
        vonk_buffer_text(missing, " in all namespaces\n");
}

static vonk_status wait_for(vonk_kube *kube, const question *questions, uint32_t n, vonk_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        while (!questions[i].done)
            VONK_TRY(vonk_kube_poll(kube, -1, err));
    }
    return VONK_OK;
}

vonk_status vonk_kube_check_access(vonk_kube *kube, const vonk_kube_right *rights, uint32_t n,
                                   vonk_buffer *missing, vonk_error *err)
{
    question *questions = calloc(n ? n : 1, sizeof(*questions));
    if (!questions)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    uint32_t asked = 0;
    vonk_status status = VONK_OK;
    for (; asked < n && status == VONK_OK; asked += status == VONK_OK)
        status = ask(kube, &rights[asked], &questions[asked], err);
    vonk_status waited = wait_for(kube, questions, asked, status == VONK_OK ? err : NULL);
    if (waited != VONK_OK) /* answers may still come: the memory stays with the client */
        return status == VONK_OK ? waited : status;
    for (uint32_t i = 0; i < asked && status == VONK_OK; i++) {
        if (questions[i].error.status != VONK_OK) {
            status = questions[i].error.status;
            if (err)
                *err = questions[i].error;
        } else if (!questions[i].allowed) {
            add_missing(&rights[i], missing);
        }
    }
    free(questions);
    return status;
}
