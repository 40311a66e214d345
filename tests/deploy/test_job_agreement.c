/*
 * test_job_agreement.c - the parser of manifests takes what the API server takes: tests/deploy/jobs
 * is given to both (test_server.py is the other half).
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/manifest.h"

#define MOST_BYTES (64 << 10)

typedef struct manifest {
    char text[MOST_BYTES];
    size_t n;
    char wanted[300]; /* "# parser: PATTERN", or empty */
} manifest;

/* tests/deploy/jobs/NAME beside this source. */
static void job_path(char *ret, size_t size, const char *folder, const char *name)
{
    const char *end = strrchr(__FILE__, '/');
    int n = snprintf(ret, size, "%.*s/jobs/%s/%s", (int)(end - __FILE__), __FILE__, folder, name);
    cr_assert(n > 0 && (size_t)n < size);
}

static void read_manifest(const char *path, manifest *ret)
{
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    ret->n = fread(ret->text, 1, sizeof(ret->text) - 1, file);
    cr_assert_eq(fclose(file), 0);
    ret->text[ret->n] = '\0';
    ret->wanted[0] = '\0';
    (void)sscanf(ret->text, "# parser: %299[^\n]", ret->wanted);
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0, "%s", pattern);
    bool found = !regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return found;
}

/* Parses all of a folder; returns how many there were. */
static int parse_folder(const char *folder)
{
    char path[1000];
    int n = 0;
    manifest *file = malloc(sizeof(*file));
    cr_assert(file);
    job_path(path, sizeof(path), folder, "");
    DIR *dir = opendir(path);
    cr_assert(dir, "%s", path);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".yaml"))
            continue;
        n++;
        job_path(path, sizeof(path), folder, entry->d_name);
        read_manifest(path, file);
        vonk_arena arena = {0};
        vonk_error err = {0};
        vonk_job job;
        vonk_status status =
            vonk_job_parse((vonk_slice){file->text, file->n}, entry->d_name, &arena, &job, &err);
        if (*file->wanted) {
            cr_expect_eq(status, VONK_INVALID, "%s was taken", entry->d_name);
            cr_expect(matches(err.message, file->wanted), "%s: %s", entry->d_name, err.message);
        } else {
            cr_expect_eq(status, VONK_OK, "%s", err.message);
        }
        vonk_arena_free(&arena);
    }
    (void)closedir(dir);
    free(file);
    return n;
}

Test(job_agreement, the_parser_takes_the_good_ones)
{
    cr_expect_gt(parse_folder("good"), 10);
}

Test(job_agreement, the_parser_refuses_the_bad_ones_with_these_words)
{
    cr_expect_gt(parse_folder("bad"), 20);
}
