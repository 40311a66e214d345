/*
 * Every message with every field set: round trips, golden bytes of protocol version 4, truncation
 * at every length, flipped bits.
 *
 * The golden files are hex in tests/golden/wire/v4/; VONK_UPDATE_GOLDEN=1 writes them anew, which
 * is right only together with a new protocol version.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/expr.h"
#include "wire/plan.h"
#include "wire/rewrite.inc.h"
#include "wire/schema.h"

#define N_SAMPLES 13

static vonk_arena arena;
static vonk_buffer samples[N_SAMPLES];
static const char *const names[N_SAMPLES] = {"register", "registered", "heartbeat", "beat", "task",
                                             "kill",     "end_job",    "stop",      "rows", "ended",
                                             "fetch",    "blocks",     "failed"};

static const vonk_wire_task_id id = {0x1122334455667788u, 3, 41, 2};

static vonk_error sample_error(void)
{
    vonk_error error;
    vonk_fail_sql(&error, "DIVIDE_BY_ZERO", "Division by zero.");
    vonk_error_at(&error, VONK_USER, 7, 12);
    return error;
}

static vonk_wire_ended sample_ended(void)
{
    static const char *files[] = {"/out/part-00041.parquet", "b"};
    static vonk_op_metrics ops[2] = {{.node = 7}, {.node = 9}};
    for (int m = 0; m < VONK_N_METRICS; m++)
        ops[0].of[m] = 100u + (unsigned)m;
    ops[1].of[VONK_METRIC_SPILLED] = 1;
    return (vonk_wire_ended){.id = id,
                             .error = sample_error(),
                             .n_rows_messages = 5,
                             .metrics = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                             .n_files = 2,
                             .files = files,
                             .n_ops = 2,
                             .ops = ops,
                             .lost_stage = 1,
                             .lost_map = 17,
                             .lost_executor = 4};
}

/* ---- the plan of the TASK sample: every operator and every kind of expression ---- */

static vonk_expr *input(uint32_t index, vonk_type type)
{
    return vonk_expr_input(&arena, index, "col", type, true, NULL);
}

static vonk_expr *literal(vonk_type type, vonk_value value)
{
    return vonk_expr_literal(&arena, type, value, NULL);
}

static vonk_expr *with_type(vonk_expr *e, vonk_type type)
{
    e->type = type;
    e->start = 1;
    e->end = 9;
    return e;
}

static vonk_expr *sum_of(vonk_expr *arg)
{
    vonk_expr *call = with_type(vonk_expr_call1(&arena, "sum", arg, NULL), VONK_TYPE(INT64));
    call->distinct = true;
    call->filter = literal(VONK_TYPE(BOOL), (vonk_value){.boolean = true});
    return call;
}

static vonk_expr *sort_by(vonk_expr *arg)
{
    vonk_expr *sort = vonk_expr_new(&arena, VONK_EXPR_SORT, 1, NULL);
    sort->args[0] = arg;
    sort->descending = sort->nulls_given = true;
    return with_type(sort, arg->type);
}

static vonk_expr *case_of(vonk_expr *when, vonk_expr *then, vonk_expr *otherwise)
{
    vonk_expr *e = vonk_expr_new(&arena, VONK_EXPR_CASE, 3, NULL);
    e->args[0] = when;
    e->args[1] = then;
    e->args[2] = otherwise;
    e->has_else = true;
    return with_type(e, then->type);
}

static vonk_physical *op(vonk_op_kind kind, const vonk_schema *output, vonk_physical *a,
                         vonk_physical *b)
{
    static uint32_t next_id;
    vonk_physical *plan = vonk_physical_new(&arena, kind, b ? 2 : a ? 1 : 0, NULL);
    plan->id = next_id++;
    plan->limit = -1;
    if (a)
        plan->children[0] = a;
    if (b)
        plan->children[1] = b;
    if (output)
        plan->output = *output;
    return plan;
}

static vonk_expr **list(uint32_t n, vonk_expr *a, vonk_expr *b)
{
    vonk_expr **exprs = VONK_NEW_ARRAY(&arena, vonk_expr *, 2, NULL);
    exprs[0] = a;
    if (n > 1)
        exprs[1] = b;
    return exprs;
}

static vonk_schema schema_of(const char *text)
{
    vonk_schema schema;
    cr_assert_eq(vonk_schema_parse(vonk_slice_of(text), &arena, &schema, NULL), VONK_OK);
    return schema;
}

static vonk_physical *sample_scan(const vonk_schema *two)
{
    static vonk_option options[] = {{"header", "true"}, {"sep", ";"}};
    static vonk_relation relation;
    relation = (vonk_relation){
        .name = "flights",
        .format = "csv",
        .options = {2, options},
        .schema = schema_of("x int, y array<decimal(20,3)>, z struct<p:map<string,date>,q:binary>"),
        .n_rows = -1};
    vonk_physical *scan = op(VONK_OP_SCAN, two, NULL, NULL);
    scan->relation = &relation;
    scan->columns = VONK_NEW_ARRAY(&arena, uint32_t, 2, NULL);
    scan->columns[0] = 2;
    scan->n_exprs = 1;
    scan->exprs = list(1, literal(VONK_TYPE(BOOL), (vonk_value){.is_null = true}), NULL);
    return scan;
}

static vonk_physical *sample_projection(const vonk_schema *two, vonk_physical *child)
{
    vonk_physical *project = op(VONK_OP_PROJECT, two, child, NULL);
    vonk_expr *text =
        literal(VONK_TYPE(STRING), (vonk_value){.string = VONK_SLICE("a longer literal, \0 too")});
    vonk_expr *cast = vonk_expr_cast(&arena, text, VONK_TYPE(INT32), true, NULL);
    vonk_expr *wide =
        literal(VONK_TYPE_DECIMAL(38, 2), (vonk_value){.i128 = -((vonk_int128)1 << 90)});
    project->n_exprs = 2;
    project->exprs = list(2,
                          case_of(literal(VONK_TYPE(BOOL), (vonk_value){.boolean = false}), cast,
                                  input(1, VONK_TYPE(INT32))),
                          vonk_expr_alias(&arena, with_type(wide, wide->type), "w", NULL));
    return project;
}

static vonk_physical *sample_plan(void)
{
    vonk_schema two = schema_of("a int, b decimal(38,2) NOT NULL");
    vonk_schema none = {0};
    vonk_physical *filter = op(VONK_OP_FILTER, &two, sample_scan(&two), NULL);
    filter->n_exprs = 1;
    filter->columns = VONK_NEW_ARRAY(&arena, uint32_t, 2, NULL);
    filter->columns[0] = 1;
    filter->exprs = list(
        1,
        with_type(vonk_expr_call2(&arena, "=", input(0, VONK_TYPE(INT32)),
                                  literal(VONK_TYPE(FLOAT64), (vonk_value){.f64 = -0.5}), NULL),
                  VONK_TYPE(BOOL)),
        NULL);
    vonk_physical *values = op(VONK_OP_VALUES, &two, NULL, NULL);
    values->n_rows = 1;
    values->n_columns = values->n_exprs = 2;
    values->exprs = list(2, literal(VONK_TYPE(DATE), (vonk_value){.i64 = -7}),
                         literal(VONK_TYPE(INT64), (vonk_value){.i64 = INT64_MIN}));
    vonk_physical *range = op(VONK_OP_RANGE, &two, NULL, NULL);
    range->range_start = -5;
    range->range_end = INT64_MAX;
    range->range_step = 3;
    vonk_physical *both = op(VONK_OP_UNION, &two, values, range);
    vonk_physical *join = op(VONK_OP_JOIN, &two, sample_projection(&two, filter), both);
    join->n_keys = 1;
    join->keys = list(1, input(1, VONK_TYPE(INT32)), NULL);
    join->right_keys = list(1, input(0, VONK_TYPE(INT32)), NULL);
    join->condition = with_type(input(3, VONK_TYPE(BOOL)), VONK_TYPE(BOOL));
    join->join_type = VONK_JOIN_ANTI;
    join->null_aware = true;
    join->null_safe = 1;
    vonk_physical *aggregate = op(VONK_OP_AGGREGATE, &two, join, NULL);
    aggregate->mode = VONK_AGG_PARTIAL;
    aggregate->n_keys = aggregate->n_exprs = 1;
    aggregate->keys = list(1, input(0, VONK_TYPE(INT32)), NULL);
    aggregate->exprs = list(1, sum_of(input(1, VONK_TYPE(INT32))), NULL);
    vonk_physical *sort = op(VONK_OP_SORT, &two, aggregate, NULL);
    sort->n_keys = 1;
    sort->keys = list(1, sort_by(input(1, VONK_TYPE(INT32))), NULL);
    sort->limit = 10;
    vonk_physical *limit = op(VONK_OP_LIMIT, &two, sort, NULL);
    limit->limit = 7;
    limit->offset = 2;
    vonk_physical *exchange = op(VONK_OP_EXCHANGE, &two, limit, NULL);
    exchange->partitioning = VONK_PART_HASH;
    exchange->n_partitions = 200;
    exchange->exchange_id = 6;
    exchange->n_keys = 1;
    exchange->keys = list(1, input(0, VONK_TYPE(INT32)), NULL);
    static vonk_option options[] = {{"compression", "zstd"}};
    vonk_physical *write = op(VONK_OP_WRITE, &none, exchange, NULL);
    write->format = "parquet";
    write->path = "/tmp/out";
    write->options = (vonk_options){1, options};
    return write;
}

static void make_task(vonk_buffer *out)
{
    static const vonk_split splits[] = {{4, "/data/a.csv", 0, 1 << 20, 5 << 20},
                                        {5, NULL, 7, 9, 0}};
    static const vonk_wire_location places[] = {
        {0, "tcp://10.0.0.1:1"}, {1, "tcp://10.0.0.2:2"}, {0, "tcp://10.0.0.1:1"}};
    static const vonk_wire_input inputs[] = {{9, 2, 3, places}, {8, 1, 0, NULL}};
    static const vonk_option stores[] = {{"fs.s3a.endpoint", "http://127.0.0.1:9000"}};
    vonk_buffer stage = {0};
    cr_assert_eq(
        vonk_wire_put_stage(&stage,
                            &(vonk_wire_stage){.n_tasks = 64,
                                               .batch_rows = 8192,
                                               .is_result = true,
                                               .settings = {.ansi = true,
                                                            .time_zone = "Europe/Amsterdam",
                                                            .now_us = 1234567890123,
                                                            .binary_as_hex = true},
                                               .stores = {1, stores},
                                               .root = sample_plan()},
                            NULL),
        VONK_OK);
    vonk_wire_put_task(out, &(vonk_wire_task){.sequence = 99,
                                              .id = id,
                                              .n_splits = 2,
                                              .splits = splits,
                                              .n_inputs = 2,
                                              .inputs = inputs,
                                              .stage = {stage.data, stage.length}});
    vonk_buffer_free(&stage);
}

static void make_batches(vonk_buffer *out)
{
    int32_t numbers[] = {1, -2, 3};
    uint64_t valid = 5;
    uint32_t codes[] = {1, 0, 1};
    vonk_string words[] = {vonk_string_of("short", 5), vonk_string_of("rather a long string", 20)};
    vonk_column columns[] = {
        {.type = VONK_TYPE(INT32), .length = 3, .values = numbers, .validity = &valid},
        {.type = VONK_TYPE(STRING),
         .encoding = VONK_DICTIONARY,
         .length = 3,
         .n_dictionary = 2,
         .values = words,
         .codes = codes}};
    vonk_batch batch = {3, 2, columns};
    cr_assert_eq(vonk_wire_put_batch(out, &batch, VONK_WIRE_PLAIN, NULL), VONK_OK);
    cr_assert_eq(vonk_wire_put_batch(out, &batch, VONK_WIRE_PLAIN, NULL), VONK_OK);
}

static void make_control(void)
{
    static const uint64_t jobs[] = {1, UINT64_MAX};
    static const vonk_wire_task_id ids[] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    vonk_wire_ended ended[] = {sample_ended(), {.id = id}};
    vonk_wire_put_register(&samples[0], &(vonk_wire_register){7, 4, 1u << 30, "tcp://127.0.0.1:1",
                                                              "tcp://127.0.0.1:2", "0.1.0"});
    vonk_wire_put_registered(&samples[1],
                             &(vonk_wire_registered){1000, 10000, "tcp://127.0.0.1:3", true});
    vonk_wire_put_heartbeat(&samples[2], &(vonk_wire_heartbeat){.executor = 7,
                                                                .sequence = 99,
                                                                .memory_used = 1000,
                                                                .memory_peak = 2000,
                                                                .n_running = 2,
                                                                .running = ids,
                                                                .n_ended = 2,
                                                                .ended = ended,
                                                                .n_jobs = 2,
                                                                .jobs = jobs});
    vonk_wire_put_beat(&samples[3], &(vonk_wire_beat){true, 2, ids, 1, ids + 1, 2, jobs});
}

static void make_samples(void)
{
    vonk_buffer batches = {0};
    make_control();
    make_task(&samples[4]);
    vonk_wire_put_kill(&samples[5], &id);
    vonk_wire_put_end_job(&samples[6], 77);
    vonk_wire_put_stop(&samples[7]);
    make_batches(&batches);
    vonk_slice rows = {batches.data, batches.length};
    vonk_wire_put_rows(&samples[8], &(vonk_wire_rows){id, 12, rows});
    vonk_wire_ended ended = sample_ended();
    vonk_wire_put_ended(&samples[9], &ended);
    static const vonk_wire_place places[] = {{2, 3}, {8, 0}};
    vonk_wire_put_fetch(&samples[10], &(vonk_wire_fetch){77, 1, 4, 5, 2, places});
    vonk_slice blocks[] = {rows, {NULL, 0}, rows};
    vonk_wire_put_blocks(&samples[11], &(vonk_wire_blocks){true, 6, 7, 3, blocks});
    vonk_error error = sample_error();
    vonk_wire_put_failed(&samples[12], &error);
    vonk_buffer_free(&batches);
    for (int i = 0; i < N_SAMPLES; i++)
        cr_assert(!samples[i].failed && samples[i].length);
}

static void free_samples(void)
{
    for (int i = 0; i < N_SAMPLES; i++)
        vonk_buffer_free(&samples[i]);
    vonk_arena_free(&arena);
}

TestSuite(wire_messages, .init = make_samples, .fini = free_samples);

static vonk_slice bytes_of(int i)
{
    return (vonk_slice){samples[i].data, samples[i].length};
}

Test(wire_messages, all_come_back_as_they_went)
{
    for (int i = 0; i < N_SAMPLES; i++) {
        vonk_arena scratch = {0};
        vonk_buffer again = {0};
        vonk_error err = {0};
        cr_assert_eq(rewrite_message(bytes_of(i), &scratch, &again, &err), VONK_OK, "%s: %s",
                     names[i], err.message);
        cr_assert(vonk_slice_equal(bytes_of(i), (vonk_slice){again.data, again.length}), "%s",
                  names[i]);
        vonk_buffer_free(&again);
        vonk_arena_free(&scratch);
    }
}

static void golden_path(char *path, size_t size, int i)
{
    static const char here[] = __FILE__;
    const char *end = strstr(here, "tests/wire/");
    (void)snprintf(path, size, "%.*stests/golden/wire/v4/%s.hex", (int)(end - here), here,
                   names[i]);
}

static void print_hex(vonk_slice bytes, vonk_buffer *out)
{
    for (size_t i = 0; i < bytes.length; i++)
        vonk_buffer_printf(out, "%02x%s", (unsigned char)bytes.data[i],
                           i % 32 == 31 || i + 1 == bytes.length ? "\n" : " ");
}

Test(wire_messages, the_bytes_of_version_4_stay_as_they_are)
{
    for (int i = 0; i < N_SAMPLES; i++) {
        char path[4096];
        golden_path(path, sizeof path, i);
        vonk_buffer hex = {0}, expected = {0};
        print_hex(bytes_of(i), &hex);
        FILE *file = fopen(path, getenv("VONK_UPDATE_GOLDEN") ? "w+" : "r");
        cr_assert(file, "%s", path);
        if (getenv("VONK_UPDATE_GOLDEN")) {
            cr_assert_eq(fwrite(hex.data, 1, hex.length, file), hex.length);
            rewind(file);
        }
        int c;
        while ((c = getc(file)) != EOF)
            vonk_buffer_char(&expected, (char)c);
        cr_assert_eq(fclose(file), 0);
        cr_assert_str_eq(vonk_buffer_str(&hex), vonk_buffer_str(&expected), "%s", names[i]);
        vonk_buffer_free(&hex);
        vonk_buffer_free(&expected);
    }
}

Test(wire_messages, a_message_cut_anywhere_or_too_long_is_refused)
{
    for (int i = 0; i < N_SAMPLES; i++) {
        for (size_t length = 0; length <= samples[i].length + 1; length++) {
            if (length == samples[i].length)
                continue;
            vonk_arena scratch = {0};
            vonk_buffer again = {0};
            vonk_error err = {0};
            char *exact = calloc(1, length + 1); /* so that a read beyond is seen */
            char *copy = realloc(exact, length ? length : 1);
            memcpy(copy, samples[i].data, length < samples[i].length ? length : samples[i].length);
            vonk_status status =
                rewrite_message((vonk_slice){copy, length}, &scratch, &again, &err);
            cr_assert_eq(status, VONK_CORRUPT, "%s cut to %zu: %s", names[i], length, err.message);
            cr_assert_neq(err.message[0], '\0');
            free(copy);
            vonk_buffer_free(&again);
            vonk_arena_free(&scratch);
        }
    }
}

/* A flipped bit either is refused or means another message; it never crashes or takes much memory.
 */
Test(wire_messages, flipped_bits_do_no_harm, .timeout = 60)
{
    for (int i = 0; i < N_SAMPLES; i++) {
        for (size_t bit = 0; bit < samples[i].length * 8; bit++) {
            vonk_budget budget = {.limit = 1 << 20};
            vonk_arena scratch = {.budget = &budget};
            vonk_buffer again = {0};
            vonk_error err = {0};
            samples[i].data[bit / 8] ^= (char)(1 << bit % 8);
            vonk_status status = rewrite_message(bytes_of(i), &scratch, &again, &err);
            cr_assert(status == VONK_OK || status == VONK_CORRUPT || status == VONK_UNSUPPORTED ||
                          status == VONK_INVALID,
                      "%s bit %zu: %s", names[i], bit, err.message);
            samples[i].data[bit / 8] ^= (char)(1 << bit % 8);
            vonk_buffer_free(&again);
            vonk_arena_free(&scratch);
        }
    }
}

Test(wire_messages, an_unknown_function_is_named_in_the_error)
{
    vonk_expr *call =
        with_type(vonk_expr_call(&arena, "no_such_thing", 0, NULL, NULL), VONK_TYPE(INT32));
    vonk_buffer out = {0};
    vonk_error err = {0};
    cr_assert_eq(vonk_wire_put_expr(&out, call, &err), VONK_OK);
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){out.data, out.length}, &arena, &err);
    cr_assert_null(vonk_wire_expr(&in));
    cr_assert_eq(in.status, VONK_UNSUPPORTED);
    cr_assert_str_eq(err.message, "this program has no function \"no_such_thing\"");
    vonk_buffer_free(&out);
}

/* sum(a) OVER (ORDER BY b RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) */
static vonk_expr *sample_window(void)
{
    vonk_type type = VONK_TYPE(INT32);
    vonk_expr *window = vonk_expr_new(&arena, VONK_EXPR_WINDOW, 4, NULL);
    window->args[0] = sum_of(input(0, type));
    window->args[1] = sort_by(input(1, type));
    window->args[2] = literal(type, (vonk_value){.i64 = 1});
    window->args[3] = input(1, type); /* the limit */
    window->n_order = 1;
    window->frame_unit = VONK_FRAME_RANGE;
    window->lower = VONK_BOUND_PRECEDING;
    window->upper = VONK_BOUND_CURRENT;
    window->skips_nulls = true;
    return with_type(window, VONK_TYPE(INT64));
}

static vonk_physical *window_over_values(const char *output)
{
    vonk_schema two = schema_of("a int, b int"), more = schema_of(output);
    vonk_physical *values = op(VONK_OP_VALUES, &two, NULL, NULL);
    vonk_physical *window = op(VONK_OP_WINDOW, &more, values, NULL);
    values->n_columns = 2;
    window->n_exprs = window->n_keys = 1;
    window->exprs = list(1, sample_window(), NULL);
    window->keys = list(1, window->exprs[0]->args[1], NULL);
    return window;
}

/* The plan as it arrives, or NULL. */
static vonk_physical *sent(const vonk_physical *plan)
{
    vonk_buffer out = {0};
    vonk_error err = {0};
    cr_assert_eq(vonk_wire_put_physical(&out, plan, &err), VONK_OK);
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){out.data, out.length}, &arena, &err);
    vonk_physical *got = vonk_wire_physical(&in);
    vonk_buffer_free(&out);
    return got;
}

Test(wire_messages, a_window_comes_back_if_its_parts_fit)
{
    vonk_physical *window = window_over_values("a int, b int, s bigint"), *got = sent(window);
    cr_assert_not_null(got);
    cr_expect(vonk_expr_equal(got->exprs[0], window->exprs[0]));
    cr_expect(got->exprs[0]->skips_nulls);
    cr_expect_null(sent(window_over_values("a int, s bigint")), "a column is missing");
    window->n_columns = 2;
    cr_expect_null(sent(window), "more partition keys than keys");
    window->n_columns = 0;
    window->exprs[0]->upper = VONK_BOUND_FOLLOWING;
    cr_expect_null(sent(window), "a bound without its offset");
    window->exprs[0]->upper = VONK_BOUND_CURRENT;
    window->exprs[0]->n_partition = UINT32_MAX;
    cr_expect_null(sent(window), "more partition expressions than arguments");
}

Test(wire_messages, an_expand_comes_back_if_its_rows_fit)
{
    vonk_type type = VONK_TYPE(INT32);
    vonk_schema one = schema_of("a int"), two = schema_of("a int, id int");
    vonk_physical *values = op(VONK_OP_VALUES, &one, NULL, NULL);
    vonk_physical *expand = op(VONK_OP_EXPAND, &two, values, NULL);
    vonk_expr *zero = literal(type, (vonk_value){.i64 = 0});
    values->n_columns = 1;
    expand->n_rows = expand->n_columns = 2;
    expand->n_exprs = 4;
    vonk_expr *exprs[] = {input(0, type), zero, zero, zero};
    expand->exprs = exprs;
    vonk_physical *got = sent(expand);
    cr_assert_not_null(got);
    cr_expect_eq(got->n_rows, 2);
    cr_expect(vonk_expr_equal(got->exprs[0], expand->exprs[0]));
    expand->n_rows = 3;
    cr_expect_null(sent(expand), "a row is missing");
    expand->n_rows = 4;
    expand->n_columns = 1;
    cr_expect_null(sent(expand), "its output is wider");
    expand->n_rows = expand->n_columns = 2;
    expand->exprs[0] = input(1, type);
    cr_expect_null(sent(expand), "its input is narrower");
}

Test(wire_messages, expressions_that_are_not_bound_or_too_deep_are_not_sent)
{
    vonk_buffer out = {0};
    vonk_error err = {0};
    vonk_expr *column = vonk_expr_column(&arena, 3, "a", VONK_TYPE(INT32), true, NULL);
    cr_assert_eq(vonk_wire_put_expr(&out, column, &err), VONK_INVALID);
    vonk_expr *deep = input(0, VONK_TYPE(INT32));
    for (int i = 0; i < VONK_WIRE_MAX_DEPTH; i++)
        deep = vonk_expr_cast(&arena, deep, VONK_TYPE(INT32), false, NULL);
    cr_assert_eq(vonk_wire_put_expr(&out, deep, &err), VONK_INVALID);
    out.length = 0;
    cr_assert_eq(vonk_wire_put_expr(&out, deep->args[0], &err), VONK_OK);
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){out.data, out.length}, &arena, &err);
    cr_assert_not_null(vonk_wire_expr(&in));
    vonk_buffer_free(&out);
}

Test(wire_messages, nesting_without_end_is_refused)
{
    vonk_buffer out = {0};
    vonk_error err = {0};
    for (int i = 0; i < 100000; i++) { /* array<array<array<... */
        vonk_wire_put_u8(&out, VONK_ARRAY);
        vonk_wire_put_u32(&out, 1);
        vonk_wire_put_text(&out, "");
        vonk_wire_put_bool(&out, true);
    }
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){out.data, out.length}, &arena, &err);
    (void)vonk_wire_type(&in);
    cr_assert_eq(in.status, VONK_CORRUPT);
    cr_assert(strstr(err.message, "nested deeper than"), "%s", err.message);
    vonk_buffer_free(&out);
}
