/* messages.c - field by field, in the order of the structs. */
#include "wire/messages.h"

#include <string.h>

#include "wire/metrics.h"
#include "wire/plan.h"
#include "wire/schema.h"

#define ID_BYTES     20
#define MIN_ENDED    134 /* bytes: id, error, metrics, counts, lost */
#define MIN_LOCATION 8
#define MIN_INPUT    16

vonk_wire_kind vonk_wire_kind_of(vonk_slice bytes)
{
    uint8_t kind = bytes.length ? (uint8_t)bytes.data[0] : 0;
    return kind < VONK_WIRE_N_KINDS ? (vonk_wire_kind)kind : VONK_WIRE_NONE;
}

static void put_kind(vonk_buffer *out, vonk_wire_kind kind)
{
    vonk_wire_put_u8(out, (uint8_t)kind);
}

/* A reader behind the kind byte, which must be `kind`. */
static vonk_wire_reader begin(vonk_slice bytes, vonk_wire_kind kind, vonk_arena *arena,
                              vonk_error *err)
{
    vonk_wire_reader in = vonk_wire_reader_of(bytes, arena, err);
    uint8_t found = vonk_wire_u8(&in);
    if (in.status == VONK_OK && found != kind)
        vonk_wire_fail(&in, "a message of kind %u where %d belongs", found, (int)kind);
    return in;
}

/* Ends a get: *ret = *message if all is well. */
#define END(in, message, ret)                                                                      \
    do {                                                                                           \
        VONK_TRY(vonk_wire_end(in));                                                               \
        *(ret) = (message);                                                                        \
        return VONK_OK;                                                                            \
    } while (0)

static void put_id(vonk_buffer *out, const vonk_wire_task_id *id)
{
    vonk_wire_put_u64(out, id->job);
    vonk_wire_put_u32(out, id->stage);
    vonk_wire_put_u32(out, id->index);
    vonk_wire_put_u32(out, id->attempt);
}

static vonk_wire_task_id get_id(vonk_wire_reader *in)
{
    vonk_wire_task_id id;
    id.job = vonk_wire_u64(in);
    id.stage = vonk_wire_u32(in);
    id.index = vonk_wire_u32(in);
    id.attempt = vonk_wire_u32(in);
    return id;
}

static void put_ids(vonk_buffer *out, uint32_t n, const vonk_wire_task_id *ids)
{
    vonk_wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        put_id(out, &ids[i]);
}

static const vonk_wire_task_id *get_ids(vonk_wire_reader *in, uint32_t *ret_n)
{
    uint32_t n = vonk_wire_count(in, ID_BYTES, "tasks");
    vonk_wire_task_id *ids = vonk_wire_array(in, n, sizeof *ids);
    for (uint32_t i = 0; ids && i < n; i++)
        ids[i] = get_id(in);
    *ret_n = in->status == VONK_OK ? n : 0;
    return ids;
}

static void put_jobs(vonk_buffer *out, uint32_t n, const uint64_t *jobs)
{
    vonk_wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        vonk_wire_put_u64(out, jobs[i]);
}

static const uint64_t *get_jobs(vonk_wire_reader *in, uint32_t *ret_n)
{
    uint32_t n = vonk_wire_count(in, 8, "jobs");
    uint64_t *jobs = vonk_wire_array(in, n, sizeof *jobs);
    for (uint32_t i = 0; jobs && i < n; i++)
        jobs[i] = vonk_wire_u64(in);
    *ret_n = in->status == VONK_OK ? n : 0;
    return jobs;
}

/* ---- control ---- */

void vonk_wire_put_register(vonk_buffer *out, const vonk_wire_register *message)
{
    put_kind(out, VONK_WIRE_REGISTER);
    vonk_wire_put_u32(out, message->executor);
    vonk_wire_put_u32(out, message->slots);
    vonk_wire_put_u64(out, message->memory);
    vonk_wire_put_text(out, message->task_url);
    vonk_wire_put_text(out, message->block_url);
    vonk_wire_put_text(out, message->build);
}

vonk_status vonk_wire_get_register(vonk_slice bytes, vonk_arena *arena, vonk_wire_register *ret,
                                   vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_REGISTER, arena, err);
    vonk_wire_register message;
    message.executor = vonk_wire_u32(&in);
    message.slots = vonk_wire_u32(&in);
    message.memory = vonk_wire_u64(&in);
    message.task_url = vonk_wire_text(&in);
    message.block_url = vonk_wire_text(&in);
    message.build = vonk_wire_text(&in);
    END(&in, message, ret);
}

void vonk_wire_put_registered(vonk_buffer *out, const vonk_wire_registered *message)
{
    put_kind(out, VONK_WIRE_REGISTERED);
    vonk_wire_put_u32(out, message->heartbeat_ms);
    vonk_wire_put_u32(out, message->timeout_ms);
    vonk_wire_put_text(out, message->result_url);
    vonk_wire_put_bool(out, message->compress);
}

vonk_status vonk_wire_get_registered(vonk_slice bytes, vonk_arena *arena, vonk_wire_registered *ret,
                                     vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_REGISTERED, arena, err);
    vonk_wire_registered message;
    message.heartbeat_ms = vonk_wire_u32(&in);
    message.timeout_ms = vonk_wire_u32(&in);
    message.result_url = vonk_wire_text(&in);
    message.compress = vonk_wire_bool(&in);
    END(&in, message, ret);
}

static void put_metrics(vonk_buffer *out, const vonk_wire_metrics *m)
{
    const uint64_t all[] = {m->rows_read,   m->bytes_read,   m->rows_out,
                            m->bytes_out,   m->cpu_ns,       m->wall_ns,
                            m->peak_memory, m->groups_total, m->groups_pruned};
    for (size_t i = 0; i < VONK_LENGTH(all); i++)
        vonk_wire_put_u64(out, all[i]);
}

static vonk_wire_metrics get_metrics(vonk_wire_reader *in)
{
    vonk_wire_metrics m;
    uint64_t *const all[] = {&m.rows_read,   &m.bytes_read,   &m.rows_out,
                             &m.bytes_out,   &m.cpu_ns,       &m.wall_ns,
                             &m.peak_memory, &m.groups_total, &m.groups_pruned};
    for (size_t i = 0; i < VONK_LENGTH(all); i++)
        *all[i] = vonk_wire_u64(in);
    return m;
}

void vonk_wire_put_end(vonk_buffer *out, const vonk_wire_ended *ended)
{
    put_id(out, &ended->id);
    vonk_wire_put_error(out, &ended->error);
    vonk_wire_put_u32(out, ended->n_rows_messages);
    put_metrics(out, &ended->metrics);
    vonk_wire_put_u32(out, ended->n_files);
    for (uint32_t i = 0; i < ended->n_files; i++)
        vonk_wire_put_text(out, ended->files[i]);
    vonk_wire_put_op_metrics(out, ended->n_ops, ended->ops);
    vonk_wire_put_u32(out, ended->lost_stage);
    vonk_wire_put_u32(out, ended->lost_map);
    vonk_wire_put_u32(out, ended->lost_executor);
}

static vonk_wire_ended get_end(vonk_wire_reader *in)
{
    vonk_wire_ended ended;
    ended.id = get_id(in);
    vonk_wire_error(in, &ended.error);
    ended.n_rows_messages = vonk_wire_u32(in);
    ended.metrics = get_metrics(in);
    ended.n_files = vonk_wire_count(in, 4, "files");
    ended.files = vonk_wire_array(in, ended.n_files, sizeof *ended.files);
    for (uint32_t i = 0; ended.files && i < ended.n_files; i++)
        ended.files[i] = vonk_wire_text(in);
    ended.ops = vonk_wire_op_metrics(in, &ended.n_ops);
    ended.lost_stage = vonk_wire_u32(in);
    ended.lost_map = vonk_wire_u32(in);
    ended.lost_executor = vonk_wire_u32(in);
    return ended;
}

void vonk_wire_put_heartbeat(vonk_buffer *out, const vonk_wire_heartbeat *message)
{
    put_kind(out, VONK_WIRE_HEARTBEAT);
    vonk_wire_put_u32(out, message->executor);
    vonk_wire_put_u64(out, message->sequence);
    vonk_wire_put_u64(out, message->memory_used);
    vonk_wire_put_u64(out, message->memory_peak);
    put_ids(out, message->n_running, message->running);
    vonk_wire_put_u32(out, message->n_ended);
    for (uint32_t i = 0; message->ended && i < message->n_ended; i++)
        vonk_wire_put_end(out, &message->ended[i]);
    if (!message->ended)
        vonk_buffer_append(out, message->raw_ended.data, message->raw_ended.length);
    put_jobs(out, message->n_jobs, message->jobs);
}

vonk_status vonk_wire_get_heartbeat(vonk_slice bytes, vonk_arena *arena, vonk_wire_heartbeat *ret,
                                    vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_HEARTBEAT, arena, err);
    vonk_wire_heartbeat message = {0};
    message.executor = vonk_wire_u32(&in);
    message.sequence = vonk_wire_u64(&in);
    message.memory_used = vonk_wire_u64(&in);
    message.memory_peak = vonk_wire_u64(&in);
    message.running = get_ids(&in, &message.n_running);
    message.n_ended = vonk_wire_count(&in, MIN_ENDED, "ended tasks");
    vonk_wire_ended *ended = vonk_wire_array(&in, message.n_ended, sizeof *ended);
    for (uint32_t i = 0; ended && i < message.n_ended; i++)
        ended[i] = get_end(&in);
    message.ended = ended;
    message.jobs = get_jobs(&in, &message.n_jobs);
    END(&in, message, ret);
}

void vonk_wire_put_beat(vonk_buffer *out, const vonk_wire_beat *message)
{
    put_kind(out, VONK_WIRE_BEAT);
    vonk_wire_put_bool(out, message->stop);
    put_ids(out, message->n_acknowledged, message->acknowledged);
    put_ids(out, message->n_unwanted, message->unwanted);
    put_jobs(out, message->n_over, message->over);
}

vonk_status vonk_wire_get_beat(vonk_slice bytes, vonk_arena *arena, vonk_wire_beat *ret,
                               vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_BEAT, arena, err);
    vonk_wire_beat message;
    message.stop = vonk_wire_bool(&in);
    message.acknowledged = get_ids(&in, &message.n_acknowledged);
    message.unwanted = get_ids(&in, &message.n_unwanted);
    message.over = get_jobs(&in, &message.n_over);
    END(&in, message, ret);
}

/* ---- tasks ---- */

/* A field that was added must travel too (but `cancelled`, `random` and `in_sets`): put it, get it,
 * then change the number here. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(vonk_eval_settings) == 56, "vonk_eval_settings has changed");
#endif

vonk_status vonk_wire_put_stage(vonk_buffer *out, const vonk_wire_stage *stage, vonk_error *err)
{
    vonk_wire_put_u32(out, stage->n_tasks);
    vonk_wire_put_u32(out, stage->batch_rows);
    vonk_wire_put_bool(out, stage->is_result);
    vonk_wire_put_bool(out, stage->settings.ansi);
    vonk_wire_put_text(out, stage->settings.time_zone);
    vonk_wire_put_i64(out, stage->settings.now_us);
    vonk_wire_put_bool(out, stage->settings.binary_as_hex);
    vonk_wire_put_options(out, &stage->stores);
    VONK_TRY(vonk_wire_put_physical(out, stage->root, err));
    return vonk_buffer_check(out, err);
}

vonk_status vonk_wire_get_stage(vonk_slice bytes, vonk_arena *arena, vonk_wire_stage *ret,
                                vonk_error *err)
{
    vonk_wire_reader in = vonk_wire_reader_of(bytes, arena, err);
    vonk_wire_stage stage = {0};
    stage.n_tasks = vonk_wire_u32(&in);
    stage.batch_rows = vonk_wire_u32(&in);
    stage.is_result = vonk_wire_bool(&in);
    stage.settings.ansi = vonk_wire_bool(&in);
    stage.settings.time_zone = vonk_wire_text_or_null(&in);
    stage.settings.now_us = vonk_wire_i64(&in);
    stage.settings.binary_as_hex = vonk_wire_bool(&in);
    stage.stores = vonk_wire_options(&in);
    stage.root = vonk_wire_physical(&in);
    END(&in, stage, ret);
}

/* The index in `places` (first maps of distinct executors) of location i's place; adds it. */
static uint32_t find_place(vonk_buffer *places, const vonk_wire_location *locations, uint32_t i)
{
    size_t n = places->length / sizeof(uint32_t);
    for (size_t p = 0; p < n; p++) {
        uint32_t first;
        memcpy(&first, places->data + p * sizeof first, sizeof first);
        if (locations[first].executor == locations[i].executor)
            return (uint32_t)p;
    }
    vonk_wire_put_u32(places, i);
    return (uint32_t)n;
}

/* The distinct places, and a place for each map: many maps lie on few executors. */
static void put_input(vonk_buffer *out, const vonk_wire_input *input)
{
    vonk_buffer places = {0}, maps = {0};
    for (uint32_t i = 0; i < input->n_maps; i++)
        vonk_wire_put_u32(&maps, find_place(&places, input->locations, i));
    vonk_wire_put_u32(out, input->exchange_id);
    vonk_wire_put_u32(out, input->map_stage);
    vonk_wire_put_u32(out, (uint32_t)(places.length / sizeof(uint32_t)));
    for (size_t p = 0; p < places.length; p += sizeof(uint32_t)) {
        uint32_t first;
        memcpy(&first, places.data + p, sizeof first);
        vonk_wire_put_u32(out, input->locations[first].executor);
        vonk_wire_put_text(out, input->locations[first].address);
    }
    vonk_wire_put_u32(out, input->n_maps);
    vonk_buffer_append(out, maps.data, maps.length);
    out->failed = out->failed || places.failed || maps.failed;
    vonk_buffer_free(&places);
    vonk_buffer_free(&maps);
}

static vonk_wire_input get_input(vonk_wire_reader *in)
{
    vonk_wire_input input = {0};
    input.exchange_id = vonk_wire_u32(in);
    input.map_stage = vonk_wire_u32(in);
    uint32_t n_places = vonk_wire_count(in, MIN_LOCATION, "places");
    vonk_wire_location *places = vonk_wire_array(in, n_places, sizeof *places);
    for (uint32_t i = 0; places && i < n_places; i++) {
        places[i].executor = vonk_wire_u32(in);
        places[i].address = vonk_wire_text(in);
    }
    input.n_maps = vonk_wire_count(in, 4, "maps");
    vonk_wire_location *locations = vonk_wire_array(in, input.n_maps, sizeof *locations);
    for (uint32_t i = 0; locations && i < input.n_maps && in->status == VONK_OK; i++) {
        uint32_t place = vonk_wire_u32(in);
        if (in->status == VONK_OK && (!places || place >= n_places))
            vonk_wire_fail(in, "place %u of %u", place, n_places);
        else if (in->status == VONK_OK)
            locations[i] = places[place];
    }
    input.locations = locations;
    return input;
}

void vonk_wire_put_task(vonk_buffer *out, const vonk_wire_task *message)
{
    put_kind(out, VONK_WIRE_TASK);
    vonk_wire_put_u64(out, message->sequence);
    put_id(out, &message->id);
    vonk_wire_put_splits(out, message->n_splits, message->splits);
    vonk_wire_put_u32(out, message->n_inputs);
    for (uint32_t i = 0; i < message->n_inputs; i++)
        put_input(out, &message->inputs[i]);
    vonk_wire_put_bytes(out, message->stage.data, message->stage.length);
}

vonk_status vonk_wire_get_task(vonk_slice bytes, vonk_arena *arena, vonk_wire_task *ret,
                               vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_TASK, arena, err);
    vonk_wire_task message;
    message.sequence = vonk_wire_u64(&in);
    message.id = get_id(&in);
    message.splits = vonk_wire_splits(&in, &message.n_splits);
    message.n_inputs = vonk_wire_count(&in, MIN_INPUT, "inputs");
    vonk_wire_input *inputs = vonk_wire_array(&in, message.n_inputs, sizeof *inputs);
    for (uint32_t i = 0; i < message.n_inputs && in.status == VONK_OK; i++)
        inputs[i] = get_input(&in);
    message.inputs = inputs;
    message.stage = vonk_wire_bytes(&in);
    END(&in, message, ret);
}

void vonk_wire_put_kill(vonk_buffer *out, const vonk_wire_task_id *id)
{
    put_kind(out, VONK_WIRE_KILL);
    put_id(out, id);
}

vonk_status vonk_wire_get_kill(vonk_slice bytes, vonk_wire_task_id *ret, vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_KILL, NULL, err);
    vonk_wire_task_id id = get_id(&in);
    END(&in, id, ret);
}

void vonk_wire_put_end_job(vonk_buffer *out, uint64_t job)
{
    put_kind(out, VONK_WIRE_END_JOB);
    vonk_wire_put_u64(out, job);
}

vonk_status vonk_wire_get_end_job(vonk_slice bytes, uint64_t *ret, vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_END_JOB, NULL, err);
    uint64_t job = vonk_wire_u64(&in);
    END(&in, job, ret);
}

void vonk_wire_put_stop(vonk_buffer *out)
{
    put_kind(out, VONK_WIRE_STOP);
}

vonk_status vonk_wire_get_stop(vonk_slice bytes, vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_STOP, NULL, err);
    return vonk_wire_end(&in);
}

/* ---- results ---- */

void vonk_wire_put_rows(vonk_buffer *out, const vonk_wire_rows *message)
{
    put_kind(out, VONK_WIRE_ROWS);
    put_id(out, &message->id);
    vonk_wire_put_u32(out, message->number);
    vonk_wire_put_bytes(out, message->batches.data, message->batches.length);
}

vonk_status vonk_wire_get_rows(vonk_slice bytes, vonk_wire_rows *ret, vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_ROWS, NULL, err);
    vonk_wire_rows message;
    message.id = get_id(&in);
    message.number = vonk_wire_u32(&in);
    message.batches = vonk_wire_bytes(&in);
    END(&in, message, ret);
}

void vonk_wire_put_ended(vonk_buffer *out, const vonk_wire_ended *message)
{
    put_kind(out, VONK_WIRE_TASK_ENDED);
    vonk_wire_put_end(out, message);
}

vonk_status vonk_wire_get_ended(vonk_slice bytes, vonk_arena *arena, vonk_wire_ended *ret,
                                vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_TASK_ENDED, arena, err);
    vonk_wire_ended message = get_end(&in);
    END(&in, message, ret);
}

/* ---- blocks ---- */

void vonk_wire_put_fetch(vonk_buffer *out, const vonk_wire_fetch *message)
{
    put_kind(out, VONK_WIRE_FETCH);
    vonk_wire_put_u64(out, message->job);
    vonk_wire_put_u32(out, message->exchange);
    vonk_wire_put_u32(out, message->batch);
    vonk_wire_put_u32(out, message->row);
    vonk_wire_put_u32(out, message->n_places);
    for (uint32_t i = 0; i < message->n_places; i++) {
        vonk_wire_put_u32(out, message->places[i].map);
        vonk_wire_put_u32(out, message->places[i].partition);
    }
}

vonk_status vonk_wire_get_fetch(vonk_slice bytes, vonk_arena *arena, vonk_wire_fetch *ret,
                                vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_FETCH, arena, err);
    vonk_wire_fetch message;
    message.job = vonk_wire_u64(&in);
    message.exchange = vonk_wire_u32(&in);
    message.batch = vonk_wire_u32(&in);
    message.row = vonk_wire_u32(&in);
    message.n_places = vonk_wire_count(&in, 8, "blocks");
    if (in.status == VONK_OK && !message.n_places)
        (void)vonk_wire_fail(&in, "no block is asked for");
    vonk_wire_place *places = vonk_wire_array(&in, message.n_places, sizeof *places);
    for (uint32_t i = 0; places && i < message.n_places; i++) {
        places[i].map = vonk_wire_u32(&in);
        places[i].partition = vonk_wire_u32(&in);
    }
    message.places = places;
    END(&in, message, ret);
}

void vonk_wire_put_blocks(vonk_buffer *out, const vonk_wire_blocks *message)
{
    put_kind(out, VONK_WIRE_BLOCKS);
    vonk_wire_put_bool(out, message->last);
    vonk_wire_put_u32(out, message->batch);
    vonk_wire_put_u32(out, message->row);
    vonk_wire_put_u32(out, message->n_blocks);
    for (uint32_t i = 0; i < message->n_blocks; i++)
        vonk_wire_put_bytes(out, message->blocks[i].data, message->blocks[i].length);
}

vonk_status vonk_wire_get_blocks(vonk_slice bytes, vonk_arena *arena, vonk_wire_blocks *ret,
                                 vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_BLOCKS, arena, err);
    vonk_wire_blocks message;
    message.last = vonk_wire_bool(&in);
    message.batch = vonk_wire_u32(&in);
    message.row = vonk_wire_u32(&in);
    message.n_blocks = vonk_wire_count(&in, 4, "blocks");
    vonk_slice *blocks = vonk_wire_array(&in, message.n_blocks, sizeof *blocks);
    for (uint32_t i = 0; blocks && i < message.n_blocks; i++)
        blocks[i] = vonk_wire_bytes(&in);
    message.blocks = blocks;
    END(&in, message, ret);
}

/* ---- any answer ---- */

void vonk_wire_put_failed(vonk_buffer *out, const vonk_error *error)
{
    put_kind(out, VONK_WIRE_FAILED);
    vonk_wire_put_error(out, error);
}

vonk_status vonk_wire_get_failed(vonk_slice bytes, vonk_error *ret, vonk_error *err)
{
    vonk_wire_reader in = begin(bytes, VONK_WIRE_FAILED, NULL, err);
    vonk_error error;
    vonk_wire_error(&in, &error);
    END(&in, error, ret);
}
