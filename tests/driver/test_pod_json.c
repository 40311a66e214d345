/* Executor pods as JSON, what a pod's status says, and how many executors more. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "driver/pod_json.h"
#include "driver/scale.h"
#include "kube/json.h"

static vonk_pod_spec base_spec(void)
{
    return (vonk_pod_spec){.namespace_name = "ns",
                           .job = "flights",
                           .attempt = "2",
                           .driver_pod = "flights-2-driver",
                           .driver_uid = "u-1",
                           .image = "vonk:1",
                           .pull_secrets = "one,,two",
                           .service_account = "vonkjob-executor",
                           .cpu_millis = 2500,
                           .memory = (int64_t)2 << 30,
                           .scratch = (int64_t)10 << 30,
                           .driver_url = "tcp://10.0.0.1:7077",
                           .slots = 2,
                           .task_memory = (uint64_t)1843 << 20};
}

static cJSON *make(const vonk_pod_spec *spec)
{
    cJSON *pod = NULL;
    vonk_error err;
    cr_assert_eq(vonk_pod_json(spec, 7, &pod, &err), VONK_OK, "%s", err.message);
    return pod;
}

static const cJSON *container(const cJSON *pod)
{
    return cJSON_GetArrayItem(vonk_json_at(pod, "spec.containers"), 0);
}

Test(pod_json, has_one_owner_and_the_labels_of_its_attempt)
{
    vonk_pod_spec spec = base_spec();
    cJSON *pod = make(&spec);
    const cJSON *owners = vonk_json_at(pod, "metadata.ownerReferences");
    cr_expect_str_eq(vonk_json_text(pod, "metadata.name"), "flights-2-exec-7");
    cr_assert_eq(cJSON_GetArraySize(owners), 1);
    cr_expect_str_eq(vonk_json_text(cJSON_GetArrayItem(owners, 0), "uid"), "u-1");
    cr_expect_str_eq(vonk_json_text(cJSON_GetArrayItem(owners, 0), "kind"), "Pod");
    cr_expect(vonk_json_bool(cJSON_GetArrayItem(owners, 0), "controller", false));
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/job"), "flights");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/attempt"), "2");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/role"), "executor");
    cJSON_Delete(pod);
}

Test(pod_json, meets_the_restricted_standard)
{
    vonk_pod_spec spec = base_spec();
    cJSON *pod = make(&spec);
    const cJSON *c = container(pod);
    cr_expect(vonk_json_bool(pod, "spec.securityContext.runAsNonRoot", false));
    cr_expect_eq(vonk_json_int(pod, "spec.securityContext.runAsUser", 0), 65532);
    cr_expect_str_eq(vonk_json_text(pod, "spec.securityContext.seccompProfile.type"),
                     "RuntimeDefault");
    cr_expect_not(vonk_json_bool(pod, "spec.automountServiceAccountToken", true));
    cr_expect_not(vonk_json_bool(c, "securityContext.allowPrivilegeEscalation", true));
    cr_expect(vonk_json_bool(c, "securityContext.readOnlyRootFilesystem", false));
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(
                         vonk_json_at(c, "securityContext.capabilities.drop"), 0)),
                     "ALL");
    cr_expect_str_eq(vonk_json_text(pod, "spec.restartPolicy"), "Never");
    cJSON_Delete(pod);
}

Test(pod_json, gives_the_resources_of_the_manifest_and_the_secret_as_a_file_only)
{
    vonk_pod_spec spec = base_spec();
    cJSON *pod = make(&spec);
    const cJSON *c = container(pod), *volumes = vonk_json_at(pod, "spec.volumes");
    cr_expect_str_eq(vonk_json_text(c, "resources.requests.cpu"), "2500m");
    cr_expect_str_eq(vonk_json_text(c, "resources.limits.memory"), "2147483648");
    cr_expect_str_eq(vonk_json_text(c, "resources.limits.cpu"), "");
    cr_expect_str_eq(vonk_json_text(cJSON_GetArrayItem(volumes, 0), "secret.secretName"),
                     "vonkjob-flights-2");
    cr_expect_str_eq(vonk_json_text(cJSON_GetArrayItem(volumes, 1), "emptyDir.sizeLimit"),
                     "10737418240");
    cr_expect_eq(cJSON_GetArraySize(vonk_json_at(pod, "spec.imagePullSecrets")), 2);
    char *text = cJSON_PrintUnformatted(vonk_json_at(c, "command"));
    cr_expect_str_eq(text, "[\"/usr/bin/vonk-executor\",\"--driver\",\"tcp://10.0.0.1:7077\","
                           "\"--id\",\"7\",\"--slots\",\"2\",\"--memory\",\"1843\",\"--host\","
                           "\"$(VONK_POD_IP)\",\"--scratch\",\"/scratch/executor\","
                           "\"--secret-file\",\"/vonk/secret/secret\"]");
    cJSON_free(text);
    cJSON_Delete(pod);
}

Test(pod_json, a_template_adds_and_changes_but_not_who_the_pod_is)
{
    vonk_pod_spec spec = base_spec();
    cJSON *template = cJSON_Parse(
        "{\"metadata\":{\"name\":\"mine\",\"labels\":{\"team\":\"a\",\"vonk.dev/role\":\"driver\"},"
        "\"ownerReferences\":[{\"name\":\"x\"},{\"name\":\"y\"}]},"
        "\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"},\"containers\":[{\"name\":\"executor\","
        "\"env\":[{\"name\":\"AWS_REGION\",\"value\":\"eu\"}]},{\"name\":\"side\",\"image\":\"s\"}]"
        "}}");
    spec.template = template;
    cJSON *pod = make(&spec);
    cr_expect_str_eq(vonk_json_text(pod, "metadata.name"), "flights-2-exec-7");
    cr_expect_eq(cJSON_GetArraySize(vonk_json_at(pod, "metadata.ownerReferences")), 1);
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/role"), "executor");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "team"), "a");
    cr_expect_str_eq(vonk_json_text(pod, "spec.nodeSelector.disk"), "ssd");
    cr_expect_eq(cJSON_GetArraySize(vonk_json_at(pod, "spec.containers")), 2);
    cr_expect_eq(cJSON_GetArraySize(vonk_json_at(container(pod), "env")), 3);
    cJSON_Delete(pod);
    cJSON_Delete(template);
}

Test(pod_json, a_template_of_the_wrong_kind_is_said)
{
    vonk_pod_spec spec = base_spec();
    cJSON *pod = NULL, *template = cJSON_Parse("{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}");
    vonk_error err = {0};
    spec.template = template;
    cr_expect_eq(vonk_pod_json(&spec, 7, &pod, &err), VONK_INVALID);
    cr_expect(strstr(err.message, "spec.executors.template"), "%s", err.message);
    cJSON_Delete(template);
}

Test(pod_json, numbers_of_names_are_read_back_and_others_are_not)
{
    vonk_pod_spec spec = base_spec();
    cr_expect_eq(vonk_pod_number(&spec, "flights-2-exec-12"), 12);
    cr_expect_eq(vonk_pod_number(&spec, "flights-1-exec-12"), UINT32_MAX);
    cr_expect_eq(vonk_pod_number(&spec, "flights-2-exec-012"), UINT32_MAX);
    cr_expect_eq(vonk_pod_number(&spec, "flights-2-driver"), UINT32_MAX);
    cr_expect_eq(vonk_pod_number(&spec, "flights-2-exec-99999999999"), UINT32_MAX);
    cr_expect_eq(vonk_pod_number(&spec, ""), UINT32_MAX);
}

/* ---- states ---- */

#define STATE(state)                                                                               \
    "\"containerStatuses\":[{\"name\":\"side\",\"state\":{\"running\":{}}},{\"name\":"             \
    "\"executor\",\"state\":{" state "}}]"
#define LIMIT                                                                                      \
    "\"spec\":{\"containers\":[{\"name\":\"executor\",\"resources\":{\"limits\":{\"memory\":"      \
    "\"2Gi\"}}}]},"

static void expect_over(const char *json, const char *why)
{
    char said[300] = "";
    cJSON *pod = cJSON_Parse(json);
    cr_assert_not_null(pod, "%s", json);
    cr_expect_eq(vonk_pod_is_over(pod, said, sizeof said), why != NULL, "%s", json);
    if (why)
        cr_expect(strstr(said, why), "'%s' is not in '%s'", why, said);
    cJSON_Delete(pod);
}

Test(pod_state, ends_have_their_true_reason)
{
    expect_over("{\"status\":{\"phase\":\"Pending\"}}", NULL);
    expect_over("{\"status\":{\"phase\":\"Running\"," STATE("\"running\":{}") "}}", NULL);
    expect_over("{}", NULL);
    expect_over("{" LIMIT "\"status\":{\"phase\":\"Failed\"," STATE(
                    "\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}") "}}",
                "OOMKilled: it needed more memory than its limit of 2Gi");
    /* a sidecar keeps the pod alive, and the executor is gone */
    expect_over("{\"status\":{\"phase\":\"Running\"," STATE(
                    "\"terminated\":{\"exitCode\":139,\"reason\":\"Error\"}") "}}",
                "killed by signal 11");
    expect_over("{\"status\":{\"phase\":\"Failed\"," STATE(
                    "\"terminated\":{\"exitCode\":2,\"reason\":\"Error\"}") "}}",
                "ended with status 2");
    expect_over(
        "{\"status\":{\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"The node was "
        "low on resource: ephemeral-storage\"}}",
        "Evicted: The node was low on resource");
    expect_over("{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},\"status\":{"
                "\"phase\":\"Running\"}}",
                "deleted");
    expect_over("{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},\"status\":{"
                "\"phase\":\"Running\",\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":"
                "\"True\",\"reason\":\"EvictionByEvictionAPI\",\"message\":\"drained\"}]}}",
                "EvictionByEvictionAPI: drained");
    expect_over("{\"status\":{\"phase\":\"Pending\"," STATE(
                    "\"waiting\":{\"reason\":\"InvalidImageName\",\"message\":\"bad\"}") "}}",
                "InvalidImageName: bad");
    expect_over("{\"status\":{\"phase\":\"Pending\"," STATE(
                    "\"waiting\":{\"reason\":\"ImagePullBackOff\"}") "}}",
                NULL);
}

Test(pod_state, waiting_has_the_words_of_scheduler_and_kubelet)
{
    static const char *const cases[][2] = {
        {"{\"status\":{\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":"
         "\"Unschedulable\",\"message\":\"0/2 nodes\"}]}}",
         "Unschedulable: 0/2 nodes"},
        {"{\"status\":{" STATE(
             "\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":\"no\"}") "}}",
         "ImagePullBackOff: no"},
        {"{\"status\":{" STATE("\"waiting\":{\"reason\":\"ContainerCreating\"}") "}}", ""},
        {"{\"status\":{" STATE("\"running\":{}") "}}", ""},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        char said[300];
        cJSON *pod = cJSON_Parse(cases[i][0]);
        vonk_pod_trouble(pod, said, sizeof said);
        cr_expect_str_eq(said, cases[i][1]);
        cJSON_Delete(pod);
    }
}

/* ---- growth ---- */

Test(scale, asks_after_a_second_and_then_for_twice_as_many_each_second)
{
    vonk_scale s = {.max = 10, .slots = 2};
    cr_expect_eq(vonk_scale_up(&s, 1000, 100, 1), 0);
    cr_expect_eq(vonk_scale_up(&s, 1900, 100, 1), 0);
    cr_expect_eq(vonk_scale_up(&s, 2000, 100, 1), 1);
    cr_expect_eq(vonk_scale_up(&s, 2500, 100, 2), 0);
    cr_expect_eq(vonk_scale_up(&s, 3000, 100, 2), 2);
    cr_expect_eq(vonk_scale_up(&s, 4000, 100, 4), 4);
    cr_expect_eq(vonk_scale_up(&s, 5000, 100, 8), 2); /* the most there may be */
    cr_expect_eq(vonk_scale_up(&s, 9000, 100, 10), 0);
}

Test(scale, asks_for_no_more_than_the_work_and_forgets_a_backlog_that_went)
{
    vonk_scale s = {.max = 10, .slots = 4};
    cr_expect_eq(vonk_scale_up(&s, 1000, 5, 1), 0); /* 2 would do */
    cr_expect_eq(vonk_scale_up(&s, 1500, 4, 1), 0); /* 1 does */
    cr_expect_eq(vonk_scale_up(&s, 2200, 5, 1), 0); /* it lasts since now */
    cr_expect_eq(vonk_scale_up(&s, 3200, 5, 1), 1);
    cr_expect_eq(vonk_scale_up(&s, 9000, 0, 5), 0);
    cr_expect_eq(vonk_scale_up(&s, 9000, UINT32_MAX, 5), 0);
    cr_expect_eq(vonk_scale_up(&s, 19000, UINT32_MAX, 5), 1);
}
