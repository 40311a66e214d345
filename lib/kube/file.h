/* file.h - small files whole: tokens, certificates, configurations. */
#ifndef VONK_KUBE_FILE_H
#define VONK_KUBE_FILE_H

#include "base/buffer.h"

/* Appends the file. Errors: VONK_NOT_FOUND, VONK_IO, VONK_CORRUPT: longer than `most`. */
vonk_status vonk_kube_read_file(const char *path, size_t most, vonk_buffer *ret,
                                vonk_error *err) VONK_MUST_CHECK;

#endif
