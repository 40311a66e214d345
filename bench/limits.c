/*
 * limits.c - "limits FILE": what one core of this machine can do, lines of NAME BYTES_PER_SECOND.
 *
 *     memory       sum of 1 GiB
 *     page_cache   FILE by pread of 1 MiB
 *     snappy, zstd blocks of 1 MiB of FILE, unpacked
 */
#include <fcntl.h>
#include <snappy-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define BLOCK  (1u << 20)
#define BLOCKS 64u
#define MEMORY (1u << 30)

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
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < n; i++)
            sum += words[i] ^ (uint64_t)round;
    say(sum ? "memory" : "", 3.0 * MEMORY, since);
    free(words);
}

static size_t page_cache(const char *path, char *blocks)
{
    int fd = open(path, O_RDONLY);
    off_t at = 0;
    ssize_t got = 0;
    double since = cpu_now();
    while (fd >= 0 && (got = pread(fd, blocks + (size_t)at % (BLOCK * BLOCKS), BLOCK, at)) == BLOCK)
        at += got;
    if (at < BLOCK)
        exit(1);
    say("page_cache", (double)at, since);
    (void)close(fd);
    return (size_t)at < BLOCK * BLOCKS ? (size_t)at / BLOCK : BLOCKS;
}

static void snappy(const char *blocks, size_t n)
{
    size_t room = snappy_max_compressed_length(BLOCK), size = room, out;
    char *packed = malloc(room), *plain = malloc(BLOCK);
    double spent = 0;
    for (size_t i = 0; packed && plain && i < n; i++) {
        size = room;
        (void)snappy_compress(blocks + i * BLOCK, BLOCK, packed, &size);
        double since = cpu_now();
        for (int round = 0; round < 4; round++) {
            out = BLOCK;
            if (snappy_uncompress(packed, size, plain, &out) != SNAPPY_OK)
                exit(1);
        }
        spent += cpu_now() - since;
    }
    say("snappy", 4.0 * BLOCK * (double)n, cpu_now() - spent);
    free(packed);
    free(plain);
}

static void zstd(const char *blocks, size_t n)
{
    size_t room = ZSTD_compressBound(BLOCK);
    char *packed = malloc(room), *plain = malloc(BLOCK);
    double spent = 0;
    for (size_t i = 0; packed && plain && i < n; i++) {
        size_t size = ZSTD_compress(packed, room, blocks + i * BLOCK, BLOCK, 1);
        double since = cpu_now();
        for (int round = 0; round < 4; round++)
            if (ZSTD_decompress(plain, BLOCK, packed, size) != BLOCK)
                exit(1);
        spent += cpu_now() - since;
    }
    say("zstd", 4.0 * BLOCK * (double)n, cpu_now() - spent);
    free(packed);
    free(plain);
}

int main(int argc, char **argv)
{
    char *blocks = argc == 2 ? calloc(BLOCKS, BLOCK) : NULL;
    if (!blocks)
        return 2;
    memory();
    (void)page_cache(argv[1], blocks); /* first: touches file and buffer */
    size_t n = page_cache(argv[1], blocks);
    snappy(blocks, n);
    zstd(blocks, n);
    free(blocks);
    return 0;
}
