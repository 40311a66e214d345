/*
 * input.h - a window over the text of a file that moves forward: plain files and .gz.
 *
 *      data .. begin ........... end ..... capacity
 *              | not yet used  |  PADDING readable bytes
 *
 * The user takes bytes by moving `begin` and calls vonk_text_fill() for more: what is left moves to
 * the front (pointers into the window change), and grows if it fills the window. data[end] is
 * always '\n', so that a search for line ends needs no bound. One thread at a time.
 */
#ifndef VONK_FORMAT_TEXT_INPUT_H
#define VONK_FORMAT_TEXT_INPUT_H

#include "fs/fs.h"

#define VONK_TEXT_PADDING 128 /* readable bytes behind `end` */

struct z_stream_s;

typedef struct vonk_text_input {
    const char *path; /* borrowed */
    vonk_fs_file *file;
    struct z_stream_s *unzip; /* NULL: a plain file */
    unsigned char *packed;    /* compressed bytes on their way to `unzip` */
    vonk_budget *budget;
    uint64_t next; /* file offset of the first byte not yet read */
    uint64_t base; /* offset of data[0] in the text */
    char *data;    /* writable by the user between begin and end */
    size_t begin, end, capacity;
    bool at_end;       /* nothing comes after `end` */
    bool member_ended; /* .gz: the last member is complete */
} vonk_text_input;

/*
 * Opens `path` (borrowed until close) and reads its text from byte `start`; start must be 0 for
 * .gz. Errors: as vonk_fs_open; VONK_NO_MEMORY.
 */
vonk_status vonk_text_open(const char *path, uint64_t start, vonk_budget *budget,
                           vonk_text_input *ret, vonk_error *err) VONK_MUST_CHECK;

/*
 * Reads more behind what is left of the window: at least one byte, unless at_end is set.
 * Errors: VONK_IO, VONK_CORRUPT (.gz), VONK_NO_MEMORY.
 */
vonk_status vonk_text_fill(vonk_text_input *input, vonk_error *err) VONK_MUST_CHECK;

void vonk_text_close(vonk_text_input *input);

/* The path names a compressed file, which cannot be cut. */
bool vonk_text_is_packed(const char *path);

/* Offset in the text of a pointer into the window. */
static inline uint64_t vonk_text_offset(const vonk_text_input *input, const char *at)
{
    return input->base + (uint64_t)(at - input->data);
}

/*
 * Prepares the window of a split: skips a byte order mark at 0; elsewhere moves `begin` to the
 * first line that starts at `start` or later. The input was opened at start - 1 (at 0 if start is
 * 0).
 */
vonk_status vonk_text_to_first_line(vonk_text_input *input, uint64_t start,
                                    vonk_error *err) VONK_MUST_CHECK;

/* The end of a split, moved so that a record behind a byte order mark belongs to the split at 0. */
static inline uint64_t vonk_text_split_end(const vonk_text_input *input, uint64_t start,
                                           uint64_t end)
{
    return !start && input->begin && end <= input->begin ? input->begin + 1 : end;
}

/*
 * Makes sure that the window holds at least one whole line, and says how far its whole lines go:
 * *ret_limit is behind a line end, at or (the last line, without one) one behind `end`, where a
 * '\n' is. *ret_limit == begin: the text has ended.
 */
vonk_status vonk_text_lines(vonk_text_input *input, const char **ret_limit,
                            vonk_error *err) VONK_MUST_CHECK;

#endif
