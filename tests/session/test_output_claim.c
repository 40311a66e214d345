/* An output that must not exist, and a job that is tried again after it had begun to commit. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/session.h"

typedef struct fixture {
    vonk_session *session;
    vonk_error err;
    char dir[64], out[96];
} fixture;

static void start(fixture *f)
{
    vonk_cluster *cluster = NULL;
    vonk_conf *conf = NULL;
    *f = (fixture){.dir = "/tmp/vonk-claim-XXXXXX"};
    cr_assert_not_null(mkdtemp(f->dir));
    (void)snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
    cr_assert_eq(vonk_local_cluster_new(&(vonk_local_settings){.n_threads = 1}, &cluster, &f->err),
                 VONK_OK);
    cr_assert_eq(vonk_conf_new(&conf, &f->err), VONK_OK);
    cr_assert_eq(vonk_session_new(cluster, conf, &f->session, &f->err), VONK_OK);
}

static void stop(fixture *f)
{
    char command[128];
    vonk_session_free(f->session);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->dir);
    cr_assert_eq(system(command), 0);
}

static vonk_status save(fixture *f, const char *owner, uint32_t attempt)
{
    vonk_sink sink = {0};
    vonk_statement_stats stats = {0};
    cr_assert_eq(vonk_session_set_owner(f->session, owner, attempt, &f->err), VONK_OK);
    f->err = (vonk_error){0};
    return vonk_session_save(f->session, vonk_slice_of("select 1 as a"), "csv", f->out, &sink,
                             &stats, &f->err);
}

static void put(fixture *f, const char *name, const char *text)
{
    char path[128];
    (void)mkdir(f->out, 0700);
    (void)snprintf(path, sizeof(path), "%s/%s", f->out, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static bool is_there(const fixture *f, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", f->out, name);
    return access(path, F_OK) == 0;
}

static void expect_refused(fixture *f, const char *owner)
{
    cr_expect_eq(save(f, owner, 2), VONK_USER);
    cr_expect_str_eq(f->err.condition, "PATH_ALREADY_EXISTS");
}

Test(output_claim, a_whole_output_of_the_same_owner_is_made_anew)
{
    fixture f;
    start(&f);
    cr_assert_eq(save(&f, "uid-1", 1), VONK_OK, "%s", f.err.message);
    cr_expect(is_there(&f, "_SUCCESS"));
    cr_expect_not(is_there(&f, "_vonk_owner"));
    put(&f, "stray.csv", "7\n");
    cr_expect_eq(save(&f, "uid-1", 2), VONK_OK, "%s", f.err.message);
    cr_expect_not(is_there(&f, "stray.csv"));
    expect_refused(&f, "uid-12");
    expect_refused(&f, NULL);
    stop(&f);
}

Test(output_claim, so_is_one_that_was_cut_in_the_middle)
{
    fixture f;
    start(&f);
    put(&f, "_vonk_owner", "uid-1 1");
    put(&f, "part-00000.csv", "half\n");
    expect_refused(&f, "uid-2");
    cr_expect(is_there(&f, "part-00000.csv"));
    cr_expect_eq(save(&f, "uid-1", 2), VONK_OK, "%s", f.err.message);
    cr_expect_not(is_there(&f, "part-00000.csv"));
    cr_expect_not(is_there(&f, "_vonk_owner"));
    stop(&f);
}

Test(output_claim, an_old_claim_alone_keeps_nobody_out)
{
    fixture f;
    start(&f);
    put(&f, "_vonk_owner", "uid-1 1");
    cr_expect_eq(save(&f, "uid-2", 1), VONK_OK, "%s", f.err.message);
    stop(&f);
}

Test(output_claim, what_others_left_stays)
{
    fixture f;
    start(&f);
    put(&f, "data.csv", "1\n");
    expect_refused(&f, "uid-1");
    put(&f, "_SUCCESS", "");
    expect_refused(&f, "uid-1");
    cr_expect(is_there(&f, "data.csv"));
    cr_expect_not(is_there(&f, "_vonk_owner"));
    stop(&f);
}

static vonk_status no(void *context, vonk_error *err)
{
    (void)context;
    return vonk_fail(err, VONK_DENIED, "another driver has taken over");
}

Test(output_claim, a_driver_that_was_replaced_commits_and_removes_nothing)
{
    fixture f;
    start(&f);
    vonk_session_set_fence(f.session, NULL, no);
    put(&f, "_vonk_owner", "uid-1 2"); /* of the next attempt, at work already */
    put(&f, "part-00000.csv", "its\n");
    cr_expect_eq(save(&f, "uid-1", 1), VONK_DENIED);
    cr_expect(is_there(&f, "part-00000.csv"));
    stop(&f);
}
