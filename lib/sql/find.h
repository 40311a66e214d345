/*
 * find.h - the next of three bytes in a text, at memory speed: a literal or a comment may be a
 * hundred megabytes long. Private to lib/sql.
 */
#ifndef VONK_SQL_FIND_H
#define VONK_SQL_FIND_H

#include "base/buffer.h"

#define SQL_FIND_BLOCK 64u

/* Where the first byte at or after `i` stands that is `a`, `b` or `c`, or the text's length. */
static inline size_t sql_find(vonk_slice text, size_t i, char a, char b, char c)
{
    for (; i < text.length && text.length - i >= SQL_FIND_BLOCK; i += SQL_FIND_BLOCK) {
        const char *block = text.data + i;
        unsigned char found = 0;
        for (size_t k = 0; k < SQL_FIND_BLOCK; k++)
            found |= (unsigned char)((block[k] == a) | (block[k] == b) | (block[k] == c));
        if (found)
            break;
    }
    while (i < text.length && text.data[i] != a && text.data[i] != b && text.data[i] != c)
        i++;
    return i < text.length ? i : text.length;
}

#endif
