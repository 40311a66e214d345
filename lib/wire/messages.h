/*
 * messages.h - what driver and executors say to each other. Each message is a struct, a put and a
 * get; docs/protocol.md lists the fields and the order of a job.
 *
 *     control   executor asks, driver answers   REGISTER -> REGISTERED, HEARTBEAT -> BEAT
 *     tasks     driver -> one executor          TASK, KILL, END_JOB, STOP
 *     results   executor -> driver              ROWS, TASK_ENDED
 *     blocks    executor asks executor          FETCH -> BLOCKS
 *     any answer may be FAILED
 *
 * The structs carry only what lower layers know, so that this layer stays below the running ones;
 * driver and executor copy from and to vonk_task and vonk_task_result.
 *
 * put: appends to a buffer, check with vonk_buffer_check. get: everything that `ret` points to
 * lives in `arena`, byte runs (rows, data) are borrowed from the input. VONK_CORRUPT if the bytes
 * are anything else than exactly one such message.
 */
#ifndef VONK_WIRE_MESSAGES_H
#define VONK_WIRE_MESSAGES_H

#include "expr/function.h"
#include "plan/metrics.h"
#include "plan/physical.h"
#include "wire/codec.h"

typedef enum vonk_wire_kind {
    VONK_WIRE_NONE, /* not a message */
    VONK_WIRE_REGISTER,
    VONK_WIRE_REGISTERED,
    VONK_WIRE_HEARTBEAT,
    VONK_WIRE_BEAT,
    VONK_WIRE_TASK,
    VONK_WIRE_KILL,
    VONK_WIRE_END_JOB,
    VONK_WIRE_STOP,
    VONK_WIRE_ROWS,
    VONK_WIRE_TASK_ENDED,
    VONK_WIRE_FETCH,
    VONK_WIRE_BLOCKS,
    VONK_WIRE_FAILED,
    VONK_WIRE_N_KINDS,
} vonk_wire_kind;

/* The kind of an encoded message, VONK_WIRE_NONE if it has none that is known. */
vonk_wire_kind vonk_wire_kind_of(vonk_slice bytes);

/* One attempt of one task of one job. */
typedef struct vonk_wire_task_id {
    uint64_t job;
    uint32_t stage, index, attempt;
} vonk_wire_task_id;

/* ---- control ---- */

typedef struct vonk_wire_register {
    uint32_t executor; /* the number that the driver gave it */
    uint32_t slots;
    uint64_t memory;       /* bytes for tasks; 0 = no limit */
    const char *task_url;  /* where it takes tasks */
    const char *block_url; /* where it serves blocks */
    const char *build;     /* version of the program, for the log */
} vonk_wire_register;

typedef struct vonk_wire_registered {
    uint32_t heartbeat_ms; /* how often to say HEARTBEAT */
    uint32_t timeout_ms;   /* unanswered for so long, the driver is gone */
    const char *result_url;
    bool compress; /* lz4 for blocks and rows */
} vonk_wire_registered;

/* What a task did; the fields of vonk_task_metrics. */
typedef struct vonk_wire_metrics {
    uint64_t rows_read, bytes_read, rows_out, bytes_out;
    uint64_t cpu_ns, wall_ns, peak_memory;
    uint64_t groups_total, groups_pruned;
} vonk_wire_metrics;

typedef struct vonk_wire_ended {
    vonk_wire_task_id id;
    vonk_error error;         /* status VONK_OK: it finished */
    uint32_t n_rows_messages; /* ROWS that were sent before */
    vonk_wire_metrics metrics;
    uint32_t n_files;
    const char **files;
    uint32_t n_ops; /* what its operators did */
    const vonk_op_metrics *ops;
    uint32_t lost_stage, lost_map, lost_executor; /* VONK_FETCH */
} vonk_wire_ended;

typedef struct vonk_wire_heartbeat {
    uint32_t executor;
    uint64_t sequence; /* of the last TASK received */
    uint64_t memory_used, memory_peak;
    uint32_t n_running; /* queued ones included */
    const vonk_wire_task_id *running;
    uint32_t n_ended; /* and not acknowledged */
    const vonk_wire_ended *ended;
    vonk_slice raw_ended; /* put, if ended is NULL: they as vonk_wire_put_end wrote them */
    uint32_t n_jobs;      /* that it holds something of */
    const uint64_t *jobs;
} vonk_wire_heartbeat;

typedef struct vonk_wire_beat {
    bool stop; /* the driver wants it to end, or does not know it (any more) */
    uint32_t n_acknowledged;
    const vonk_wire_task_id *acknowledged;
    uint32_t n_unwanted; /* running, and nobody waits for it */
    const vonk_wire_task_id *unwanted;
    uint32_t n_over; /* jobs that are */
    const uint64_t *over;
} vonk_wire_beat;

void vonk_wire_put_register(vonk_buffer *out, const vonk_wire_register *message);
void vonk_wire_put_registered(vonk_buffer *out, const vonk_wire_registered *message);
void vonk_wire_put_heartbeat(vonk_buffer *out, const vonk_wire_heartbeat *message);
void vonk_wire_put_beat(vonk_buffer *out, const vonk_wire_beat *message);
vonk_status vonk_wire_get_register(vonk_slice bytes, vonk_arena *arena, vonk_wire_register *ret,
                                   vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_wire_get_registered(vonk_slice bytes, vonk_arena *arena, vonk_wire_registered *ret,
                                     vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_wire_get_heartbeat(vonk_slice bytes, vonk_arena *arena, vonk_wire_heartbeat *ret,
                                    vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_wire_get_beat(vonk_slice bytes, vonk_arena *arena, vonk_wire_beat *ret,
                               vonk_error *err) VONK_MUST_CHECK;

/* ---- tasks ---- */

typedef struct vonk_wire_location {
    uint32_t executor;
    const char *address;
} vonk_wire_location;

typedef struct vonk_wire_input {
    uint32_t exchange_id, map_stage, n_maps;
    const vonk_wire_location *locations; /* n_maps */
} vonk_wire_input;

/* What the tasks of a stage share; encoded once a stage. */
typedef struct vonk_wire_stage {
    uint32_t n_tasks, batch_rows;
    bool is_result;
    vonk_eval_settings settings;
    vonk_options stores; /* settings of stores; may be secrets */
    const vonk_physical *root;
} vonk_wire_stage;

typedef struct vonk_wire_task {
    uint64_t sequence; /* counts the TASK messages to this executor, from 1 */
    vonk_wire_task_id id;
    uint32_t n_splits;
    const vonk_split *splits;
    uint32_t n_inputs;
    const vonk_wire_input *inputs;
    vonk_slice stage; /* encoded vonk_wire_stage */
} vonk_wire_task;

vonk_status vonk_wire_put_stage(vonk_buffer *out, const vonk_wire_stage *stage,
                                vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_wire_get_stage(vonk_slice bytes, vonk_arena *arena, vonk_wire_stage *ret,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_wire_put_task(vonk_buffer *out, const vonk_wire_task *message);
vonk_status vonk_wire_get_task(vonk_slice bytes, vonk_arena *arena, vonk_wire_task *ret,
                               vonk_error *err) VONK_MUST_CHECK;

void vonk_wire_put_kill(vonk_buffer *out, const vonk_wire_task_id *id);
vonk_status vonk_wire_get_kill(vonk_slice bytes, vonk_wire_task_id *ret,
                               vonk_error *err) VONK_MUST_CHECK;
void vonk_wire_put_end_job(vonk_buffer *out, uint64_t job);
vonk_status vonk_wire_get_end_job(vonk_slice bytes, uint64_t *ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_wire_put_stop(vonk_buffer *out);
vonk_status vonk_wire_get_stop(vonk_slice bytes, vonk_error *err) VONK_MUST_CHECK;

/* ---- results ---- */

typedef struct vonk_wire_rows {
    vonk_wire_task_id id;
    uint32_t number;    /* counts the ROWS of this attempt, from 0 */
    vonk_slice batches; /* one or more encoded batches, one after the other */
} vonk_wire_rows;

void vonk_wire_put_rows(vonk_buffer *out, const vonk_wire_rows *message);
vonk_status vonk_wire_get_rows(vonk_slice bytes, vonk_wire_rows *ret,
                               vonk_error *err) VONK_MUST_CHECK;
void vonk_wire_put_ended(vonk_buffer *out, const vonk_wire_ended *message);
/* The same without the kind, as heartbeats carry it. */
void vonk_wire_put_end(vonk_buffer *out, const vonk_wire_ended *ended);
vonk_status vonk_wire_get_ended(vonk_slice bytes, vonk_arena *arena, vonk_wire_ended *ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* ---- blocks ---- */

typedef struct vonk_wire_place {
    uint32_t map, partition;
} vonk_wire_place;

/* Blocks of an exchange: the first one from its row `row` of its batch `batch` on. */
typedef struct vonk_wire_fetch {
    uint64_t job;
    uint32_t exchange;
    uint32_t batch, row;
    uint32_t n_places; /* one at least */
    const vonk_wire_place *places;
} vonk_wire_fetch;

/* The first n_blocks of them, as many as fit into a message. */
typedef struct vonk_wire_blocks {
    bool last;           /* the last one here is here to its end */
    uint32_t batch, row; /* otherwise: where it goes on */
    uint32_t n_blocks;
    const vonk_slice *blocks; /* batches as in ROWS; may be empty */
} vonk_wire_blocks;

void vonk_wire_put_fetch(vonk_buffer *out, const vonk_wire_fetch *message);
vonk_status vonk_wire_get_fetch(vonk_slice bytes, vonk_arena *arena, vonk_wire_fetch *ret,
                                vonk_error *err) VONK_MUST_CHECK;
void vonk_wire_put_blocks(vonk_buffer *out, const vonk_wire_blocks *message);
/* The batches are borrowed from `bytes`. */
vonk_status vonk_wire_get_blocks(vonk_slice bytes, vonk_arena *arena, vonk_wire_blocks *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/* ---- any answer ---- */

void vonk_wire_put_failed(vonk_buffer *out, const vonk_error *error);
vonk_status vonk_wire_get_failed(vonk_slice bytes, vonk_error *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
