/*
 * state.h - what the driver knows of its executors and their tasks; private to driver/.
 *
 * One lock guards all of it but what is said to belong to a thread. Nothing is sent, decoded or
 * waited for while it is held.
 */
#ifndef VONK_DRIVER_STATE_H
#define VONK_DRIVER_STATE_H

#include <pthread.h>

#include "driver/allocation.h"
#include "driver/nng_cluster.h"
#include "driver/scale.h"
#include "rpc/pipeline.h"
#include "rpc/server.h"
#include "wire/messages.h"

#define VONK_TASK_BUCKETS 4096u

typedef enum vonk_member_state {
    VONK_MEMBER_STARTING,
    VONK_MEMBER_ALIVE,
    VONK_MEMBER_LOST
} vonk_member_state;

/* A task that was launched and has not ended. */
typedef struct vonk_assigned {
    struct vonk_assigned *next; /* in its bucket */
    struct vonk_assigned *peer; /* of the same executor */
    vonk_wire_task_id id;
    uint32_t executor;
    uint64_t sequence; /* of its last TASK message */
    int64_t pushed_ms; /* when that was */
    uint32_t n_pushes;
    uint32_t n_rows;  /* ROWS messages received, in order */
    uint32_t n_waits; /* heartbeats that said it ended while rows were missing */
    uint64_t beat;    /* the last heartbeat that listed it */
    bool push_again;
    vonk_buffer message; /* TASK, for when it is lost on the way */
} vonk_assigned;

/* An executor, from the request on; lives as long as the cluster. */
typedef struct vonk_member {
    uint32_t number;
    vonk_member_state state;
    uint32_t slots;
    char *block_url;
    int64_t heard_ms; /* requested, registered, or last heartbeat */
    uint64_t n_beats;
    uint64_t session; /* under which it registered */
    vonk_assigned *tasks;
    vonk_rpc_sender results; /* of the receiver once registered */

    pthread_mutex_t push_lock; /* taken without the state's lock, never the other way round */
    vonk_rpc_push *push;       /* guarded by push_lock; NULL: not there (any more) */
    uint64_t sequence;         /* guarded by push_lock */
} vonk_member;

typedef struct vonk_event_node {
    struct vonk_event_node *next;
    vonk_cluster_event event;
    size_t bytes; /* of rows */
} vonk_event_node;

typedef struct vonk_encoded_stage {
    struct vonk_encoded_stage *next;
    const vonk_physical *root;
    uint32_t stage;
    vonk_buffer bytes;
} vonk_encoded_stage;

typedef struct vonk_nng_cluster {
    vonk_cluster base;
    char name[64];
    vonk_budget memory;                 /* of this process */
    vonk_nng_cluster_settings settings; /* defaults filled in */
    vonk_secret secret;
    vonk_rpc_server *control;
    vonk_rpc_pull *results;
    vonk_allocation *allocation;
    pthread_t receiver, watchman;
    bool has_receiver, has_watchman;
    int news;                   /* readable when there are events */
    vonk_encoded_stage *stages; /* of the job under way; session thread */

    pthread_mutex_t lock;
    pthread_cond_t taken;   /* rows were taken, or all is over: for the receiver */
    pthread_cond_t changed; /* tasks ended: for end_job; something to do: for the watchman */
    bool closing;           /* all below: guarded by lock */
    uint32_t n_members, members_capacity, n_starting, n_alive;
    vonk_member **members;
    uint32_t n_replaced;      /* since the job began */
    uint32_t n_failed_starts; /* in a row */
    int64_t failed_start_ms;  /* when the last one was */
    vonk_scale scale;
    uint32_t backlog;     /* tasks that run or wait for a slot */
    int64_t job_ended_ms; /* while not in_job */
    vonk_error last_loss;
    bool in_job, job_writes;
    uint64_t job;
    uint32_t n_tasks;
    vonk_assigned *buckets[VONK_TASK_BUCKETS];
    vonk_event_node *events, **events_end;
    size_t row_bytes; /* in events */
    uint32_t n_pushes_wanted;
} vonk_nng_cluster;

int64_t vonk_now_ms(void);

/* ---- with the lock held ---- */

vonk_member *vonk_member_find(const vonk_nng_cluster *c, uint32_t number);
/* Adds a member and returns its number, or UINT32_MAX without memory. It must be requested. */
uint32_t vonk_member_add(vonk_nng_cluster *c);
/* Marks a member lost, forgets its tasks, tells the session. False if it was lost before. */
bool vonk_member_lose(vonk_nng_cluster *c, vonk_member *member, vonk_status status,
                      const char *why);
vonk_assigned *vonk_assigned_find(const vonk_nng_cluster *c, const vonk_wire_task_id *id);
void vonk_assigned_add(vonk_nng_cluster *c, vonk_member *member, vonk_assigned *task);
void vonk_assigned_remove(vonk_nng_cluster *c, vonk_assigned *task);
/* Takes the event's rows and result over. Without memory the process is lost. */
void vonk_post(vonk_nng_cluster *c, const vonk_cluster_event *event);
/*
 * A task says that it ended: tells the session. `by_pipe`: all its rows must have come before.
 * Returns whether it may be acknowledged: the end is known, or nobody waits for it.
 */
bool vonk_task_ended(vonk_nng_cluster *c, uint32_t executor, const vonk_wire_ended *ended,
                     bool by_pipe);
/* The task is given up as failed. */
void vonk_task_gave_up(vonk_nng_cluster *c, vonk_assigned *task, const char *why);
/* The same, because memory of this process ran out. */
void vonk_task_does_not_fit(vonk_nng_cluster *c, vonk_assigned *task, const vonk_error *why);

/* ---- without it ---- */

/*
 * Loses an executor and replaces it if that is still allowed. `status`: VONK_IO, or what says that
 * another one would end in the same way: it is not replaced then.
 */
void vonk_lose_and_replace(vonk_nng_cluster *c, uint32_t number, vonk_status status,
                           const char *why);
/* Releases a lost member and closes its pipeline. */
void vonk_close_member(vonk_nng_cluster *c, uint32_t number);
/* Requests members that were just added, n from the number `first` on. */
void vonk_request_members(vonk_nng_cluster *c, uint32_t first, uint32_t n);
/* Sends a message to an executor, if it takes one now. A TASK gets its sequence here. */
void vonk_send_to(vonk_member *member, vonk_buffer *message, uint64_t *ret_sequence);

/* Handler of the control server (control.c) and the two threads (results.c, watchman.c). */
void vonk_control_handle(void *context, const vonk_session *session, vonk_slice request,
                         vonk_buffer *reply);
vonk_rpc_sender *vonk_results_find(void *context, uint64_t session);
void *vonk_receiver_main(void *context);
void *vonk_watchman_main(void *context);

#endif
