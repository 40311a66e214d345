/* manifest.c - the fields of a VonkJob, and the rules between them (the CRD's CEL rules). */
#include "job/manifest.h"

#include <ctype.h>
#include <string.h>

#include "job/decode.h"

#define AT(field)       offsetof(vonk_job, field)
#define IN(type, field) offsetof(type, field)
#define GIB             (INT64_C(1) << 30)
#define ANY_INT         INT64_MAX

/* What the API server adds to an object that was read back from it. */
static const vonk_rule metadata_rules[] = {
    {.name = "name", .kind = VONK_RULE_TEXT, .offset = AT(name), .required = true},
    {.name = "namespace", .kind = VONK_RULE_TEXT, .offset = AT(namespace_name), .max = 63},
    {.name = "labels", .kind = VONK_RULE_PAIRS, .offset = AT(labels)},
    {.name = "annotations", .kind = VONK_RULE_PAIRS, .offset = AT(annotations)},
    {.name = "uid", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "resourceVersion", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "generation", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "creationTimestamp", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "managedFields", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "ownerReferences", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "finalizers", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = NULL},
};

static const vonk_rule sql_rules[] = {
    {.name = "query", .kind = VONK_RULE_TEXT, .offset = IN(vonk_job_sql, query), .max = 262144},
    {.name = "from", .kind = VONK_RULE_TEXT, .offset = IN(vonk_job_sql, from), .max = 4096},
    {.name = "output", .kind = VONK_RULE_TEXT, .offset = IN(vonk_job_sql, output), .max = 4096},
    {.name = "tables", .kind = VONK_RULE_TABLES, .offset = 0, .max = 256},
    {.name = NULL},
};

static const vonk_rule program_rules[] = {
    {.name = "library",
     .kind = VONK_RULE_TEXT,
     .offset = IN(vonk_job_program, library),
     .max = 4096,
     .required = true},
    {.name = "sha256", .kind = VONK_RULE_TEXT, .offset = IN(vonk_job_program, sha256)},
    {.name = "entry", .kind = VONK_RULE_TEXT, .offset = IN(vonk_job_program, entry), .max = 256},
    {.name = "args", .kind = VONK_RULE_TEXTS, .offset = IN(vonk_job_program, args), .max = 256},
    {.name = NULL},
};

static const char *const triggers[] = {"Interval", "Once", "AvailableNow", NULL};
static const char *const upgrades[] = {"Checkpoint", "Stateless", NULL};
static const char *const starts[] = {"Immediate", "Gang", NULL};

static const vonk_rule streaming_rules[] = {
    {.name = "checkpoint",
     .kind = VONK_RULE_TEXT,
     .offset = IN(vonk_job_streaming, checkpoint),
     .max = 4096,
     .required = true},
    {.name = "trigger",
     .kind = VONK_RULE_CHOICE,
     .offset = IN(vonk_job_streaming, trigger),
     .choices = triggers},
    {.name = "intervalSeconds",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_streaming, interval_s),
     .min = 0,
     .max = ANY_INT},
    {.name = "upgrade",
     .kind = VONK_RULE_CHOICE,
     .offset = IN(vonk_job_streaming, upgrade),
     .choices = upgrades},
    {.name = NULL},
};

static const vonk_rule retry_rules[] = {
    {.name = "baseSeconds",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_retry, base_s),
     .min = 1,
     .max = ANY_INT},
    {.name = "maxSeconds",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_retry, max_s),
     .min = 1,
     .max = ANY_INT},
    {.name = "resetAfterSeconds",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_retry, reset_after_s),
     .min = 1,
     .max = ANY_INT},
    {.name = NULL},
};

static const vonk_rule driver_rules[] = {
    {.name = "cpu", .kind = VONK_RULE_CPU, .offset = IN(vonk_job_driver, cpu_millis)},
    {.name = "memory", .kind = VONK_RULE_BYTES, .offset = IN(vonk_job_driver, memory)},
    {.name = "template",
     .kind = VONK_RULE_ANYTHING,
     .offset = VONK_RULE_NOWHERE,
     .present = IN(vonk_job_driver, has_template)},
    {.name = NULL},
};

static const vonk_rule executors_rules[] = {
    {.name = "min",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_executors, min),
     .min = 0,
     .max = 10000},
    {.name = "max",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_executors, max),
     .min = 1,
     .max = 10000},
    {.name = "idleSeconds",
     .kind = VONK_RULE_INT,
     .offset = IN(vonk_job_executors, idle_s),
     .min = 1,
     .max = ANY_INT},
    {.name = "cpu", .kind = VONK_RULE_CPU, .offset = IN(vonk_job_executors, cpu_millis)},
    {.name = "memory", .kind = VONK_RULE_BYTES, .offset = IN(vonk_job_executors, memory)},
    {.name = "scratch", .kind = VONK_RULE_BYTES, .offset = IN(vonk_job_executors, scratch)},
    {.name = "spot", .kind = VONK_RULE_BOOL, .offset = IN(vonk_job_executors, spot)},
    {.name = "template",
     .kind = VONK_RULE_ANYTHING,
     .offset = VONK_RULE_NOWHERE,
     .present = IN(vonk_job_executors, has_template)},
    {.name = NULL},
};

static const vonk_rule spec_rules[] = {
    {.name = "sql",
     .kind = VONK_RULE_OBJECT,
     .offset = AT(sql),
     .fields = sql_rules,
     .present = AT(has_sql)},
    {.name = "program",
     .kind = VONK_RULE_OBJECT,
     .offset = AT(program),
     .fields = program_rules,
     .present = AT(has_program)},
    {.name = "streaming",
     .kind = VONK_RULE_OBJECT,
     .offset = AT(streaming),
     .fields = streaming_rules,
     .present = AT(has_streaming)},
    {.name = "conf", .kind = VONK_RULE_PAIRS, .offset = AT(conf), .max = 512},
    {.name = "image", .kind = VONK_RULE_TEXT, .offset = AT(image), .max = 1024},
    {.name = "files", .kind = VONK_RULE_TEXTS, .offset = AT(files), .max = 64},
    {.name = "queue", .kind = VONK_RULE_TEXT, .offset = AT(queue), .max = 63},
    {.name = "priorityClassName",
     .kind = VONK_RULE_TEXT,
     .offset = AT(priority_class_name),
     .max = 253},
    {.name = "start", .kind = VONK_RULE_CHOICE, .offset = AT(start), .choices = starts},
    {.name = "suspend", .kind = VONK_RULE_BOOL, .offset = AT(suspend)},
    {.name = "backoffLimit",
     .kind = VONK_RULE_INT,
     .offset = AT(backoff_limit),
     .min = 0,
     .max = 1000},
    {.name = "retryBackoff", .kind = VONK_RULE_OBJECT, .offset = AT(retry), .fields = retry_rules},
    {.name = "activeDeadlineSeconds",
     .kind = VONK_RULE_INT,
     .offset = AT(active_deadline_s),
     .min = 1,
     .max = ANY_INT},
    {.name = "pendingDeadlineSeconds",
     .kind = VONK_RULE_INT,
     .offset = AT(pending_deadline_s),
     .min = 1,
     .max = ANY_INT},
    {.name = "ttlSecondsAfterFinished",
     .kind = VONK_RULE_INT,
     .offset = AT(ttl_s),
     .min = 0,
     .max = ANY_INT},
    {.name = "managedBy", .kind = VONK_RULE_TEXT, .offset = AT(managed_by), .max = 63},
    {.name = "serviceAccountName",
     .kind = VONK_RULE_TEXT,
     .offset = AT(service_account_name),
     .max = 253},
    {.name = "driver", .kind = VONK_RULE_OBJECT, .offset = AT(driver), .fields = driver_rules},
    {.name = "executors",
     .kind = VONK_RULE_OBJECT,
     .offset = AT(executors),
     .fields = executors_rules},
    {.name = NULL},
};

static const vonk_rule job_rules[] = {
    {.name = "apiVersion", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "kind", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = "metadata",
     .kind = VONK_RULE_OBJECT,
     .offset = 0,
     .fields = metadata_rules,
     .required = true},
    {.name = "spec", .kind = VONK_RULE_OBJECT, .offset = 0, .fields = spec_rules, .required = true},
    {.name = "status", .kind = VONK_RULE_IGNORED, .offset = VONK_RULE_NOWHERE},
    {.name = NULL},
};

static const vonk_job defaults = {
    .program.entry = "job_main",
    .backoff_limit = 3,
    .retry = {.base_s = 10, .max_s = 300, .reset_after_s = 3600},
    .pending_deadline_s = 600,
    .ttl_s = 86400,
    .driver = {.cpu_millis = 1000, .memory = 1 * GIB},
    .executors = {.min = 1,
                  .max = 4,
                  .idle_s = 60,
                  .cpu_millis = 1000,
                  .memory = 2 * GIB,
                  .scratch = 10 * GIB},
};

/* The root has `key` and its text is `wanted`. */
static vonk_status check_constant(const vonk_decoder *d, const vonk_yaml_node *root,
                                  const char *key, const char *wanted)
{
    const vonk_yaml_node *node = vonk_yaml_find(root, key);
    if (!node)
        return vonk_decode_fail(d, root, false, "%s is required: %s: %s", key, key, wanted);
    if (node->kind != VONK_YAML_SCALAR || strcmp(node->text, wanted) != 0)
        return vonk_decode_fail(d, node, false, "%s must be %s%s%.80s", key, wanted,
                                node->kind == VONK_YAML_SCALAR ? ", not " : "",
                                node->kind == VONK_YAML_SCALAR ? node->text : "");
    return VONK_OK;
}

/* A DNS label: a-z, 0-9 and '-', not at the ends. */
static bool is_label(const char *text)
{
    size_t n = strlen(text);
    if (!n || text[0] == '-' || text[n - 1] == '-')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static vonk_status check_name(const vonk_decoder *d, const vonk_yaml_node *root,
                              const vonk_job *job)
{
    const vonk_yaml_node *name = vonk_yaml_find(vonk_yaml_find(root, "metadata"), "name");
    if (strlen(job->name) > VONK_JOB_MAX_NAME)
        return vonk_decode_fail(d, name, false,
                                "metadata.name must be at most %d characters, so that pod names "
                                "fit in a 63-character label",
                                VONK_JOB_MAX_NAME);
    if (!is_label(job->name))
        return vonk_decode_fail(d, name, false,
                                "metadata.name must be lower-case letters, digits and '-', "
                                "not at the ends: '%.80s'",
                                job->name);
    return VONK_OK;
}

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* The rules that concern several fields. */
static vonk_status check_spec(const vonk_decoder *d, const vonk_yaml_node *root,
                              const vonk_job *job)
{
    const vonk_yaml_node *spec = vonk_yaml_find(root, "spec");
    if (job->has_sql == job->has_program)
        return vonk_decode_fail(d, spec, true, "spec: set exactly one of sql and program");
    if (job->has_sql && !job->sql.query == !job->sql.from)
        return vonk_decode_fail(d, vonk_yaml_find(spec, "sql"), true,
                                "spec.sql: set exactly one of query and from");
    if (job->has_program && job->program.sha256 && !is_sha256(job->program.sha256))
        return vonk_decode_fail(d, vonk_yaml_find(vonk_yaml_find(spec, "program"), "sha256"), false,
                                "spec.program.sha256 must be 64 hexadecimal digits in lower case");
    if (job->has_streaming && !*job->streaming.checkpoint)
        return vonk_decode_fail(d, vonk_yaml_find(spec, "streaming"), true,
                                "spec.streaming: a streaming job needs a checkpoint");
    if (job->executors.min > job->executors.max)
        return vonk_decode_fail(d, vonk_yaml_find(spec, "executors"), true,
                                "spec.executors: min (%lld) must be at most max (%lld)",
                                (long long)job->executors.min, (long long)job->executors.max);
    return VONK_OK;
}

vonk_status vonk_job_parse(vonk_slice text, const char *file_name, vonk_arena *arena, vonk_job *ret,
                           vonk_error *err)
{
    vonk_yaml_node *root;
    vonk_decoder d = {file_name, arena, err};
    vonk_job job = defaults;
    if (text.length > VONK_JOB_MAX_BYTES)
        return vonk_fail(err, VONK_INVALID, "%s: a manifest has at most %d bytes, not %zu",
                         file_name, VONK_JOB_MAX_BYTES, text.length);
    VONK_TRY(vonk_yaml_parse(text, file_name, arena, &root, err));
    if (root->kind == VONK_YAML_MAP) { /* before fields of something else are called unknown */
        VONK_TRY(check_constant(&d, root, "apiVersion", VONK_JOB_API_VERSION));
        VONK_TRY(check_constant(&d, root, "kind", VONK_JOB_KIND));
    }
    VONK_TRY(vonk_decode_object(&d, root, "", job_rules, &job));
    VONK_TRY(check_name(&d, root, &job));
    VONK_TRY(check_spec(&d, root, &job));
    *ret = job;
    return VONK_OK;
}
