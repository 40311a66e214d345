/*
 * fail_in_turn.c - every allocation of a set of small statements fails, one after the other: each
 * time there must be the right answer or an error that says something, and the session must go on.
 * Run with sanitizers, it also shows what is leaked or used on such a way out.
 *
 * Growing buffers try again with less, so the next allocation fails, too, in a mode of its own, and
 * all that follow in another. Statements that hold rows are tried again with all of these spilled,
 * and with several threads; with threads the n-th allocation is not always the same one, but what
 * must hold is. A plain main(): Criterion allocates too.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "expr/eval.h"
#include "messages.h"
#include "session/session.h"

/* ---- statements ---- */

static const char *const setup[] = {
    "CREATE TEMPORARY VIEW t AS SELECT id, id %% 7 AS k, 'n ' || id %% 11 AS s FROM range(500)",
    "INSERT OVERWRITE DIRECTORY '%1$s/p' USING parquet SELECT * FROM t",
    "INSERT OVERWRITE DIRECTORY '%1$s/c' USING csv SELECT * FROM t",
    "INSERT OVERWRITE DIRECTORY '%1$s/j' USING json SELECT * FROM t",
    "CREATE TEMPORARY VIEW p USING parquet OPTIONS (path '%1$s/p')",
    "CREATE TEMPORARY VIEW c (id BIGINT, k BIGINT, s STRING) USING csv OPTIONS (path '%1$s/c')",
    "CREATE TEMPORARY VIEW j (id BIGINT, k BIGINT, s STRING) USING json OPTIONS (path '%1$s/j')",
    "CREATE TABLE u (id BIGINT, k BIGINT, s STRING) USING json LOCATION '%1$s/j'",
};

static const char *const statements[] = {
    "SELECT 1 + 1",
    "SELECT * FROM p",
    "SELECT id, s FROM p WHERE k = 3 AND s > 'n 2'",
    "SELECT id, s FROM parquet.`%1$s/pages.parquet` WHERE id > 690 AND part > -180", /* an index */
    "SELECT * FROM c WHERE id > 400",
    "SELECT * FROM j WHERE s LIKE '%%9'",
    "SELECT upper(s), length(trim(s)), CAST(id AS STRING) FROM p WHERE id < 50",
    "SELECT format_string('%%5d %%-8s %%09.2f', k, s, id / 3), format_number(id, 2) FROM p WHERE "
    "id < 9",
    "SELECT md5(s), hex(s), initcap(s), translate(s, 'n', 'm'), replace(s, ' ', '__') FROM p",
    "SELECT url_encode(s), mask(s), reverse(s), lpad(s, 9, '-'), levenshtein(s, 'n 7') FROM p",
    "SELECT to_char(k, '999'), date_format(DATE'2024-01-01' + CAST(k AS INT), 'yyyy MMM'), "
    "conv(id, 10, 36), "
    "concat_ws(',', s, k), base64(s), unbase64(s), unhex(hex(s)), quote(s) FROM p WHERE id < 9",
    "SELECT regexp_replace(s, '[0-9]', '#'), substring_index(s, ' ', -1), split_part(s, ' ', 2), s "
    "LIKE '%%_1', "
    "parse_url('http://a.b/?q=' || k, 'QUERY', 'q'), s ILIKE 'N 1%%', CAST(id / 7 AS DECIMAL(9, "
    "3)) FROM p",
    "SELECT k, listagg(s, ','), percentile(id, 0.5), max_by(s, id), stddev(id), mode(s) FROM p "
    "GROUP BY k",
    "SELECT s, count(*), sum(k), min(s), count(DISTINCT k) FROM p GROUP BY s HAVING count(*) > 3",
    "SELECT a.id, b.s FROM p a JOIN c b ON a.id = b.id WHERE a.k < 5",
    "SELECT count(*) FROM p a FULL JOIN (SELECT * FROM j WHERE id > 250) b ON a.id = b.id",
    "SELECT id FROM p WHERE id NOT IN (SELECT id FROM c WHERE k = 1)",
    "SELECT * FROM p ORDER BY s DESC, id LIMIT 20",
    "SELECT s, id FROM p ORDER BY s, id",
    "SELECT id, sum(id) OVER (PARTITION BY k ORDER BY id ROWS 2 PRECEDING) FROM p",
    "SELECT k, s, count(*) FROM p GROUP BY CUBE(k, s)",
    "WITH x AS (SELECT k, max(id) m FROM p GROUP BY k) SELECT * FROM x UNION ALL SELECT * FROM x",
    "SELECT id FROM p UNION SELECT k FROM c EXCEPT SELECT id FROM j WHERE id > 9",
    "SELECT DISTINCT s FROM p WHERE s RLIKE '[1-3]$'",
    "INSERT OVERWRITE DIRECTORY '%1$s/out' USING parquet SELECT k, s, id FROM p",
    "INSERT OVERWRITE DIRECTORY '%1$s/out' USING csv SELECT * FROM p WHERE id < 9",
    "EXPLAIN EXTENDED SELECT k, count(*) FROM p GROUP BY k",
    "CREATE OR REPLACE TEMPORARY VIEW again AS SELECT k + 1 AS k FROM p",
    "DESCRIBE p",
    "ANALYZE TABLE u COMPUTE STATISTICS FOR ALL COLUMNS",
    "DESCRIBE EXTENDED u",
    "DESCRIBE EXTENDED u k",
    "SELECT k, approx_count_distinct(id, 0.2) FROM p GROUP BY k",
    "SELECT CAST(s AS INT) FROM p", /* these are errors */
    "SELECT nothing FROM p",
    "SELECT * FROM (SELECT 1",
    "SELECT 1 / (id - 5) FROM p",
};

/* Those of `statements` that hold rows or exchange them. */
static const char *const holding[] = {
    "SELECT s, count(*), sum(k), min(s), count(DISTINCT k) FROM p GROUP BY s HAVING count(*) > 3",
    "SELECT a.id, b.s FROM p a JOIN c b ON a.id = b.id WHERE a.k < 5",
    "SELECT count(*) FROM p a FULL JOIN (SELECT * FROM j WHERE id > 250) b ON a.id = b.id",
    "SELECT s, id FROM p ORDER BY s, id",
    "SELECT id, sum(id) OVER (PARTITION BY k ORDER BY id ROWS 2 PRECEDING) FROM p",
    "SELECT k FROM p UNION SELECT k FROM c",
    "SELECT k, approx_count_distinct(id, 0.2) FROM p GROUP BY k",
};

/* ---- modes ---- */

typedef struct mode {
    const char *name;
    uint32_t n_threads;
    const char *spill; /* VONK_DEBUG_SPILL */
    long step;         /* 1: each allocation fails */
    long in_row;       /* and how many behind it */
    const char *const *statements;
    size_t n;
} mode;

static const mode modes[] = {
    {"one thread", 1, "", 1, 1, statements, VONK_LENGTH(statements)},
    {"spilled", 1, "1", 1, 1, holding, VONK_LENGTH(holding)},
    {"three threads", 3, "", 7, 1, holding, VONK_LENGTH(holding)},
    {"three threads, spilled", 3, "1", 101, 1, holding, VONK_LENGTH(holding)},
    {"the next one too", 1, "", 1, 2, statements, VONK_LENGTH(statements)}, /* a second try */
    {"and all that follow", 1, "", 3, LONG_MAX, statements, VONK_LENGTH(statements)},
};

/* ---- answers ---- */

typedef struct answer {
    uint64_t n_rows, sum; /* of the rows' hashes: in any order */
} answer;

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
    return hash;
}

static vonk_status add_rows(void *context, const vonk_batch *batch, vonk_error *err)
{
    answer *a = context;
    (void)err;
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        uint64_t hash = UINT64_C(14695981039346656037);
        for (uint32_t c = 0; c < batch->n_columns; c++) {
            vonk_value value = vonk_column_value(&batch->columns[c], row);
            hash = mix(hash, &value.is_null, 1);
            if (!value.is_null && batch->columns[c].type.id == VONK_STRING)
                hash = mix(hash, value.string.data, value.string.length);
            else if (!value.is_null && batch->columns[c].type.id == VONK_INT64)
                hash = mix(hash, &value.i64, sizeof(value.i64));
        }
        a->sum += hash;
    }
    a->n_rows += batch->n_rows;
    return VONK_OK;
}

typedef struct outcome {
    answer answer;
    vonk_status status;
    vonk_error err;
} outcome;

static outcome run(vonk_session *session, const char *format, const char *dir)
{
    outcome o = {.status = VONK_OK};
    char sql[1000];
    vonk_sink sink = {.context = &o.answer, .rows = add_rows};
    (void)snprintf(sql, sizeof(sql), format, dir);
    o.status = vonk_session_run(session, vonk_slice_of(sql), &sink, NULL, &o.err);
    return o;
}

/* Neither the answer that is due nor an error with a message. */
static bool is_bad(const outcome *due, const outcome *got)
{
    if (got->status == VONK_OK)
        return due->status != VONK_OK || due->answer.n_rows != got->answer.n_rows ||
               due->answer.sum != got->answer.sum;
    return !got->err.message[0];
}

/* Lets the first, second, third ... allocation of a statement fail. Returns how often it was wrong.
 */
static int try_each(vonk_session *session, const mode *m, const char *format, const char *dir,
                    long *n_tried)
{
    int n_bad = 0;
    outcome due = run(session, format, dir);
    for (long n = 0;; n += m->step) {
        fail_allocations(n, m->in_row);
        outcome got = run(session, format, dir);
        if (!allocation_has_failed())
            break;
        ++*n_tried;
        if (is_bad(&due, &got)) {
            n_bad++;
            (void)fprintf(stderr, "%s\n  %s, allocation %ld: %s '%s', %llu rows\n", format, m->name,
                          n, vonk_status_name(got.status), got.err.message,
                          (unsigned long long)got.answer.n_rows);
        }
    }
    return n_bad;
}

static vonk_status open_session(const mode *m, vonk_session **ret, vonk_error *err)
{
    vonk_cluster *cluster = NULL;
    vonk_conf *conf = NULL;
    vonk_local_settings settings = {.n_threads = m->n_threads};
    VONK_TRY(vonk_local_cluster_new(&settings, &cluster, err));
    vonk_status status = vonk_conf_new(&conf, err);
    if (status != VONK_OK) {
        cluster->ops->close(cluster);
        return status;
    }
    return vonk_session_new(cluster, conf, ret, err);
}

static long try_opening(const mode *m)
{
    for (long n = 0;; n++) {
        vonk_session *session = NULL;
        vonk_error err = {0};
        fail_allocations(n, m->in_row);
        vonk_status status = open_session(m, &session, &err);
        bool reached = allocation_has_failed();
        if (status == VONK_OK)
            vonk_session_free(session);
        if (!reached)
            return n;
    }
}

/* A new folder for temporary files; false: there is none. */
static bool make_folder(char *path, size_t size)
{
    const char *temporary = getenv("TMPDIR");
    int n = snprintf(path, size, "%s/vonk-alloc-XXXXXX", temporary ? temporary : "/tmp");
    return n > 0 && (size_t)n < size && mkdtemp(path);
}

/* DIR/pages.parquet: a file with a page index, which Vonk does not write. */
static bool link_pages(const char *dir)
{
    const char *here = __FILE__, *end = strstr(here, "tests/alloc/");
    char from[512], to[512];
    (void)snprintf(from, sizeof(from), "%.*stests/golden/parquet/pages_arrow.parquet",
                   (int)(end - here), here);
    (void)snprintf(to, sizeof(to), "%s/pages.parquet", dir);
    return symlink(from, to) == 0;
}

/* Tries the statements of a mode; `only` < 0: all of them. Returns how often it was wrong, or -1.
 */
static int try_mode(const mode *m, long only, const char *dir, long *n_tried)
{
    vonk_session *session = NULL;
    vonk_error err = {0};
    int n_bad = 0;
    if (setenv("VONK_DEBUG_SPILL", m->spill, 1) != 0)
        return -1;
    *n_tried += try_opening(m);
    if (open_session(m, &session, &err) != VONK_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    for (size_t i = 0; i < VONK_LENGTH(setup); i++) {
        outcome o = run(session, setup[i], dir);
        if (o.status != VONK_OK) {
            (void)fprintf(stderr, "%s: %s\n", setup[i], o.err.message);
            vonk_session_free(session);
            return -1;
        }
    }
    for (size_t i = 0; i < m->n; i++) {
        long before = *n_tried;
        if (only >= 0 && only != (long)i)
            continue;
        n_bad += try_each(session, m, m->statements[i], dir, n_tried);
        printf("%6ld allocations, %s: %s\n", *n_tried - before, m->name, m->statements[i]);
        (void)fflush(stdout);
    }
    vonk_session_free(session);
    return n_bad;
}

/* [MODE [STATEMENT]]: numbers, to look at one alone. */
int main(int argc, char **argv)
{
    char dir[256], command[sizeof(dir) + 16];
    long n_tried = 0, only_mode = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
    long only = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    int n_bad = only_mode < 0 ? try_messages(&n_tried) : 0;
    if (!make_folder(dir, sizeof(dir)) || !link_pages(dir))
        return 1;
    for (size_t i = 0; i < VONK_LENGTH(modes); i++) {
        int bad =
            only_mode < 0 || only_mode == (long)i ? try_mode(&modes[i], only, dir, &n_tried) : 0;
        n_bad += bad < 0 ? 1 : bad;
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    bool left_behind = system(command) != 0; /* NOLINT(cert-env33-c) */
    printf("%ld allocations failed, %d wrong\n", n_tried, n_bad);
    return n_bad || left_behind ? 1 : 0;
}
