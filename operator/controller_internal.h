/* controller_internal.h - what controller.c and carry.c share. */
#ifndef VONK_OPERATOR_CONTROLLER_INTERNAL_H
#define VONK_OPERATOR_CONTROLLER_INTERNAL_H

#include "kube/event.h"
#include "kube/queue.h"
#include "kube/watch.h"
#include "operator/controller.h"
#include "operator/decide.h"
#include "operator/work.h"

/* A namespace, or all of them. */
typedef struct vonk_op_space {
    vonk_op_controller *controller;
    const char *namespace_name; /* NULL: all */
    vonk_kube_watch *jobs, *pods;
    char trouble[1024]; /* the last thing that went wrong with a watch before it was synced */
} vonk_op_space;

struct vonk_op_controller {
    vonk_op_controller_settings settings;
    uint32_t n_spaces;
    vonk_op_space *spaces;
    vonk_op_works works;
    vonk_kube_queue *queue;
    vonk_kube_events *events;
    bool leading;
};

/* A decision being carried out. */
typedef struct vonk_op_run {
    vonk_op_controller *controller;
    vonk_op_work *work;
    vonk_arena arena;
    vonk_op_observation seen;
    vonk_op_decision decision;
    const char *namespace_name, *revision; /* of the job as it was seen */
    int step;
    uint32_t n_pending; /* requests of this step without an answer */
    bool failed;        /* try again later */
    bool stopped;       /* the rest waits for another decision */
    bool wrote;         /* something of it is to be looked at at once */
} vonk_op_run;

int64_t vonk_op_now_us(void);
/* Carries out run->decision; the run is freed at its end. */
void vonk_op_carry_out(vonk_op_run *run);
void vonk_op_run_free(vonk_op_run *run);
/* The key wants work in `ms`. */
void vonk_op_enqueue(vonk_op_controller *controller, const char *key, int64_t ms);

#endif
