/*
 * footers.h - the decoded footers of files that are read in several splits: the first reader keeps
 * what it has decoded, the others take it. Thread-safe.
 */
#ifndef VONK_FORMAT_PARQUET_FOOTERS_H
#define VONK_FORMAT_PARQUET_FOOTERS_H

#include "format/format.h"
#include "format/parquet/file.h"

/* Fills what `file`, which is open, says of itself, if it is kept; it lives as long as `footers`.
 */
bool vonk_pq_footers_find(vonk_footers *footers, vonk_pq_file *file);
/*
 * Decodes the file's footer so that others can have it, and fills `file`; false: there is no room,
 * or it does not decode, which decoding it again will say.
 */
bool vonk_pq_footers_add(vonk_footers *footers, vonk_pq_file *file);

#endif
