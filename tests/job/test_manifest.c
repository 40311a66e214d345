#include <criterion/criterion.h>
#include <string.h>

#include "job/manifest.h"
#include "job/quantity.h"

#define HEAD "apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\nmetadata: {name: j}\n"

static vonk_arena arena;
static vonk_error err;
static vonk_job job;

static void teardown(void)
{
    vonk_arena_free(&arena);
}

TestSuite(manifest, .fini = teardown);

static vonk_status parse(const char *text)
{
    return vonk_job_parse(vonk_slice_of(text), "job.yaml", &arena, &job, &err);
}

Test(manifest, reads_a_small_job_and_fills_in_the_defaults)
{
    cr_assert_eq(parse(HEAD "spec:\n  sql: {query: SELECT 1}\n"), VONK_OK, "%s", err.message);
    cr_expect_str_eq(job.name, "j");
    cr_expect(job.has_sql && !job.has_program && !job.has_streaming && !job.suspend);
    cr_expect_str_eq(job.sql.query, "SELECT 1");
    cr_expect_null(job.sql.from);
    cr_expect_null(job.image);
    cr_expect_eq(job.backoff_limit, 3);
    cr_expect_eq(job.retry.max_s, 300);
    cr_expect_eq(job.ttl_s, 86400);
    cr_expect_eq(job.driver.memory, INT64_C(1) << 30);
    cr_expect_eq(job.executors.min, 1);
    cr_expect_eq(job.executors.max, 4);
    cr_expect_eq(job.executors.cpu_millis, 1000);
    cr_expect_eq(job.executors.memory, INT64_C(2) << 30);
}

Test(manifest, reads_every_field)
{
    const char *text =
        "apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\n"
        "metadata:\n  name: all-of-it\n  namespace: shop\n  labels: {team: a, tier: 'b'}\n"
        "  annotations: {note: n}\n  uid: 1\n"
        "spec:\n"
        "  sql:\n"
        "    from: job.sql\n    output: out/\n"
        "    tables:\n"
        "      flights: {path: f.csv, format: csv, options: {header: 'true', sep: ';'}}\n"
        "      planes:\n        path: p.parquet\n"
        "  streaming: {checkpoint: c, trigger: AvailableNow, intervalSeconds: 5, "
        "upgrade: Stateless}\n"
        "  conf:\n    spark.sql.shuffle.partitions: '8'\n    a.b: c d\n"
        "  image: i:1\n  files: [a, 'b']\n  queue: q\n  priorityClassName: high\n"
        "  start: Gang\n  suspend: true\n  backoffLimit: 0\n"
        "  retryBackoff: {baseSeconds: 1, maxSeconds: 2, resetAfterSeconds: 3}\n"
        "  activeDeadlineSeconds: 9\n  pendingDeadlineSeconds: 8\n"
        "  ttlSecondsAfterFinished: 0\n  managedBy: m\n  serviceAccountName: s\n"
        "  driver: {cpu: 500m, memory: 512Mi, template: {spec: {x: [1, {y: z}]}}}\n"
        "  executors: {min: 0, max: 20, idleSeconds: 7, cpu: 4, memory: 8Gi, scratch: 1Ti, "
        "spot: true}\n"
        "status: {attempt: 1}\n";
    cr_assert_eq(parse(text), VONK_OK, "%s", err.message);
    cr_expect_str_eq(job.namespace_name, "shop");
    cr_expect(job.labels.n == 2 && !strcmp(job.labels.items[1].value, "b"));
    cr_expect_eq(job.annotations.n, 1);
    cr_expect_str_eq(job.sql.from, "job.sql");
    cr_expect_str_eq(job.sql.output, "out/");
    cr_assert_eq(job.sql.n_tables, 2);
    cr_expect_str_eq(job.sql.tables[0].name, "flights");
    cr_expect_str_eq(job.sql.tables[0].format, "csv");
    cr_assert_eq(job.sql.tables[0].options.n, 2);
    cr_expect_str_eq(job.sql.tables[0].options.items[0].key, "header");
    cr_expect_str_eq(job.sql.tables[0].options.items[1].value, ";");
    cr_expect_str_eq(job.sql.tables[1].path, "p.parquet");
    cr_expect_null(job.sql.tables[1].format);
    cr_expect(job.has_streaming && job.streaming.trigger == VONK_JOB_AVAILABLE_NOW);
    cr_expect_eq(job.streaming.interval_s, 5);
    cr_expect_eq(job.streaming.upgrade, VONK_JOB_STATELESS);
    cr_assert_eq(job.conf.n, 2);
    cr_expect_str_eq(job.conf.items[0].key, "spark.sql.shuffle.partitions");
    cr_expect_str_eq(job.conf.items[1].value, "c d");
    cr_expect(job.files.n == 2 && !strcmp(job.files.items[1], "b"));
    cr_expect_eq(job.start, VONK_JOB_GANG);
    cr_expect(job.suspend);
    cr_expect_eq(job.retry.base_s + job.retry.max_s + job.retry.reset_after_s, 6);
    cr_expect_eq(job.active_deadline_s, 9);
    cr_expect_eq(job.ttl_s, 0);
    cr_expect_eq(job.driver.cpu_millis, 500);
    cr_expect_eq(job.driver.memory, INT64_C(512) << 20);
    cr_expect(job.driver.has_template && !job.executors.has_template);
    cr_expect_eq(job.executors.cpu_millis, 4000);
    cr_expect_eq(job.executors.scratch, INT64_C(1) << 40);
    cr_expect(job.executors.spot && job.executors.min == 0 && job.executors.max == 20);
}

Test(manifest, reads_a_program)
{
    cr_assert_eq(parse(HEAD "spec:\n  program:\n    library: /x.so\n    args: [a, '1']\n"
                            "    sha256: "
                            "0123456789abcdef0123456789abcdef"
                            "0123456789abcdef0123456789abcdef"
                            "\n"),
                 VONK_OK, "%s", err.message);
    cr_expect(job.has_program && !job.has_sql);
    cr_expect_str_eq(job.program.entry, "job_main");
    cr_expect_eq(job.program.args.n, 2);
}

typedef struct wrong {
    const char *text, *message;
} wrong;

static const wrong fields[] = {
    {HEAD "spec:\n  sql:\n    quary: x\n",
     "job.yaml:6:5: unknown field spec.sql.quary; did you mean query?"},
    {HEAD "spec:\n  sqll: {query: x}\n",
     "job.yaml:5:3: unknown field spec.sqll; did you mean sql?"},
    {HEAD "spec:\n  zzzzzz: 1\n", "job.yaml:5:3: unknown field spec.zzzzzz"},
    {HEAD "spec: {sql: {query: x}}\nfoo: 1\n", "job.yaml:5:1: unknown field foo"},
    {HEAD "spec: {sql: {query: 1}}\n",
     "job.yaml:4:21: spec.sql.query must be a text, not a number: put it in quotes"},
    {HEAD "spec: {sql: {query: x}, conf: {a: 8}}\n",
     "job.yaml:4:35: spec.conf.a must be a text, not a number: put it in quotes"},
    {HEAD "spec: {sql: {query: x}, conf: {a: true}}\n",
     "job.yaml:4:35: spec.conf.a must be a text, not true or false: put it in quotes"},
    {HEAD "spec: {sql: {query: x}, conf: [a]}\n",
     "job.yaml:4:31: spec.conf must be a map of texts, not a list"},
    {HEAD "spec: {sql: [x]}\n", "job.yaml:4:13: spec.sql must be a map, not a list"},
    {HEAD "spec: {sql: {query: x}, suspend: 'true'}\n",
     "job.yaml:4:34: spec.suspend must be true or false, not text"},
    {HEAD "spec: {sql: {query: x}, backoffLimit: 1001}\n",
     "job.yaml:4:39: spec.backoffLimit must be 0 to 1000, not 1001"},
    {HEAD "spec: {sql: {query: x}, backoffLimit: 1.5}\n",
     "job.yaml:4:39: spec.backoffLimit must be a whole number, not a number"},
    {HEAD "spec: {sql: {query: x}, backoffLimit: 99999999999999999999}\n",
     "job.yaml:4:39: spec.backoffLimit must be 0 to 1000, not 99999999999999999999"},
    {HEAD "spec: {sql: {query: x}, activeDeadlineSeconds: 0}\n",
     "job.yaml:4:48: spec.activeDeadlineSeconds must be at least 1, not 0"},
    {HEAD "spec: {sql: {query: x}, start: Later}\n",
     "job.yaml:4:32: spec.start must be one of Immediate, Gang, not Later"},
    {HEAD "spec: {sql: {query: x, tables: {t: {format: csv}}}}\n",
     "job.yaml:4:33: spec.sql.tables.t.path is required"},
    {HEAD "spec: {sql: {query: x, tables: {t: {path: p, format: xml}}}}\n",
     "job.yaml:4:54: spec.sql.tables.t.format must be one of parquet, csv, json, text, orc, "
     "avro, not xml"},
    {HEAD "spec: {sql: {query: x}, executors: {memory: lots}}\n",
     "job.yaml:4:45: spec.executors.memory must be a quantity such as 512Mi or 2Gi, not "
     "'lots'"},
    {HEAD "spec: {sql: {query: x}, executors: {memory: 2}}\n",
     "job.yaml:4:45: spec.executors.memory must be a text such as 2Gi (numbers in quotes), "
     "not a number"},
    {HEAD "spec: {sql: {query: x}, driver: {cpu: 0.5}}\n",
     "job.yaml:4:39: spec.driver.cpu must be a whole number or a text such as '500m', not a "
     "number"},
};

static const wrong together[] = {
    {HEAD "spec: {}\n", "job.yaml:4:1: spec: set exactly one of sql and program"},
    {HEAD "spec: {sql: {query: x}, program: {library: y}}\n",
     "job.yaml:4:1: spec: set exactly one of sql and program"},
    {HEAD "spec: {sql: {}}\n", "job.yaml:4:8: spec.sql: set exactly one of query and from"},
    {HEAD "spec: {sql: {query: x, from: y}}\n",
     "job.yaml:4:8: spec.sql: set exactly one of query and from"},
    {HEAD "spec: {sql: {query: x}, executors: {min: 5}}\n",
     "job.yaml:4:25: spec.executors: min (5) must be at most max (4)"},
    {HEAD "spec: {sql: {query: x}, streaming: {checkpoint: ''}}\n",
     "job.yaml:4:25: spec.streaming: a streaming job needs a checkpoint"},
    {HEAD "spec: {program: {library: x, sha256: abc}}\n",
     "job.yaml:4:38: spec.program.sha256 must be 64 hexadecimal digits in lower case"},
};

static const wrong documents[] = {
    {HEAD, "job.yaml:1:1: spec is required"},
    {"apiVersion: v1\nkind: Pod\n", "job.yaml:1:13: apiVersion must be vonk.dev/v1alpha1, not v1"},
    {"apiVersion: vonk.dev/v1alpha1\nkind: Job\n", "job.yaml:2:7: kind must be VonkJob, not Job"},
    {"kind: VonkJob\n", "job.yaml:1:1: apiVersion is required: apiVersion: vonk.dev/v1alpha1"},
    {"apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\nmetadata: {}\nspec: {sql: {query: x}}\n",
     "job.yaml:3:1: metadata.name is required"},
    {"apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\nmetadata: {name: Big}\n"
     "spec: {sql: {query: x}}\n",
     "job.yaml:3:18: metadata.name must be lower-case letters, digits and '-', not at the "
     "ends: 'Big'"},
    {"apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\n"
     "metadata: {name: a2345678901234567890123456789012345678901234567x}\n"
     "spec: {sql: {query: x}}\n",
     "job.yaml:3:18: metadata.name must be at most 47 characters, so that pod names fit in a "
     "63-character label"},
    {HEAD "spec: {sql: {query: x}, image: a, image: b}\n", "job.yaml:4:35: duplicate key image"},
    {HEAD "spec: {sql: &a {query: x}}\n", "job.yaml:4:13: anchors and aliases are not allowed"},
    {HEAD "spec: *a\n", "job.yaml:4:7: anchors and aliases are not allowed"},
    {HEAD "spec: {sql: {query: !!str 1}}\n", "job.yaml:4:21: tags are not allowed"},
    {HEAD "spec: {sql: {query: x}}\n---\n" HEAD,
     "job.yaml:5:1: a second document: one file describes one VonkJob"},
    {HEAD "spec: {sql: {query: x}, files: [a, 1]}\n",
     "job.yaml:4:36: spec.files[1] must be a text, not a number: put it in quotes"},
    {HEAD "spec: {sql: {query: x}, driver: {template: 1}}\n",
     "job.yaml:4:44: spec.driver.template must be a map, not a number"},
    {"", "job.yaml:1:1: the file is empty"},
    {"- a\n", "job.yaml:1:1: a VonkJob must be a map, not a list"},
    {HEAD "spec: {sql: {query: \"a\\0b\"}}\n",
     "job.yaml:4:21: a text must not hold NUL characters"},
};

static void check_messages(const wrong *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cr_expect_eq(parse(cases[i].text), VONK_INVALID, "%s", cases[i].text);
        cr_expect_str_eq(err.message, cases[i].message, "got    %s\nwanted %s", err.message,
                         cases[i].message);
    }
}

Test(manifest, says_what_is_wrong_and_where)
{
    check_messages(fields, VONK_LENGTH(fields));
    check_messages(together, VONK_LENGTH(together));
    check_messages(documents, VONK_LENGTH(documents));
}

Test(manifest, reports_yaml_that_does_not_parse_with_its_line)
{
    static const char *const cases[] = {"a: [1\n", "a: b: c\n",    "\t- x\n",     "a: 'x\n",
                                        "{{{{\n",  "a: \"\\q\"\n", "\xff\xfe\xff"};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        cr_expect_eq(parse(cases[i]), VONK_INVALID, "%s", cases[i]);
        cr_expect(!strncmp(err.message, "job.yaml:", 9), "%s", err.message);
    }
}

Test(manifest, treats_null_as_not_given)
{
    cr_assert_eq(parse(HEAD "spec:\n  sql: {query: x}\n  program:\n  image: ~\n  conf: null\n"),
                 VONK_OK, "%s", err.message);
    cr_expect(!job.has_program && !job.image && !job.conf.n);
    cr_expect_eq(parse(HEAD "spec:\n"), VONK_INVALID);
}

Test(manifest, bounds_depth_size_and_counts)
{
    vonk_buffer text = {0};
    vonk_buffer_text(&text, HEAD "spec: {sql: {query: x}, driver: {template: {a: ");
    for (int i = 0; i < 100; i++)
        vonk_buffer_char(&text, '[');
    cr_expect_eq(parse(vonk_buffer_str(&text)), VONK_INVALID);
    cr_expect(strstr(err.message, "nested too deeply"), "%s", err.message);
    text.length = 0;
    for (int i = 0; i < VONK_JOB_MAX_BYTES / 16 + 1; i++)
        vonk_buffer_text(&text, "# 4567890123456\n");
    cr_expect_eq(parse(vonk_buffer_str(&text)), VONK_INVALID);
    text.length = 0;
    vonk_buffer_text(&text, HEAD "spec:\n  sql: {query: x}\n  conf:\n");
    for (int i = 0; i < 513; i++)
        vonk_buffer_printf(&text, "    k%d: v\n", i);
    cr_expect_eq(parse(vonk_buffer_str(&text)), VONK_INVALID);
    cr_expect_str_eq(err.message, "job.yaml:7:5: spec.conf has more than 512 entries");
    vonk_buffer_free(&text);
}

Test(manifest, leaves_the_job_untouched_on_failure)
{
    job.name = "before";
    cr_assert_eq(parse(HEAD "spec: {}\n"), VONK_INVALID);
    cr_expect_str_eq(job.name, "before");
    cr_expect(err.position > 0);
}

Test(quantity, reads_what_kubernetes_writes)
{
    static const struct {
        const char *text;
        int64_t per_unit, value; /* -1: not a quantity */
    } cases[] = {
        {"2Gi", 1, INT64_C(2) << 30},
        {"512Mi", 1, 512 << 20},
        {"1500", 1, 1500},
        {"1.5Gi", 1, 3 << 29},
        {"1k", 1, 1000},
        {"1e3", 1, 1000},
        {"1E3", 1, 1000},
        {"12e-1", 1, 2},
        {"100m", 1, 1},
        {"500m", 1000, 500},
        {"2", 1000, 2000},
        {"0.1", 1000, 100},
        {"1u", 1000, 1},
        {"+3", 1, 3},
        {"0", 1, 0},
        {"1E", 1, INT64_C(1000000000000000000)},
        {"7Ei", 1, INT64_C(7) << 60},
        {"8Ei", 1, -1},
        {"-1", 1, -1},
        {"", 1, -1},
        {"Gi", 1, -1},
        {"1 Gi", 1, -1},
        {"1gi", 1, -1},
        {"1e", 1, -1},
        {"1e99", 1, -1},
        {".", 1, -1},
        {"1.2.3", 1, -1},
        {"9999999999999999999", 1, -1},
        {".5Ki", 1, 512},
        {"1e+2", 1, 100},
        {"1e 2", 1, -1},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        int64_t value = -1;
        bool ok = vonk_quantity_parse(cases[i].text, cases[i].per_unit, &value);
        cr_expect_eq(ok, cases[i].value >= 0, "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s: %lld", cases[i].text, (long long)value);
    }
}
