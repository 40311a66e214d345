/*
 * runtime_filter.h - what the build sides of joins tell the scans below their probe sides, and a
 * top-N the scan of its first key: once it has N rows, worse ones need not be decoded.
 *
 *     join (inner, semi)            build side done first: the set of its keys
 *     :- filter                          │
 *     :  +- scan lineitem  ◀─────────────┘  rows whose l_partkey has no partner are never decoded
 *     +- build
 *
 * Within a stage the build side is there before the scan begins; where an exchange lies between,
 * the plan has the scan read the exchanged keys of the other side (physical/key_filters.c). Only
 * for keys that come unchanged from a column of the scan. The join still looks at every row left.
 */
#ifndef VONK_EXEC_RUNTIME_FILTER_H
#define VONK_EXEC_RUNTIME_FILTER_H

#include "exec/operator.h"
#include "exec/top_range.h"
#include "format/format.h"

struct vonk_build;

/* A key of a join or a top-N that a scan of this task may ask. In the run's arena. */
typedef struct vonk_runtime_filter {
    struct vonk_runtime_filter *next;
    uint32_t scan_id, column;        /* the SCAN's node id and output column */
    struct vonk_build *const *build; /* set before sources run */
    uint32_t key;
    const vonk_key_filter *range; /* of a top-N; then there is no build */
} vonk_runtime_filter;

/* Bit k: key k of this JOIN can filter a scan below its probe side. Keys from 64 on: none. */
uint64_t vonk_runtime_filter_keys(const vonk_physical *join);
/* Notes the join's filters in run->filters; *build will be its build side. */
vonk_status vonk_runtime_filters_add(vonk_run *run, const vonk_physical *join,
                                     struct vonk_build *const *build,
                                     vonk_error *err) VONK_MUST_CHECK;
/* *ret = a range for the scan below the top-N `sort`, an operator of this task that narrows it;
 * NULL if no scan can ask it. In run->arena. */
vonk_status vonk_runtime_range_add(vonk_run *run, const vonk_physical *sort, vonk_top_range **ret,
                                   vonk_error *err) VONK_MUST_CHECK;
/*
 * The filters for a SCAN: of builds of this task that are finished, and of the exchanges that it
 * reads, made once for all tasks of the executor. In run->arena.
 */
vonk_status vonk_runtime_filters_of(vonk_run *run, const vonk_physical *scan, vonk_scan_probe **ret,
                                    uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

#endif
