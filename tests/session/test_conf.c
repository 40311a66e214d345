/* test_conf.c - settings: defaults, checks, units. */
#include <criterion/criterion.h>

#include "session/conf.h"

Test(conf, knows_defaults_and_takes_any_key)
{
    vonk_conf *conf = NULL;
    cr_assert_eq(vonk_conf_new(&conf, NULL), VONK_OK);
    cr_assert(vonk_conf_bool(conf, "spark.sql.ansi.enabled"));
    cr_assert_eq(vonk_conf_int(conf, "spark.task.maxFailures"), 4);
    cr_assert_eq(vonk_conf_bytes(conf, "spark.sql.autoBroadcastJoinThreshold"), 10 << 20);
    cr_assert_null(vonk_conf_get(conf, "my.key"));
    cr_assert_eq(vonk_conf_set(conf, "my.key", "1", NULL), VONK_OK);
    cr_assert_eq(vonk_conf_set(conf, "my.key", "2", NULL), VONK_OK);
    cr_assert_str_eq(vonk_conf_get(conf, "my.key"), "2");
    vonk_conf_reset(conf, "my.key");
    cr_assert_null(vonk_conf_get(conf, "my.key"));
    vonk_conf_free(conf);
}

Test(conf, refuses_values_of_the_wrong_kind)
{
    static const struct {
        const char *key, *value;
    } wrong[] = {
        {"spark.sql.ansi.enabled", "maybe"},
        {"spark.sql.shuffle.partitions", "0"},
        {"spark.sql.shuffle.partitions", "many"},
        {"spark.sql.autoBroadcastJoinThreshold", "10 potatoes"},
        {"spark.executor.memory", ""},
        {"spark.sql.planChangeLog.level", "loud"},
    };
    vonk_conf *conf = NULL;
    cr_assert_eq(vonk_conf_new(&conf, NULL), VONK_OK);
    for (size_t i = 0; i < VONK_LENGTH(wrong); i++) {
        vonk_error err;
        cr_assert_eq(vonk_conf_set(conf, wrong[i].key, wrong[i].value, &err), VONK_USER, "%s=%s",
                     wrong[i].key, wrong[i].value);
        cr_assert_str_eq(err.condition, "INVALID_CONF_VALUE.TYPE_MISMATCH");
    }
    vonk_conf_free(conf);
}

Test(conf, lists_what_was_set_in_order)
{
    vonk_arena arena = {0};
    vonk_conf *conf = NULL;
    vonk_conf_item *items = NULL;
    uint32_t n = 0;
    cr_assert_eq(vonk_conf_new(&conf, NULL), VONK_OK);
    cr_assert_eq(vonk_conf_set(conf, "b", "1", NULL), VONK_OK);
    cr_assert_eq(vonk_conf_set(conf, "a", "2", NULL), VONK_OK);
    cr_assert_eq(vonk_conf_list(conf, &arena, &items, &n, NULL), VONK_OK);
    cr_assert_eq(n, 2);
    cr_assert_str_eq(items[0].key, "a");
    cr_assert_str_eq(items[1].value, "1");
    vonk_conf_free(conf);
    vonk_arena_free(&arena);
}

Test(conf, reads_sizes_as_spark_writes_them)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } sizes[] = {{"512", 512}, {"10MB", 10 << 20}, {"1g", 1 << 30},  {"2Gi", 2LL << 30},
                 {"-1", -1},   {"3 kb", 3 << 10},  {"1t", 1LL << 40}};
    int64_t bytes = 0;
    for (size_t i = 0; i < VONK_LENGTH(sizes); i++) {
        cr_assert(vonk_parse_bytes(sizes[i].text, &bytes), "%s", sizes[i].text);
        cr_assert_eq(bytes, sizes[i].bytes, "%s", sizes[i].text);
    }
    cr_assert_not(vonk_parse_bytes("ten", &bytes));
    cr_assert_not(vonk_parse_bytes("99999999999999999t", &bytes), "overflow");
}

Test(conf, reads_times_as_spark_writes_them)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {{"10s", 10000}, {"500ms", 500}, {"2min", 120000}, {"7", 7000}, {"1h", 3600000}};
    int64_t ms = 0;
    for (size_t i = 0; i < VONK_LENGTH(times); i++) {
        cr_assert(vonk_parse_millis(times[i].text, &ms), "%s", times[i].text);
        cr_assert_eq(ms, times[i].ms, "%s", times[i].text);
    }
    cr_assert_not(vonk_parse_millis("soon", &ms));
    cr_assert_not(vonk_parse_millis("-1s", &ms));
}

Test(conf, hides_secrets_as_spark_does)
{
    vonk_error why;
    vonk_conf *c = NULL;
    cr_assert_eq(vonk_conf_new(&c, &why), VONK_OK);
    static const char *const secret[] = {"spark.hadoop.fs.s3a.secret.key", "my.PassWord",
                                         "spark.hadoop.fs.s3a.access.key", "fs.s3a.session.token"};
    for (size_t i = 0; i < VONK_LENGTH(secret); i++)
        cr_assert_str_eq(vonk_conf_redact(c, secret[i], "x"), VONK_REDACTED, "%s", secret[i]);
    cr_assert_str_eq(vonk_conf_redact(c, "spark.a", "x"), "x");
    cr_assert_str_eq(vonk_conf_redact(c, "spark.a", "http://h/?token=1"), VONK_REDACTED);
    cr_assert_null(vonk_conf_redact(c, "spark.a.secret", NULL));
    cr_assert_eq(vonk_conf_set(c, "spark.redaction.regex", "^spark[.]a$", &why), VONK_OK);
    cr_assert_str_eq(vonk_conf_redact(c, "spark.a", "x"), VONK_REDACTED);
    cr_assert_str_eq(vonk_conf_redact(c, "my.password", "x"), "x");
    static const char *const bad[] = {
        "(", "0++++++++++++++++++++++++++++++++++++++++", /* 2^40 nodes to a naive compiler */
        "((((a{1,250}){1,250}){1,250}){1,250}){1,250}"};
    for (size_t i = 0; i < VONK_LENGTH(bad); i++)
        cr_assert_eq(vonk_conf_set(c, "spark.redaction.regex", bad[i], &why), VONK_USER);
    cr_assert_str_eq(vonk_conf_get(c, "spark.redaction.regex"), "^spark[.]a$");
    /* one that cannot be answered in time hides */
    cr_assert_eq(vonk_conf_set(c, "spark.redaction.regex", "^(a|aa)+$", &why), VONK_OK);
    cr_assert_str_eq(vonk_conf_redact(c, "x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"),
                     VONK_REDACTED);
    vonk_conf_free(c);
}
