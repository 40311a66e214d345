/*
 * decide.h - the reconciler: what is, and what is to be done about it. No clock, no socket, no
 * memory of earlier events: it may be asked again at any time, and after each answer.
 *
 *   attempt 0 ── begin ──▶ OPEN ── exit 0 ─────────────────────────▶ finished: Succeeded=True
 *                 ▲         │ ├─── exit 1, 2, deadlines ───────────▶ finished: Succeeded=False
 *                 │         │ └─── lost, 75, signals ──▶ WAITING ──▶ finished, if too often
 *                 │         ├─ suspend ────▶ SUSPENDED     │
 *                 │         └─ other spec ─▶ UPGRADING     │
 *                 └────────── attempt + 1 ◀──┴─────────────┘  once no driver is alive
 *
 * The status holds all of it: OPEN unless lastFailure.attempt is the attempt (WAITING) or the
 * reason of Succeeded says Suspended or Upgrading. It is written before what follows from it.
 */
#ifndef VONK_OPERATOR_DECIDE_H
#define VONK_OPERATOR_DECIDE_H

#include "base/arena.h"
#include "operator/state.h"

#define VONK_OP_STUCK_S                                                                            \
    15 /* a pod that is not gone so long after it should be: its node is gone                      \
        */
#define VONK_OP_KEPT_DRIVERS 4 /* ended driver pods that are kept for their logs */

typedef enum vonk_op_action_kind {
    VONK_OP_WRITE_STATUS, /* the whole of the decision's status, if the job is still as observed */
    VONK_OP_MAKE_SECRET,  /* of `attempt` */
    VONK_OP_MAKE_CONFIG,  /* of `attempt` */
    VONK_OP_MAKE_DRIVER,  /* of `attempt` */
    VONK_OP_CHECK_DRIVER, /* ask the API server whether the driver pod of `attempt` is there */
    VONK_OP_DELETE_POD,   /* `pod`, only with its `uid` */
    VONK_OP_DELETE_JOB,
    VONK_OP_EVENT,
} vonk_op_action_kind;

typedef struct vonk_op_action {
    vonk_op_action_kind kind;
    int step; /* sent when all of earlier steps have gone well; those of one step go together */
    int64_t attempt;
    const char *pod, *uid;
    bool force;                /* without grace: its node does not answer */
    bool warning;              /* EVENT */
    const char *reason, *note; /* EVENT */
} vonk_op_action;

#define VONK_OP_MAX_ACTIONS 64 /* what does not fit comes with the next decision */

typedef struct vonk_op_decision {
    vonk_op_status status;
    uint32_t n_actions;
    vonk_op_action actions[VONK_OP_MAX_ACTIONS];
    int64_t again_s; /* when to decide again though nothing has happened; 0: no need */
} vonk_op_decision;

/* Texts of `ret` are in the arena or borrowed from the observation. Errors: VONK_NO_MEMORY. */
vonk_status vonk_op_decide(const vonk_op_observation *seen, vonk_arena *arena,
                           vonk_op_decision *ret, vonk_error *err) VONK_MUST_CHECK;

/* "Accepted" and so on; "True" and so on. */
const char *vonk_op_condition_name(vonk_op_condition_kind kind);
const char *vonk_op_truth_name(vonk_op_truth truth);
bool vonk_op_status_equal(const vonk_op_status *a, const vonk_op_status *b);
/* Succeeded is True or False. */
bool vonk_op_is_finished(const vonk_op_status *status);
/* Seconds from a failure to the next attempt: base * 2^(failures - 1) <= max, less up to a fifth.
 */
int64_t vonk_op_backoff_s(const vonk_op_job *job);

/* What the end of a driver pod means. */
typedef enum vonk_op_end {
    VONK_OP_END_NONE,      /* it has not ended */
    VONK_OP_END_GOOD,      /* exit 0 */
    VONK_OP_END_FAILED,    /* the job's own doing */
    VONK_OP_END_INVALID,   /* the manifest's */
    VONK_OP_END_RETRY,     /* again, counted */
    VONK_OP_END_DISRUPTED, /* again, not counted: not the job's doing */
} vonk_op_end;

typedef struct vonk_op_outcome {
    vonk_op_end end;
    const char *reason, *message;
    int64_t exit_code; /* -1: none */
    int64_t ran_s;
} vonk_op_outcome;

/* outcome.c: pure as well. Errors: VONK_NO_MEMORY. */
vonk_status vonk_op_outcome_of(const vonk_op_pod *driver, const vonk_op_job *job, vonk_arena *arena,
                               vonk_op_outcome *ret, vonk_error *err) VONK_MUST_CHECK;
/* Why a pod waits, in the words of scheduler or kubelet; "" if nothing says so. */
const char *vonk_op_why_pending(const vonk_op_pod *pod, vonk_arena *arena);

#endif
