#include "kernel/group_table.h"
#include "support/columns.h"

#define MAX_KEYS  4
#define N_BATCHES 4
#define MAX_ROWS  3000

/* All rows so far, and their group by comparing each with the first row of every group. */
typedef struct model {
    vonk_column firsts[4096][MAX_KEYS];
    uint32_t first_rows[4096];
    uint32_t n_groups, n_keys;
} model;

static uint32_t model_find(const model *m, const vonk_column *keys, uint32_t row)
{
    for (uint32_t g = 0; g < m->n_groups; g++) {
        bool same = true;
        for (uint32_t k = 0; k < m->n_keys && same; k++)
            same = test_same(&m->firsts[g][k], m->first_rows[g], &keys[k], row);
        if (same)
            return g;
    }
    return VONK_NO_GROUP;
}

static uint32_t model_add(model *m, const vonk_column *keys, uint32_t row)
{
    uint32_t group = model_find(m, keys, row);
    if (group != VONK_NO_GROUP)
        return group;
    cr_assert_lt(m->n_groups, 4096);
    memcpy(m->firsts[m->n_groups], keys, m->n_keys * sizeof(*keys));
    m->first_rows[m->n_groups] = row;
    return m->n_groups++;
}

static void check_keys(const model *m, const vonk_group_table *table, vonk_arena *arena)
{
    vonk_column got[MAX_KEYS];
    uint32_t n = vonk_group_table_count(table), start = n / 3;
    cr_assert_eq(n, m->n_groups);
    cr_assert_eq(vonk_group_table_keys(table, arena, start, n - start, got, NULL), VONK_OK);
    for (uint32_t g = start; g < n; g++)
        for (uint32_t k = 0; k < m->n_keys; k++)
            cr_assert(test_same(&got[k], g - start, &m->firsts[g][k], m->first_rows[g]));
}

static void random_keys(vonk_arena *arena, const vonk_type *types, uint32_t n_keys, uint32_t n,
                        int way, vonk_column *keys)
{
    for (uint32_t k = 0; k < n_keys; k++) {
        vonk_encoding encoding = encodings[test_random() % N_ENCODINGS];
        if (way == 1)
            encoding = test_random() % 3 ? VONK_DICTIONARY : VONK_CONSTANT;
        else if (way == 2)
            encoding = VONK_FLAT;
        keys[k] = test_column(arena, types[k], n, way != 2 && test_random() % 2, encoding);
    }
}

/* Way 0: any encodings; 1: codes only; 2: flat without nulls. */
static void group_and_check(const vonk_type *types, uint32_t n_keys, int way)
{
    static uint32_t groups[MAX_ROWS];
    static model m;
    vonk_arena arena = {0}, table_arena = {0};
    vonk_group_table *table;
    vonk_column keys[MAX_KEYS];
    m.n_groups = 0;
    m.n_keys = n_keys;
    cr_assert_eq(vonk_group_table_new(&table_arena, types, n_keys, &table, NULL), VONK_OK);
    for (int batch = 0; batch < N_BATCHES; batch++) {
        uint32_t n = (uint32_t)(test_random() % MAX_ROWS) >> (batch * 2);
        random_keys(&arena, types, n_keys, n, way, keys);
        cr_assert_eq(vonk_group_table_find(table, &arena, keys, n, groups, NULL), VONK_OK);
        for (uint32_t i = 0; i < n; i++)
            cr_assert_eq(groups[i], model_find(&m, keys, i));
        cr_assert_eq(vonk_group_table_find_or_add(table, keys, n, groups, NULL), VONK_OK);
        for (uint32_t i = 0; i < n; i++)
            cr_assert_eq(groups[i], model_add(&m, keys, i), "%u keys, first %s, way %d, row %u",
                         n_keys, vonk_type_sql_name(types[0]), way, i);
        check_keys(&m, table, &arena);
    }
    vonk_arena_free(&arena);
    vonk_arena_free(&table_arena);
}

Test(group_table, numbers_one_key_of_each_type)
{
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (int way = 0; way < 3; way++)
            group_and_check(&flat_types[t], 1, way);
}

Test(group_table, numbers_several_keys_of_random_types)
{
    for (int round = 0; round < 60; round++) {
        vonk_type types[MAX_KEYS];
        uint32_t n_keys = (uint32_t)(2 + test_random() % 2);
        for (uint32_t k = 0; k < n_keys; k++)
            types[k] = flat_types[test_random() % N_FLAT_TYPES];
        group_and_check(types, n_keys, round % 3);
    }
}

static const vonk_slice short_texts[] = {
    VONK_SLICE("A"),    VONK_SLICE("N"),     VONK_SLICE("a"),       VONK_SLICE("a\0"),
    VONK_SLICE("a\0b"), VONK_SLICE(""),      VONK_SLICE("\0"),      VONK_SLICE("abc"),
    VONK_SLICE("abcd"), VONK_SLICE("abc\0"), VONK_SLICE("seven b"), VONK_SLICE("eight by"),
};
#define N_SHORT VONK_LENGTH(short_texts)

/* A batch of random ones of the first n_texts; which[i] says which one row i has. */
static vonk_column short_column(vonk_arena *arena, uint32_t n, uint32_t n_texts, uint32_t *which)
{
    vonk_column col;
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(STRING), n, &col, NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++) {
        which[i] = (uint32_t)(test_random() % n_texts);
        vonk_slice text = short_texts[which[i]];
        ((vonk_string *)col.values)[i] = vonk_string_of(text.data, (uint32_t)text.length);
    }
    return col;
}

/* Strings of up to 3, 7 and more bytes: the cache of packed bytes, and changes of packing. */
static void group_short_strings(uint32_t n_keys)
{
    vonk_arena arena = {0}, work = {0};
    vonk_group_table *table;
    vonk_type types[2] = {VONK_TYPE(STRING), VONK_TYPE(STRING)};
    uint32_t known[N_SHORT][N_SHORT], owner[N_SHORT * N_SHORT];
    memset(known, 0xff, sizeof(known));
    cr_assert_eq(vonk_group_table_new(&arena, types, n_keys, &table, NULL), VONK_OK);
    for (int batch = 0; batch < 30; batch++) {
        static const uint32_t n_texts[] = {8, 11, N_SHORT};
        uint32_t groups[1000], which[2][1000] = {{0}};
        vonk_column keys[2];
        for (uint32_t k = 0; k < n_keys; k++)
            keys[k] = short_column(&work, 1000, n_texts[batch / 3 % 3], which[k]);
        cr_assert_eq(vonk_group_table_find_or_add(table, keys, 1000, groups, NULL), VONK_OK);
        for (uint32_t i = 0; i < 1000; i++) {
            uint32_t *group = &known[which[0][i]][which[1][i]];
            uint32_t pair = which[0][i] * 100 + which[1][i];
            if (*group == VONK_NO_GROUP)
                owner[ *group = groups[i]] = pair;
            cr_assert_eq(groups[i], *group);
            cr_assert_eq(owner[groups[i]], pair, "two keys in a group");
        }
    }
    cr_assert_eq(vonk_group_table_count(table), n_keys == 1 ? N_SHORT : N_SHORT * N_SHORT);
    vonk_arena_free(&arena);
    vonk_arena_free(&work);
}

Test(group_table, numbers_short_strings)
{
    group_short_strings(1);
    group_short_strings(2);
}

/* More entries than the shortcut over codes has places, and far more rows than entries. */
Test(group_table, takes_dictionaries_of_any_size)
{
    enum { ROWS = 3 * 4096 };
    vonk_type type = VONK_TYPE(INT32);
    for (uint32_t n = 2040; n <= 4096; n = n < 2056 ? n + 1 : n + 510) {
        vonk_arena arena = {0};
        vonk_group_table *table;
        static uint32_t groups[ROWS], codes[ROWS];
        static int32_t values[4096 + 10];
        for (uint32_t i = 0; i < n; i++)
            values[i] = (int32_t)(i * 7);
        for (uint32_t i = 0; i < ROWS; i++)
            codes[i] = n - 1 - i % n;
        vonk_column key = {.type = type,
                           .encoding = VONK_DICTIONARY,
                           .length = ROWS,
                           .values = values,
                           .n_dictionary = n,
                           .codes = codes};
        cr_assert_eq(vonk_group_table_new(&arena, &type, 1, &table, NULL), VONK_OK);
        cr_assert_eq(vonk_group_table_find_or_add(table, &key, ROWS, groups, NULL), VONK_OK);
        cr_expect_eq(vonk_group_table_count(table), n);
        for (uint32_t i = 0; i < ROWS; i++)
            cr_assert_eq(groups[i], i % n, "%u entries, row %u", n, i);
        vonk_arena_free(&arena);
    }
}

Test(group_table, grows_and_keeps_every_group)
{
    enum { N = 300000, BATCH = 5000 };
    vonk_arena arena = {0}, work = {0};
    vonk_group_table *table;
    vonk_type type = VONK_TYPE(INT64);
    static uint32_t groups[BATCH];
    cr_assert_eq(vonk_group_table_new(&arena, &type, 1, &table, NULL), VONK_OK);
    for (int round = 0; round < 2; round++)
        for (int64_t start = 0; start < N; start += BATCH) {
            vonk_column key;
            cr_assert_eq(vonk_column_new(&work, type, BATCH, &key, NULL), VONK_OK);
            for (int64_t i = 0; i < BATCH; i++)
                ((int64_t *)key.values)[i] = (start + i) * 1000003;
            cr_assert_eq(vonk_group_table_find_or_add(table, &key, BATCH, groups, NULL), VONK_OK);
            for (int64_t i = 0; i < BATCH; i++)
                cr_assert_eq(groups[i], start + i);
            vonk_arena_reset(&work);
        }
    cr_assert_eq(vonk_group_table_count(table), N);
    vonk_arena_free(&work);
    vonk_arena_free(&arena);
}

Test(group_table, stops_growing_when_nobody_waits_and_stays_whole)
{
    atomic_bool stop = false;
    vonk_arena arena = {.stop = &stop}, work = {0};
    vonk_group_table *table;
    vonk_type type = VONK_TYPE(INT64);
    static uint32_t groups[5000];
    vonk_column key;
    cr_assert_eq(vonk_group_table_new(&arena, &type, 1, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(&work, type, 5000, &key, NULL), VONK_OK);
    for (int64_t i = 0; i < 5000; i++)
        ((int64_t *)key.values)[i] = i * 1000003;
    key.length = 500;
    cr_assert_eq(vonk_group_table_find_or_add(table, &key, 500, groups, NULL), VONK_OK);
    stop = true;
    key.length = 5000;
    cr_assert_eq(vonk_group_table_find_or_add(table, &key, 5000, groups, NULL), VONK_CANCELLED);
    stop = false;
    cr_assert_eq(vonk_group_table_find_or_add(table, &key, 5000, groups, NULL), VONK_OK);
    for (uint32_t i = 0; i < 5000; i++)
        cr_assert_eq(groups[i], i);
    vonk_arena_free(&work);
    vonk_arena_free(&arena);
}

Test(group_table, says_when_memory_ends_and_stays_whole)
{
    vonk_budget budget = {.limit = 600000};
    vonk_arena arena = {.budget = &budget}, work = {0};
    vonk_group_table *table;
    vonk_type type = VONK_TYPE(INT32);
    vonk_status status = VONK_OK;
    static uint32_t groups[1000];
    cr_assert_eq(vonk_group_table_new(&arena, &type, 1, &table, NULL), VONK_OK);
    for (int32_t start = 0; status == VONK_OK; start += 1000) {
        vonk_column key;
        cr_assert_eq(vonk_column_new(&work, type, 1000, &key, NULL), VONK_OK);
        for (int32_t i = 0; i < 1000; i++)
            ((int32_t *)key.values)[i] = start + i;
        status = vonk_group_table_find_or_add(table, &key, 1000, groups, NULL);
    }
    cr_assert_eq(status, VONK_NO_MEMORY);
    vonk_column keys;
    uint32_t n = vonk_group_table_count(table);
    cr_assert_gt(n, 1000);
    cr_assert_eq(vonk_group_table_keys(table, &work, 0, n, &keys, NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++)
        cr_assert_eq(((int32_t *)keys.values)[i], (int32_t)i);
    vonk_arena_free(&arena);
    vonk_arena_free(&work);
}

Test(group_table, refuses_nested_keys_and_wrong_types)
{
    vonk_arena arena = {0};
    vonk_group_table *table;
    vonk_schema element = {1, (vonk_field[]){{"element", VONK_TYPE(INT32), true}}};
    vonk_type array = {.id = VONK_ARRAY, .children = &element}, key = VONK_TYPE(INT32);
    cr_assert_eq(vonk_group_table_new(&arena, &array, 1, &table, NULL), VONK_UNSUPPORTED);
    cr_assert_eq(vonk_group_table_new(&arena, &key, 1, &table, NULL), VONK_OK);
    vonk_column wrong = test_column(&arena, VONK_TYPE(INT64), 3, false, VONK_FLAT);
    uint32_t groups[3];
    cr_assert_eq(vonk_group_table_find_or_add(table, &wrong, 3, groups, NULL), VONK_INVALID);
    vonk_arena_free(&arena);
}

Test(group_table, void_keys_are_one_group)
{
    vonk_arena arena = {0};
    vonk_group_table *table;
    vonk_type types[2] = {VONK_TYPE(NULL), VONK_TYPE(INT16)};
    vonk_column keys[2] = {{.type = types[0], .length = 4},
                           test_values(types[1], (int16_t[]){7, 8, 7, 7}, 4)};
    vonk_column out[2];
    uint32_t groups[4];
    cr_assert_eq(vonk_group_table_new(&arena, types, 2, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_group_table_find_or_add(table, keys, 4, groups, NULL), VONK_OK);
    cr_assert_arr_eq(groups, ((uint32_t[]){0, 1, 0, 0}), sizeof(groups));
    cr_assert_eq(vonk_group_table_keys(table, &arena, 0, 2, out, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&out[0], 1));
    cr_assert_eq(((int16_t *)out[1].values)[1], 8);
    vonk_arena_free(&arena);
}
