/*
 * work.h - the jobs that the controller knows, by "NAMESPACE/NAME": what the watches' stores do not
 * tell (which pods are whose, what was refused, what is under way). Rebuilt from the watches at
 * start; nothing in it is needed for a right decision after a restart.
 */
#ifndef VONK_OPERATOR_WORK_H
#define VONK_OPERATOR_WORK_H

#include "operator/state.h"

struct vonk_op_run;
struct vonk_op_space;

typedef struct vonk_op_work {
    struct vonk_op_work *next; /* in its bucket */
    char *key;                 /* "NAMESPACE/NAME" */
    const char *name;          /* in the key */
    struct vonk_op_space *space;
    char **pods; /* names of those with its label */
    uint32_t n_pods, pods_capacity;
    struct vonk_op_run *run; /* what is under way, or NULL */
    bool again;              /* something has changed meanwhile */
    int64_t seen_us;         /* monotonic, when it was first seen without an attempt; 0 */
    int state;               /* in stats' gauge; -1: not counted */
    int64_t absent_attempt;
    vonk_op_refusal refusal; /* its message is owned, below */
    char *refusal_text;
} vonk_op_work;

typedef struct vonk_op_works {
    vonk_op_work **buckets;
    uint32_t n_buckets, n;
} vonk_op_works;

vonk_op_work *vonk_op_works_find(const vonk_op_works *works, const char *key);
/* Makes it if it is not there; NULL: out of memory. */
vonk_op_work *vonk_op_works_get(vonk_op_works *works, const char *namespace_name, const char *name);
void vonk_op_works_remove(vonk_op_works *works, vonk_op_work *work);
void vonk_op_works_free(vonk_op_works *works);

void vonk_op_work_add_pod(vonk_op_work *work, const char *name);
void vonk_op_work_remove_pod(vonk_op_work *work, const char *name);
/* `message` is copied; attempt 0 takes the refusal back. */
void vonk_op_work_refuse(vonk_op_work *work, const vonk_op_refusal *refusal);

#endif
