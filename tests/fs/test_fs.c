#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fs/fs.h"

static char directory[64];
static vonk_arena arena;
static vonk_error err;

static void setup(void)
{
    (void)snprintf(directory, sizeof(directory), "/tmp/vonk-fs-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
    cr_expect_eq(vonk_fs_remove(directory, &err), VONK_OK, "%s", err.message);
    vonk_arena_free(&arena);
}

TestSuite(fs, .init = setup, .fini = teardown);

static const char *in_dir(const char *name)
{
    return vonk_arena_printf(&arena, NULL, "%s/%s", directory, name);
}

static void put(const char *path, const char *text)
{
    vonk_fs_sink *sink;
    cr_assert_eq(vonk_fs_create(path, &sink, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(vonk_fs_write(sink, text, strlen(text), &err), VONK_OK);
    cr_assert_eq(vonk_fs_finish(sink, &err), VONK_OK);
}

Test(fs, writes_a_file_and_reads_it_by_any_spelling_of_its_path)
{
    const char *path = in_dir("a/b/x.txt");
    put(path, "hello world");
    const char *spellings[] = {path, vonk_arena_printf(&arena, NULL, "file:%s", path),
                               vonk_arena_printf(&arena, NULL, "file://%s", path),
                               vonk_arena_printf(&arena, NULL, "FILE://localhost%s", path)};
    for (size_t i = 0; i < VONK_LENGTH(spellings); i++) {
        vonk_fs_file *file;
        char text[6] = "";
        cr_assert_eq(vonk_fs_open(spellings[i], &file, &err), VONK_OK, "%s", err.message);
        cr_assert_eq(vonk_fs_size(file), 11);
        cr_assert_eq(vonk_fs_read(file, 6, 5, text, &err), VONK_OK);
        cr_assert_str_eq(text, "world");
        cr_assert_eq(memcmp(vonk_fs_map(file), "hello", 5), 0);
        cr_assert_eq(vonk_fs_read(file, 7, 5, text, &err), VONK_CORRUPT, "one byte past the end");
        cr_assert_eq(vonk_fs_read(file, UINT64_MAX, 1, text, &err), VONK_INVALID);
        vonk_fs_close(file);
    }
}

/* Resident pages of this process that are files'. */
static long mapped_pages(void)
{
    long size = 0, resident = 0, shared = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_not_null(statm);
    cr_assert_eq(fscanf(statm, "%ld %ld %ld", &size, &resident, &shared), 3);
    (void)fclose(statm);
    return shared;
}

Test(fs, bytes_that_were_read_are_no_memory_of_the_process_and_stay_readable)
{
    enum { SIZE = 4 << 20 };
    char *text = vonk_arena_alloc(&arena, SIZE + 1, NULL);
    vonk_fs_file *file;
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    put(in_dir("large"), text);
    cr_assert_eq(vonk_fs_open(in_dir("large"), &file, &err), VONK_OK);
    const char *map = vonk_fs_map(file);
    cr_assert_eq(memcmp(map, text, SIZE), 0);
    long before = mapped_pages(), page = sysconf(_SC_PAGESIZE);
    vonk_fs_was_read(file, 1, SIZE - 1);
    cr_expect_leq(mapped_pages(), before - SIZE / page * 3 / 4);
    cr_expect_eq(memcmp(map, text, SIZE), 0);
    vonk_fs_was_read(file, SIZE - 1, (uint64_t)SIZE * 2); /* beyond its end: nothing */
    vonk_fs_close(file);
}

/* Pages of the map that are in the page cache. */
static long cached_pages(const char *map, size_t size)
{
    static unsigned char pages[4096];
    size_t n = size / (size_t)sysconf(_SC_PAGESIZE), found = 0;
    cr_assert_leq(n, sizeof(pages));
    cr_assert_eq(mincore((void *)(uintptr_t)map, size, pages), 0);
    for (size_t i = 0; i < n; i++)
        found += pages[i] & 1;
    return (long)found;
}

Test(fs, bytes_that_will_be_read_come_from_the_disk_meanwhile)
{
    enum { SIZE = 4 << 20, SECONDS = 60 };
    char *text = vonk_arena_alloc(&arena, SIZE + 1, NULL);
    vonk_fs_file *file;
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    put(in_dir("cold"), text);
    int fd = open(in_dir("cold"), O_RDONLY | O_CLOEXEC);
    cr_assert_eq(fsync(fd), 0);
    cr_assert_eq(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    close(fd);
    cr_assert_eq(vonk_fs_open(in_dir("cold"), &file, &err), VONK_OK);
    const char *map = vonk_fs_map(file);
    vonk_fs_range ranges[] = {{0, 0}, {1, SIZE / 2}, {SIZE / 2, SIZE / 2}, {SIZE * 2, SIZE}};
    vonk_fs_will_read(file, ranges, VONK_LENGTH(ranges)); /* the last is beyond its end: nothing */
    for (int i = 0; i < SECONDS * 100 && cached_pages(map, SIZE) < SIZE / sysconf(_SC_PAGESIZE);
         i++)
        (void)usleep(10000);
    cr_expect_eq(cached_pages(map, SIZE), SIZE / sysconf(_SC_PAGESIZE));
    cr_expect_eq(memcmp(map, text, SIZE), 0);
    vonk_fs_close(file);
}

Test(fs, maps_an_empty_file_as_no_bytes)
{
    vonk_fs_file *file;
    put(in_dir("empty"), "");
    cr_assert_eq(vonk_fs_open(in_dir("empty"), &file, &err), VONK_OK);
    cr_assert_eq(vonk_fs_size(file), 0);
    cr_assert_not_null(vonk_fs_map(file));
    vonk_fs_close(file);
}

Test(fs, names_the_path_and_the_reason_when_it_fails)
{
    vonk_fs_file *file;
    vonk_fs_sink *sink;
    vonk_fs_entry entry;
    put(in_dir("x"), "1");
    cr_assert_eq(vonk_fs_open(in_dir("none"), &file, &err), VONK_NOT_FOUND);
    cr_assert(strstr(err.message, "/none"), "%s", err.message);
    cr_assert_eq(vonk_fs_open(directory, &file, &err), VONK_IO, "a directory is not a file");
    cr_assert_eq(vonk_fs_create(in_dir("x"), &sink, &err), VONK_EXISTS);
    cr_assert_eq(vonk_fs_create(in_dir("x/y"), &sink, &err), VONK_EXISTS, "x is not a directory");
    cr_assert_eq(vonk_fs_stat(in_dir("none"), &entry, &arena, &err), VONK_NOT_FOUND);
    cr_assert_eq(vonk_fs_open("", &file, &err), VONK_INVALID);
}

Test(fs, refuses_schemes_that_no_store_has)
{
    static const char *const paths[] = {"gs://bucket/x", "hdfs://nn:8020/x", "wasb:/x"};
    vonk_fs_file *file;
    for (size_t i = 0; i < VONK_LENGTH(paths); i++) {
        cr_assert_eq(vonk_fs_open(paths[i], &file, &err), VONK_UNSUPPORTED, "%s", paths[i]);
        cr_assert(strstr(err.message, paths[i]), "%s", err.message);
    }
    cr_assert(strstr(err.message, "'wasb'"), "%s", err.message);
    cr_assert_eq(vonk_fs_open("file://other/x", &file, &err), VONK_UNSUPPORTED);
    cr_assert_eq(vonk_fs_open("12:30.csv", &file, &err), VONK_NOT_FOUND, "a name with a colon");
}

/* A limit on the size of files stands in for a full disk: both end in the same place. */
Test(fs, says_when_there_is_no_room_and_leaves_nothing)
{
    vonk_fs_sink *sink;
    vonk_fs_entry entry;
    static char big[1 << 20];
    struct rlimit old, small;
    cr_assert_eq(vonk_fs_create(in_dir("big"), &sink, &err), VONK_OK);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    vonk_status written = vonk_fs_write(sink, big, sizeof(big), &err);
    vonk_fs_abort(sink);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    cr_assert_eq(written, VONK_IO);
    cr_assert(strstr(err.message, "no room on disk"), "%s", err.message);
    cr_assert(strstr(err.message, "/big"), "%s", err.message);
    cr_assert_eq(vonk_fs_stat(in_dir("big"), &entry, &arena, &err), VONK_NOT_FOUND);
}

Test(fs, writes_big_and_small_pieces_in_order)
{
    vonk_fs_sink *sink;
    vonk_fs_file *file;
    enum { BIG = 300000, N = 5 };
    char *big = malloc(BIG), *all = malloc((size_t)N * (BIG + 3));
    cr_assert_eq(vonk_fs_create(in_dir("big"), &sink, &err), VONK_OK);
    for (int i = 0; i < N; i++) {
        memset(big, 'a' + i, BIG);
        cr_assert_eq(vonk_fs_write(sink, "123", 3, &err), VONK_OK);
        cr_assert_eq(vonk_fs_write(sink, big, BIG, &err), VONK_OK);
    }
    cr_assert_eq(vonk_fs_finish(sink, &err), VONK_OK);
    cr_assert_eq(vonk_fs_open(in_dir("big"), &file, &err), VONK_OK);
    cr_assert_eq(vonk_fs_size(file), N * (BIG + 3));
    cr_assert_eq(vonk_fs_read(file, 0, (size_t)N * (BIG + 3), all, &err), VONK_OK);
    for (int i = 0; i < N; i++) {
        const char *part = all + (size_t)i * (BIG + 3);
        cr_assert(!memcmp(part, "123", 3) && part[3] == 'a' + i && part[BIG + 2] == 'a' + i);
    }
    vonk_fs_close(file);
    free(big);
    free(all);
}

Test(fs, abort_leaves_nothing)
{
    vonk_fs_sink *sink;
    vonk_fs_entry entry;
    cr_assert_eq(vonk_fs_create(in_dir("x"), &sink, &err), VONK_OK);
    cr_assert_eq(vonk_fs_write(sink, "abc", 3, &err), VONK_OK);
    vonk_fs_abort(sink);
    cr_assert_eq(vonk_fs_stat(in_dir("x"), &entry, &arena, &err), VONK_NOT_FOUND);
}

Test(fs, lists_a_directory_sorted)
{
    vonk_fs_entry *entries;
    uint32_t n;
    put(in_dir("b"), "22");
    put(in_dir("a"), "1");
    put(in_dir("c/d"), "");
    cr_assert_eq(vonk_fs_list(directory, &arena, &entries, &n, &err), VONK_OK);
    cr_assert_eq(n, 3);
    cr_assert_str_eq(entries[0].path, in_dir("a"));
    cr_assert_eq(entries[1].size, 2);
    cr_assert(entries[2].is_directory && !entries[1].is_directory);
    cr_assert_eq(vonk_fs_list(in_dir("b"), &arena, &entries, &n, &err), VONK_OK);
    cr_assert_eq(n, 1, "a file lists itself");
}

Test(fs, rename_moves_and_replaces_nothing)
{
    vonk_fs_entry entry;
    put(in_dir("a"), "1");
    put(in_dir("b"), "22");
    cr_assert_eq(vonk_fs_rename(in_dir("a"), in_dir("b"), &err), VONK_EXISTS);
    cr_assert_eq(vonk_fs_rename(in_dir("a"), in_dir("c"), &err), VONK_OK);
    cr_assert_eq(vonk_fs_stat(in_dir("c"), &entry, &arena, &err), VONK_OK);
    cr_assert_eq(entry.size, 1);
    cr_assert_eq(vonk_fs_rename(in_dir("a"), in_dir("d"), &err), VONK_NOT_FOUND);
}

Test(fs, remove_takes_trees_but_does_not_follow_links)
{
    vonk_fs_entry entry;
    put(in_dir("t/u/v"), "1");
    put(in_dir("kept/w"), "1");
    cr_assert_eq(symlink(in_dir("kept"), in_dir("t/link")), 0);
    cr_assert_eq(vonk_fs_remove(in_dir("t"), &err), VONK_OK);
    cr_assert_eq(vonk_fs_stat(in_dir("t"), &entry, &arena, &err), VONK_NOT_FOUND);
    cr_assert_eq(vonk_fs_stat(in_dir("kept/w"), &entry, &arena, &err), VONK_OK);
    cr_assert_eq(vonk_fs_remove(in_dir("t"), &err), VONK_OK, "gone already is fine");
}

Test(fs, mkdirs_makes_all_levels_and_does_not_mind_what_is_there)
{
    vonk_fs_entry entry;
    cr_assert_eq(vonk_fs_mkdirs(in_dir("p/q//r/"), &err), VONK_OK, "%s", err.message);
    cr_assert_eq(vonk_fs_mkdirs(in_dir("p/q/r"), &err), VONK_OK);
    cr_assert_eq(vonk_fs_stat(in_dir("p/q/r"), &entry, &arena, &err), VONK_OK);
    cr_assert(entry.is_directory);
    put(in_dir("f"), "");
    cr_assert_neq(vonk_fs_mkdirs(in_dir("f/g"), &err), VONK_OK);
}

/* The matches of a pattern, without the directory, joined by spaces. */
static const char *files_of(const char *pattern)
{
    vonk_fs_entry *entries;
    uint32_t n;
    const char *text = "";
    cr_assert_eq(vonk_fs_data_files(in_dir(pattern), &arena, &entries, &n, &err), VONK_OK, "%s: %s",
                 pattern, err.message);
    for (uint32_t i = 0; i < n; i++)
        text = vonk_arena_printf(&arena, NULL, "%s%s%s", text, i ? " " : "",
                                 entries[i].path + strlen(directory) + 1);
    return text;
}

Test(fs, finds_data_files_of_files_directories_and_globs)
{
    static const char *const made[] = {"a1.csv",       "a2.csv",      "b1.csv",    "c.txt",
                                       "_SUCCESS",     ".a1.csv.crc", "d/e/f.csv", "d/_tmp/g.csv",
                                       "d/_k=1/h.csv", "odd[1].csv"};
    static const struct {
        const char *pattern, *files;
    } cases[] = {
        {"a1.csv", "a1.csv"},
        {"_SUCCESS", "_SUCCESS"},
        {"", "a1.csv a2.csv b1.csv c.txt d/_k=1/h.csv d/e/f.csv odd[1].csv"},
        {"d", "d/_k=1/h.csv d/e/f.csv"},
        {"*", "a1.csv a2.csv b1.csv c.txt d/_k=1/h.csv d/e/f.csv odd[1].csv"},
        {"a?.csv", "a1.csv a2.csv"},
        {"[ab]1.*", "a1.csv b1.csv"},
        {"[^a]1.csv", "b1.csv"},
        {"[a-b][2-9].csv", "a2.csv"},
        {"{a1,b1}.csv", "a1.csv b1.csv"},
        {"{a1.csv,d/{e,x}/*.csv}", "a1.csv d/e/f.csv"},
        {"*/*/*.csv", "d/_k=1/h.csv d/e/f.csv"},
        {"{a1,a1,a*}.csv", "a1.csv a2.csv"},
        {"odd[1].csv", "odd[1].csv"},
        {"odd\\[1\\].*", "odd[1].csv"},
        {"*a*1*", "a1.csv"},
    };
    for (size_t i = 0; i < VONK_LENGTH(made); i++)
        put(in_dir(made[i]), "x");
    for (size_t i = 0; i < VONK_LENGTH(cases); i++)
        cr_expect_str_eq(files_of(cases[i].pattern), cases[i].files, "%s: %s", cases[i].pattern,
                         files_of(cases[i].pattern));
}

Test(fs, says_path_not_found_as_spark_does)
{
    static const char *const none[] = {"none", "none/*.csv", "*.none", "{x,y}", "[", "x{y"};
    vonk_fs_entry *entries;
    uint32_t n;
    put(in_dir("a.csv"), "");
    for (size_t i = 0; i < VONK_LENGTH(none); i++) {
        cr_assert_eq(vonk_fs_data_files(in_dir(none[i]), &arena, &entries, &n, &err), VONK_USER);
        cr_assert_str_eq(err.condition, "PATH_NOT_FOUND");
        cr_assert_str_eq(err.sqlstate, "42K03");
        cr_assert(strstr(err.message, none[i]), "%s", err.message);
    }
}

Test(fs, bounds_what_braces_may_expand_to)
{
    vonk_fs_entry *entries;
    uint32_t n;
    const char *bomb = in_dir("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}");
    cr_assert_eq(vonk_fs_data_files(bomb, &arena, &entries, &n, &err), VONK_INVALID);
}

Test(fs, ends_in_a_loop_of_links)
{
    vonk_fs_entry *entries;
    uint32_t n;
    put(in_dir("l/x"), "");
    cr_assert_eq(symlink(in_dir("l"), in_dir("l/self")), 0);
    vonk_status status = vonk_fs_data_files(in_dir("l"), &arena, &entries, &n, &err);
    cr_assert(status == VONK_INVALID || status == VONK_IO, "%s", err.message);
}
