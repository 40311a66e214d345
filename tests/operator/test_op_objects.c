/* JSON in and out: VonkJobs, pods, statuses; the objects of an attempt; options; metrics. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kube/json.h"
#include "operator/check.h"
#include "operator/decide.h"
#include "operator/options.h"
#include "operator/pod.h"
#include "operator/read.h"
#include "operator/stats.h"

static const char job_text[] =
    "{'metadata': {'name': 'top', 'namespace': 'shop', 'uid': 'u-1', 'generation': 3,"
    "  'labels': {'team': 'x'}, 'annotations': {'note': 'n',"
    "  'kubectl.kubernetes.io/last-applied-configuration': '{...}'}},"
    " 'spec': {'sql': {'from': 'configmap://scripts/top.sql'}, 'backoffLimit': 5,"
    "  'retryBackoff': {'baseSeconds': 2, 'maxSeconds': 9, 'resetAfterSeconds': 60},"
    "  'pendingDeadlineSeconds': 60, 'ttlSecondsAfterFinished': 9000000000000000000,"
    "  'driver': {'cpu': 2, 'memory': '3Gi', 'template': {"
    "     'metadata': {'name': 'mine', 'labels': {'vonk.dev/job': 'other', 'a': 'b'},"
    "        'ownerReferences': [{'uid': 'evil'}]},"
    "     'spec': {'nodeSelector': {'disk': 'ssd'},"
    "        'containers': [{'name': 'driver', 'env': [{'name': 'K', 'value': 'V'}]},"
    "                       {'name': 'mesh', 'image': 'm:1'}]}}},"
    "  'executors': {'min': 2, 'max': 4, 'scratch': '5Gi'}}}";

static cJSON *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    cJSON *made = cJSON_Parse(copy);
    cr_assert_not_null(made, "%s", copy);
    free(copy);
    return made;
}

static cJSON *make_driver(const cJSON *job, const vonk_op_pod_settings *settings)
{
    vonk_op_attempt attempt = {.job = job, .number = 2, .spec_hash = "h-1"};
    cJSON *pod = NULL;
    vonk_error err = {0};
    cr_assert_eq(vonk_op_make_driver(&attempt, settings, &pod, &err), VONK_OK, "%s", err.message);
    return pod;
}

static const cJSON *named(const cJSON *list, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (!strcmp(vonk_json_text(item, "name"), name)) return item;
    return NULL;
}

Test(op_read, a_job_is_read_with_bounds_on_its_numbers)
{
    vonk_arena arena = {0};
    vonk_op_job job;
    cJSON *object = parse(job_text);
    cr_assert_eq(vonk_op_read_job(object, &arena, &job, NULL), VONK_OK);
    cr_expect_str_eq(job.name, "top");
    cr_expect_eq(job.generation, 3);
    cr_expect_eq(job.backoff_limit, 5);
    cr_expect_eq(job.backoff_max_s, 9);
    cr_expect_eq(job.pending_deadline_s, 60);
    cr_expect_leq(job.ttl_s, 1000000000000);
    cr_expect_eq(job.min_executors, 2);
    cr_expect_null(job.refused);
    cr_expect_not(job.foreign || job.suspend || job.deleting);
    cr_expect_eq(job.status.failure.exit_code, -1);
    cJSON_Delete(object);
    vonk_arena_free(&arena);
}

Test(op_read, what_this_version_does_not_do_is_named)
{
    static const char *const specs[][2] = {
        {"{'spec': {'program': {'library': 'x'}}}", "spec.program"},
        {"{'spec': {'sql': {}, 'streaming': {'checkpoint': 'x'}}}", "spec.streaming"},
        {"{'spec': {'sql': {}, 'files': ['a']}}", "spec.files"},
        {"{'spec': {'sql': {}, 'start': 'Gang'}}", "Gang"},
    };
    for (size_t i = 0; i < VONK_LENGTH(specs); i++) {
        vonk_arena arena = {0};
        vonk_op_job job;
        cJSON *object = parse(specs[i][0]);
        cr_assert_eq(vonk_op_read_job(object, &arena, &job, NULL), VONK_OK);
        cr_expect(job.refused && strstr(job.refused, specs[i][1]), "%s", specs[i][1]);
        cJSON_Delete(object);
        vonk_arena_free(&arena);
    }
}

Test(op_read, a_status_comes_back_as_it_was_written)
{
    vonk_op_status st = {
        .observed_generation = 4,
        .attempt = 2,
        .attempt_s = 1700000000,
        .failures = 1,
        .start_s = 1700000001,
        .driver_pod = "top-2-driver",
        .spec_hash = "abc",
        .progress = "1/2",
        .has_executors = true,
        .executors = {.target = 4, .ready = 3, .pending = 1, .lost = 2},
        .failure = {.attempt = 1,
                    .time_s = 1700000002,
                    .exit_code = 75,
                    .reason = "Infrastructure",
                    .message = "no \"store\"",
                    .pod = "top-1-driver"},
    };
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        st.conditions[i] = (vonk_op_condition){.status = (vonk_op_truth)(1 + i % 3),
                                               .transition_s = 1700000000 + i,
                                               .generation = 4,
                                               .reason = "Reason",
                                               .message = i ? "words" : ""};
    cJSON *object = cJSON_CreateObject();
    vonk_json_put(object, "status", vonk_op_status_json(&st));
    vonk_arena arena = {0};
    vonk_op_job job;
    cr_assert_eq(vonk_op_read_job(object, &arena, &job, NULL), VONK_OK);
    cr_expect(vonk_op_status_equal(&st, &job.status));
    cr_expect(cJSON_IsNull(vonk_json_at(object, "status.completionTime")));
    cJSON_Delete(object);
    vonk_arena_free(&arena);
}

Test(op_read, a_long_failure_is_cut_between_characters)
{
    char text[6001] = {0};
    for (size_t i = 0; i < 6000; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    vonk_op_status st = {.failure = {.attempt = 1, .message = text, .reason = "", .pod = ""}};
    for (int i = 0; i < VONK_OP_N_CONDITIONS; i++)
        st.conditions[i].reason = st.conditions[i].message = "";
    cJSON *json = vonk_op_status_json(&st);
    size_t length = strlen(vonk_json_text(json, "lastFailure.message"));
    cr_expect_eq(length, 4095);
    cJSON_Delete(json);
}

Test(op_read, a_pod_is_read_by_its_own_container)
{
    cJSON *object = parse(
        "{'metadata': {'name': 'top-2-driver', 'uid': 'p', 'creationTimestamp': "
        "'2026-11-21T07:00:00Z', 'labels': {'vonk.dev/role': 'driver', 'vonk.dev/attempt': '2'},"
        " 'annotations': {'vonk.dev/progress': '3/9', 'vonk.dev/spec-hash': 'h'},"
        " 'ownerReferences': [{'uid': 'x'}, {'uid': 'u-1', 'controller': true}]},"
        " 'status': {'phase': 'Running', 'conditions': ["
        "   {'type': 'Ready', 'status': 'False'},"
        "   {'type': 'DisruptionTarget', 'status': 'True', 'reason': 'EvictionByEvictionAPI',"
        "    'message': 'drain'}],"
        " 'containerStatuses': [{'name': 'mesh', 'state': {'running': {}}},"
        "   {'name': 'driver', 'state': {'terminated': {'exitCode': 1, 'reason': 'Error',"
        "    'message': 'last words\\n', 'startedAt': '2026-11-21T07:00:01Z',"
        "    'finishedAt': '2026-11-21T07:00:09Z'}}}]}}");
    vonk_arena arena = {0};
    vonk_op_pod pod;
    cr_assert_eq(vonk_op_read_pod(object, &arena, &pod, NULL), VONK_OK);
    cr_expect(pod.is_driver && pod.terminated && pod.started && !pod.ready);
    cr_expect_eq(pod.attempt, 2);
    cr_expect_eq(pod.exit_code, 1);
    cr_expect_eq(pod.finished_s - pod.started_s, 8);
    cr_expect_str_eq(pod.owner, "u-1");
    cr_expect_str_eq(pod.exit_message, "last words");
    cr_expect_str_eq(pod.exit_reason, "");
    cr_expect_str_eq(pod.progress, "3/9");
    cr_expect_str_eq(pod.disruption_reason, "EvictionByEvictionAPI");
    cJSON_Delete(object);
    vonk_arena_free(&arena);
}

static void hash_of(const char *spec, char ret[17])
{
    cJSON *object = parse(spec);
    vonk_op_spec_hash(object, ret);
    cJSON_Delete(object);
}

Test(op_read, the_hash_of_a_spec_is_of_what_its_pods_depend_on)
{
    static const char base[] =
        "{'sql': {'query': 'q'}, 'image': 'i', 'executors': {'min': 1, 'cpu': 1}}";
    static const struct {
        const char *spec;
        bool same;
    } cases[] = {
        {"{'executors': {'cpu': 1, 'min': 1}, 'image': 'i', 'sql': {'query': 'q'}}", true},
        {"{'sql': {'query': 'q'}, 'image': 'i', 'executors': {'min': 3, 'max': 9, 'cpu': 1}}",
         true},
        {"{'sql': {'query': 'q'}, 'image': 'i', 'executors': {'cpu': 1}, 'backoffLimit': 9,"
         " 'suspend': true, 'activeDeadlineSeconds': 1, 'ttlSecondsAfterFinished': 1}",
         true},
        {"{'sql': {'query': 'p'}, 'image': 'i', 'executors': {'min': 1, 'cpu': 1}}", false},
        {"{'sql': {'query': 'q'}, 'image': 'j', 'executors': {'min': 1, 'cpu': 1}}", false},
        {"{'sql': {'query': 'q'}, 'image': 'i', 'executors': {'min': 1, 'cpu': 2}}", false},
        {"{'sql': {'query': 'q', 'min': 1}, 'image': 'i', 'executors': {'cpu': 1}}", false},
        {"{'sql': {'query': 'i'}, 'image': 'q', 'executors': {'min': 1, 'cpu': 1}}", false},
    };
    char expected[17], got[17];
    hash_of(base, expected);
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        hash_of(cases[i].spec, got);
        cr_expect_eq(!strcmp(expected, got), cases[i].same, "%s", cases[i].spec);
    }
}

Test(op_pod, the_driver_pod_is_the_jobs_whatever_its_template_says)
{
    cJSON *job = parse(job_text);
    static const char *const secrets[] = {"pull-a", "pull-b"};
    vonk_op_pod_settings settings = {.image = "vonk:1",
                                     .pull_policy = "IfNotPresent",
                                     .n_pull_secrets = 2,
                                     .pull_secrets = secrets};
    cJSON *pod = make_driver(job, &settings);
    const cJSON *containers = vonk_json_at(pod, "spec.containers");
    const cJSON *driver = named(containers, "driver");
    const cJSON *owners = vonk_json_at(pod, "metadata.ownerReferences");
    cr_expect_str_eq(vonk_json_text(pod, "metadata.name"), "top-2-driver");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/job"), "top");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "vonk.dev/attempt"), "2");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.labels", "a"), "b");
    cr_expect_str_eq(vonk_json_entry(pod, "metadata.annotations", "vonk.dev/spec-hash"), "h-1");
    cr_assert_eq(cJSON_GetArraySize(owners), 1);
    cr_expect_str_eq(vonk_json_text(cJSON_GetArrayItem(owners, 0), "uid"), "u-1");
    cr_expect(vonk_json_bool(cJSON_GetArrayItem(owners, 0), "controller", false));
    cr_expect_str_eq(vonk_json_text(pod, "spec.nodeSelector.disk"), "ssd");
    cr_assert_eq(cJSON_GetArraySize(containers), 2);
    cr_expect_str_eq(vonk_json_text(driver, "image"), "vonk:1");
    cr_expect_str_eq(vonk_json_text(driver, "resources.requests.cpu"), "2");
    cr_expect_str_eq(vonk_json_text(driver, "resources.limits.memory"), "3Gi");
    const cJSON *env = vonk_json_at(driver, "env");
    cr_expect_str_eq(vonk_json_text(named(env, "K"), "value"), "V");
    cr_expect_str_eq(vonk_json_text(named(env, "VONK_ATTEMPT"), "value"), "2");
    cr_expect(*vonk_json_text(named(env, "VONK_JOB_UID"), "value"));
    cr_expect_str_eq(vonk_json_text(named(env, "VONK_IMAGE_PULL_SECRETS"), "value"),
                     "pull-a,pull-b");
    const cJSON *volumes = vonk_json_at(pod, "spec.volumes");
    cr_expect_str_eq(vonk_json_text(named(volumes, "secret"), "secret.secretName"),
                     "vonkjob-top-2");
    cr_expect_eq(vonk_json_int(named(volumes, "secret"), "secret.defaultMode", 0), 0400);
    cr_expect_str_eq(vonk_json_text(named(volumes, "from"), "configMap.name"), "scripts");
    cr_expect_str_eq(vonk_json_text(named(volumes, "scratch"), "emptyDir.sizeLimit"), "5Gi");
    cJSON_Delete(pod);
    cJSON_Delete(job);
}

Test(op_pod, the_driver_pod_is_restricted)
{
    cJSON *job = parse("{'metadata': {'name': 'j', 'namespace': 'n', 'uid': 'u'}, 'spec': {}}");
    vonk_op_pod_settings settings = {.image = "vonk:1"};
    cJSON *pod = make_driver(job, &settings);
    const cJSON *driver = cJSON_GetArrayItem(vonk_json_at(pod, "spec.containers"), 0);
    cr_expect(vonk_json_bool(pod, "spec.securityContext.runAsNonRoot", false));
    cr_expect_eq(vonk_json_int(pod, "spec.securityContext.fsGroup", 0), 65532);
    cr_expect_str_eq(vonk_json_text(pod, "spec.securityContext.seccompProfile.type"),
                     "RuntimeDefault");
    cr_expect_not(vonk_json_bool(driver, "securityContext.allowPrivilegeEscalation", true));
    cr_expect(vonk_json_bool(driver, "securityContext.readOnlyRootFilesystem", false));
    cr_expect_not(vonk_json_bool(pod, "spec.enableServiceLinks", true));
    cr_expect_str_eq(vonk_json_text(pod, "spec.restartPolicy"), "Never");
    cr_expect_str_eq(vonk_json_text(pod, "spec.serviceAccountName"), "vonkjob-driver");
    cr_expect_null(cJSON_GetObjectItem(driver, "imagePullPolicy"));
    cJSON_Delete(pod);
    cJSON_Delete(job);
}

Test(op_pod, a_template_that_does_not_fit_is_refused)
{
    cJSON *job = parse("{'metadata': {'name': 'j'}, 'spec': {'driver': {'template': "
                       "{'spec': {'containers': 'none'}}}}}");
    vonk_op_pod_settings settings = {.image = "vonk:1"};
    vonk_op_attempt attempt = {.job = job, .number = 1, .spec_hash = "h"};
    cJSON *pod = NULL;
    vonk_error err = {0};
    cr_expect_eq(vonk_op_make_driver(&attempt, &settings, &pod, &err), VONK_INVALID);
    cr_expect(strstr(err.message, "spec.driver.template"), "%s", err.message);
    cJSON_Delete(job);
}

Test(op_pod, secret_and_config_map_are_named_by_job_and_attempt)
{
    cJSON *job = parse(job_text);
    cJSON *defaults = parse("{'conf': {'k': 'v'}, 'driver': {'cpu': 9}, 'backoffLimit': 1}");
    vonk_op_pod_settings settings = {.image = "vonk:1", .job_defaults = defaults};
    vonk_op_attempt attempt = {.job = job, .number = 2, .spec_hash = "h"};
    cJSON *secret = vonk_op_make_secret(&attempt, "00ff");
    cJSON *config = vonk_op_make_config(&attempt, &settings);
    cr_expect_str_eq(vonk_json_text(secret, "metadata.name"), "vonkjob-top-2");
    cr_expect_str_eq(vonk_json_text(secret, "stringData.secret"), "00ff");
    cr_expect_str_eq(vonk_json_text(config, "metadata.name"), "vonkjob-top-2");
    cr_expect_str_eq(vonk_json_text(config, "metadata.namespace"), "shop");
    cJSON *inside = cJSON_Parse(vonk_json_entry(config, "data", "job.json"));
    cr_assert_not_null(inside);
    cr_expect_str_eq(vonk_json_text(inside, "kind"), "VonkJob");
    cr_expect_str_eq(vonk_json_text(inside, "spec.conf.k"), "v");
    cr_expect_eq(vonk_json_int(inside, "spec.driver.cpu", 0), 2);
    cr_expect_eq(vonk_json_int(inside, "spec.backoffLimit", 0), 5);
    cr_expect_str_eq(vonk_json_text(inside, "metadata.annotations.note"), "n");
    cr_expect_eq(cJSON_GetArraySize(vonk_json_at(inside, "metadata.annotations")), 1);
    cr_expect_null(vonk_json_at(inside, "status"));
    cJSON_Delete(inside);
    cJSON_Delete(config);
    cJSON_Delete(secret);
    cJSON_Delete(defaults);
    cJSON_Delete(job);
}

Test(op_options, are_read_in_both_spellings)
{
    char *argv[] = {"vonk-operator",     "--namespace=a",     "--namespace", "b",
                    "--port=0",          "--lease-seconds",   "30",          "--no-lease",
                    "--log-level=debug", "--log-format=text", "--image",     "i:1"};
    vonk_op_options o;
    cr_assert_eq(vonk_op_options_parse((int)VONK_LENGTH(argv), argv, &o, NULL), VONK_OK);
    cr_expect_eq(o.n_namespaces, 2);
    cr_expect_str_eq(o.namespaces[1], "b");
    cr_expect_eq(o.port, 0);
    cr_expect_eq(o.lease_s, 30);
    cr_expect(o.no_lease && !o.log_json && o.log_level == VONK_OP_DEBUG);
    cr_expect_str_eq(o.image, "i:1");
}

Test(op_options, that_are_wrong_are_named)
{
    static const char *const wrong[][2] = {
        {"--prot=1", "--prot"},
        {"--port=x", "'x'"},
        {"--port=65536", "65535"},
        {"--log-level=loud", "warn"},
        {"--image-pull-policy=a", "IfNotPresent"},
        {"--namespace", "takes a value"},
        {"stray", "stray"},
        {"--namespace=", "empty"},
    };
    for (size_t i = 0; i < VONK_LENGTH(wrong); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s", wrong[i][0]);
        char *argv[] = {"vonk-operator", text};
        vonk_op_options o;
        vonk_error err = {0};
        cr_expect_eq(vonk_op_options_parse(2, argv, &o, &err), VONK_INVALID, "%s", text);
        cr_expect(strstr(err.message, wrong[i][1]), "%s: %s", text, err.message);
    }
}

Test(op_options, job_defaults_are_yaml_or_json)
{
    char path[] = "/tmp/vonk-op-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "conf: {a: '1'}\nexecutors:\n  max: 3\n  spot: true\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    cJSON *defaults = NULL;
    vonk_error err = {0};
    cr_assert_eq(vonk_op_read_defaults(path, &defaults, &err), VONK_OK, "%s", err.message);
    cr_expect_str_eq(vonk_json_text(defaults, "conf.a"), "1");
    cr_expect_eq(vonk_json_int(defaults, "executors.max", 0), 3);
    cr_expect(vonk_json_bool(defaults, "executors.spot", false));
    cJSON_Delete(defaults);
    unlink(path);
    cr_expect_eq(vonk_op_read_defaults(path, &defaults, &err), VONK_IO);
}

Test(op_check, the_schema_of_the_crd_has_a_number)
{
    static const struct {
        const char *text;
        int version;
    } cases[] = {{"{'description': 'VonkJob schema 1: a job'}", 1},
                 {"{'description': 'VonkJob schema 12'}", 12},
                 {"{'description': 'a job'}", 0},
                 {"{}", 0}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        cJSON *schema = parse(cases[i].text);
        cr_expect_eq(vonk_op_schema_version(schema), cases[i].version);
        cJSON_Delete(schema);
    }
    cr_expect_eq(vonk_op_schema_version(NULL), 0);
}

Test(op_stats, are_printed_as_prometheus_reads_them)
{
    static vonk_op_stats stats;
    vonk_buffer out = {0};
    vonk_op_stats_init(&stats);
    vonk_op_stats_start(&stats, 12000);
    vonk_op_stats_start(&stats, 99000000);
    vonk_op_stats_request(&stats, "POST", 201);
    vonk_op_stats_request(&stats, "GET", 0);
    stats.jobs[vonk_op_stats_state("Running")]++;
    stats.jobs[vonk_op_stats_state("SomethingNew")]++;
    vonk_op_stats_print(&stats, &out);
    static const char *const lines[] = {
        "\nvonk_operator_driver_start_seconds_bucket{le=\"0.01\"} 0\n",
        "\nvonk_operator_driver_start_seconds_bucket{le=\"0.025\"} 1\n",
        "\nvonk_operator_driver_start_seconds_bucket{le=\"+Inf\"} 2\n",
        "\nvonk_operator_driver_start_seconds_count 2\n",
        "\nvonk_operator_api_requests_total{verb=\"create\",code=\"2xx\"} 1\n",
        "\nvonk_operator_api_requests_total{verb=\"get\",code=\"none\"} 1\n",
        "\nvonk_operator_jobs{state=\"Running\"} 1\n",
        "\nvonk_operator_jobs{state=\"Other\"} 1\n",
    };
    for (size_t i = 0; i < VONK_LENGTH(lines); i++)
        cr_expect(strstr(vonk_buffer_str(&out), lines[i]), "%s", lines[i]);
    vonk_buffer_free(&out);
    vonk_op_stats_fini(&stats);
}
