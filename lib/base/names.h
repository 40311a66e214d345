/* names.h - lists of names in which some may be the same but for case. */
#ifndef VONK_BASE_NAMES_H
#define VONK_BASE_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

/*
 * ret_first[i] = the first place of a name that equals names[i] but for case (of ASCII letters);
 * room for n. Takes time in proportion to n. Scratch memory comes from `scratch`.
 */
vonk_status vonk_names_first(vonk_arena *scratch, const vonk_slice *names, uint32_t n,
                             uint32_t *ret_first, vonk_error *err) VONK_MUST_CHECK;

#endif
