/*
 * rewrite.inc.h - decodes a message of any kind and encodes it again; the bytes must be the same.
 * Shared by the tests of the codec and by fuzz/fuzz_wire.c.
 */
#include "wire/batch.h"
#include "wire/messages.h"

static vonk_status rewrite_stage(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                 vonk_error *err)
{
    vonk_wire_stage stage;
    VONK_TRY(vonk_wire_get_stage(bytes, arena, &stage, err));
    return vonk_wire_put_stage(out, &stage, err);
}

static vonk_status rewrite_task(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                vonk_error *err)
{
    vonk_wire_task task;
    vonk_buffer stage = {0};
    VONK_TRY(vonk_wire_get_task(bytes, arena, &task, err));
    vonk_status status = rewrite_stage(task.stage, arena, &stage, err);
    if (status == VONK_OK) {
        task.stage = (vonk_slice){stage.data, stage.length};
        vonk_wire_put_task(out, &task);
    }
    vonk_buffer_free(&stage);
    return status;
}

static vonk_status rewrite_batches(vonk_slice from, vonk_arena *arena, vonk_buffer *out,
                                   vonk_error *err)
{
    vonk_wire_reader in = vonk_wire_reader_of(from, arena, err);
    while (vonk_wire_left(&in)) {
        vonk_batch batch;
        VONK_TRY(vonk_wire_batch(&in, &batch));
        VONK_TRY(vonk_wire_put_batch(out, &batch, VONK_WIRE_PLAIN, err));
    }
    return VONK_OK;
}

static vonk_status rewrite_rows(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                vonk_error *err)
{
    vonk_wire_rows rows;
    vonk_buffer batches = {0};
    VONK_TRY(vonk_wire_get_rows(bytes, &rows, err));
    vonk_status status = rewrite_batches(rows.batches, arena, &batches, err);
    if (status == VONK_OK) {
        rows.batches = (vonk_slice){batches.data, batches.length};
        vonk_wire_put_rows(out, &rows);
    }
    vonk_buffer_free(&batches);
    return status;
}

static vonk_status rewrite_blocks(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                  vonk_error *err)
{
    vonk_wire_blocks message;
    vonk_buffer batches = {0};
    VONK_TRY(vonk_wire_get_blocks(bytes, arena, &message, err));
    vonk_slice *again = VONK_NEW_ARRAY(arena, vonk_slice, message.n_blocks, err);
    VONK_TRY_ALLOC(again);
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < message.n_blocks && status == VONK_OK; i++) {
        batches.length = 0;
        status = rewrite_batches(message.blocks[i], arena, &batches, err);
        again[i].length = batches.length;
        again[i].data = vonk_arena_strndup(arena, batches.data, batches.length, err);
        if (status == VONK_OK && !again[i].data)
            status = VONK_NO_MEMORY;
    }
    message.blocks = again;
    if (status == VONK_OK)
        vonk_wire_put_blocks(out, &message);
    vonk_buffer_free(&batches);
    return status;
}

static vonk_status rewrite_control(vonk_wire_kind kind, vonk_slice bytes, vonk_arena *arena,
                                   vonk_buffer *out, vonk_error *err)
{
    union {
        vonk_wire_register reg;
        vonk_wire_registered registered;
        vonk_wire_heartbeat heartbeat;
        vonk_wire_beat beat;
        vonk_wire_ended ended;
    } m;
    switch (kind) {
    case VONK_WIRE_REGISTER:
        VONK_TRY(vonk_wire_get_register(bytes, arena, &m.reg, err));
        vonk_wire_put_register(out, &m.reg);
        break;
    case VONK_WIRE_REGISTERED:
        VONK_TRY(vonk_wire_get_registered(bytes, arena, &m.registered, err));
        vonk_wire_put_registered(out, &m.registered);
        break;
    case VONK_WIRE_HEARTBEAT:
        VONK_TRY(vonk_wire_get_heartbeat(bytes, arena, &m.heartbeat, err));
        vonk_wire_put_heartbeat(out, &m.heartbeat);
        break;
    case VONK_WIRE_BEAT:
        VONK_TRY(vonk_wire_get_beat(bytes, arena, &m.beat, err));
        vonk_wire_put_beat(out, &m.beat);
        break;
    default:
        VONK_TRY(vonk_wire_get_ended(bytes, arena, &m.ended, err));
        vonk_wire_put_ended(out, &m.ended);
        break;
    }
    return VONK_OK;
}

static vonk_status rewrite_message(vonk_slice bytes, vonk_arena *arena, vonk_buffer *out,
                                   vonk_error *err)
{
    union {
        vonk_wire_task_id id;
        uint64_t job;
        vonk_wire_fetch fetch;
        vonk_error error;
    } m;
    vonk_wire_kind kind = vonk_wire_kind_of(bytes);
    switch (kind) {
    case VONK_WIRE_TASK:
        return rewrite_task(bytes, arena, out, err);
    case VONK_WIRE_ROWS:
        return rewrite_rows(bytes, arena, out, err);
    case VONK_WIRE_BLOCKS:
        return rewrite_blocks(bytes, arena, out, err);
    case VONK_WIRE_KILL:
        VONK_TRY(vonk_wire_get_kill(bytes, &m.id, err));
        vonk_wire_put_kill(out, &m.id);
        return VONK_OK;
    case VONK_WIRE_END_JOB:
        VONK_TRY(vonk_wire_get_end_job(bytes, &m.job, err));
        vonk_wire_put_end_job(out, m.job);
        return VONK_OK;
    case VONK_WIRE_STOP:
        VONK_TRY(vonk_wire_get_stop(bytes, err));
        vonk_wire_put_stop(out);
        return VONK_OK;
    case VONK_WIRE_FETCH:
        VONK_TRY(vonk_wire_get_fetch(bytes, arena, &m.fetch, err));
        vonk_wire_put_fetch(out, &m.fetch);
        return VONK_OK;
    case VONK_WIRE_FAILED:
        VONK_TRY(vonk_wire_get_failed(bytes, &m.error, err));
        vonk_wire_put_failed(out, &m.error);
        return VONK_OK;
    case VONK_WIRE_NONE:
    case VONK_WIRE_N_KINDS:
        return vonk_fail(err, VONK_CORRUPT, "not a message");
    default:
        return rewrite_control(kind, bytes, arena, out, err);
    }
}
