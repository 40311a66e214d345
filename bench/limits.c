/*
 * limits.c - what one core of this machine can do, in the same run as a benchmark.
 *
 *     limits FILE         lines of NAME BYTES_PER_SECOND: memory, a sum of 1 GiB;
 *                         page_cache, FILE by pread of 1 MiB
 *     limits FILE PAGES   CPU seconds for nothing but decompressing pages of FILE, out of a new
 *                         mapping of it; PAGES has a line CODEC OFFSET BYTES PLAIN_BYTES for each
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "format/parquet/snappy.h"

#define BLOCK  (1u << 20)
#define MEMORY (1u << 30)
#define SLACK  64 /* decoders may write so far beyond */

static double cpu_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *name, double bytes, double since)
{
    printf("%s %.0f\n", name, bytes / (cpu_now() - since));
}

static void memory(void)
{
    size_t n = MEMORY / sizeof(uint64_t);
    uint64_t *words = malloc(MEMORY), sum = 0;
    if (!words)
        exit(1);
    memset(words, 1, MEMORY);
    double since = cpu_now();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < n; i++)
            sum += words[i];
        __asm__ volatile("" ::: "memory"); /* the rounds stay apart */
    }
    say(sum ? "memory" : "", 3.0 * MEMORY, since);
    free(words);
}

static double read_all(const char *path, char *block)
{
    int fd = open(path, O_RDONLY);
    off_t at = 0;
    ssize_t got = 0;
    while (fd >= 0 && (got = pread(fd, block, BLOCK, at)) > 0)
        at += got;
    if (at == 0)
        exit(1);
    (void)close(fd);
    return (double)at;
}

static void page_cache(const char *path)
{
    char *block = calloc(1, BLOCK);
    if (!block)
        exit(1);
    (void)read_all(path, block); /* first: touches file and buffer */
    double since = cpu_now();
    say("page_cache", read_all(path, block), since);
    free(block);
}

typedef struct page {
    char codec[16];
    size_t offset, bytes, plain;
} page;

static page *read_pages(const char *path, size_t *ret_n, size_t *ret_largest)
{
    FILE *file = fopen(path, "r");
    page *pages = NULL, p;
    size_t n = 0, largest = 0;
    while (file && fscanf(file, "%15s %zu %zu %zu", p.codec, &p.offset, &p.bytes, &p.plain) == 4) {
        if (!(n & (n + 1))) /* room is doubled where n + 1 is a power of two */
            pages = realloc(pages, 2 * (n + 1) * sizeof(*pages));
        if (!pages)
            exit(1);
        pages[n++] = p;
        largest = p.plain > largest ? p.plain : largest;
    }
    if (file)
        (void)fclose(file);
    *ret_n = n;
    *ret_largest = largest;
    return pages;
}

static bool decompress(const page *p, const char *file, char *out)
{
    vonk_slice from = {file + p->offset, p->bytes};
    if (!strcmp(p->codec, "snappy"))
        return vonk_unsnappy(from, out, p->plain);
    return !strcmp(p->codec, "zstd") &&
           ZSTD_decompress(out, p->plain, from.data, from.length) == p->plain;
}

/* CPU seconds for all pages. */
static double decompress_all(const char *path, const page *pages, size_t n, char *out)
{
    struct stat about;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &about) != 0)
        exit(1);
    double since = cpu_now();
    char *file = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
    for (size_t i = 0; i < n; i++)
        if (file == MAP_FAILED || pages[i].offset + pages[i].bytes > (size_t)about.st_size ||
            !decompress(&pages[i], file, out))
            exit(1);
    (void)munmap(file, (size_t)about.st_size);
    (void)close(fd);
    return cpu_now() - since;
}

static void decompression(const char *path, const char *list)
{
    size_t n, largest;
    page *pages = read_pages(list, &n, &largest);
    char *out = calloc(1, largest + SLACK);
    double best = 1e9;
    for (int round = 0; out && round < 3; round++) {
        double seconds = decompress_all(path, pages, n, out);
        best = seconds < best ? seconds : best;
    }
    printf("%.6f\n", best);
    free(out);
    free(pages);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        decompression(argv[1], argv[2]);
        return 0;
    }
    if (argc != 2)
        return 2;
    memory();
    page_cache(argv[1]);
    return 0;
}
