/* Queries that Spark 4.2 refuses: condition, the start of its message, and where we point. */
#include "analyze/fake_tables.h"

typedef struct refusal {
    const char *sql, *condition, *at; /* `at`: the text at the error's position, NULL = any */
    const char *message;              /* how it begins */
} refusal;

static void check(const refusal *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const refusal *c = &cases[i];
        fixture f;
        vonk_plan *plan;
        start(&f);
        vonk_status status = analyze(&f, c->sql, &plan);
        cr_expect_eq(status, VONK_USER, "%s is not refused", c->sql);
        cr_expect_str_eq(f.err.condition, c->condition, "%s: %s", c->sql, f.err.message);
        cr_expect_eq(strncmp(f.err.message, c->message, strlen(c->message)), 0, "%s: %s", c->sql,
                     f.err.message);
        cr_expect_str_neq(f.err.sqlstate, "XX000", "no SQLSTATE: %s", c->condition);
        if (c->at && f.err.position >= 0)
            cr_expect_eq(strncmp(c->sql + f.err.position, c->at, strlen(c->at)), 0,
                         "%s: points to %s", c->sql, c->sql + f.err.position);
        else if (c->at)
            cr_expect(false, "%s: no position", c->sql);
        stop(&f);
    }
}

#define NO_COLUMN(name)                                                                            \
    "A column, variable, or function parameter with name " name " cannot be "                      \
    "resolved."

Test(analyze_errors, names)
{
    static const refusal cases[] = {
        {"select * from nosuch", "TABLE_OR_VIEW_NOT_FOUND", "nosuch",
         "The table or view `nosuch` cannot be found. Verify the spelling and correctness of the "
         "schema and catalog."},
        {"select * from foo.`/x`", "TABLE_OR_VIEW_NOT_FOUND", "foo",
         "The table or view `foo`.`/x` cannot be found."},
        {"select * from x.y.z", "REQUIRES_SINGLE_PART_NAMESPACE", "x.y.z",
         "spark_catalog requires a single-part namespace, but got identifier `x`.`y`.`z`."},
        {"select * from parquet.nosuch", "PATH_NOT_FOUND", "parquet", "Path does not exist"},
        {"select zz from t", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "zz",
         NO_COLUMN("`zz`") " Did you mean one of the following? [`a`, `b`, `c`, `d`, `e`]."},
        {"select dtt from t", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "dtt",
         NO_COLUMN("`dtt`") " Did you mean one of the following? [`dt`, "},
        {"select t.zz from t", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "t.zz",
         NO_COLUMN("`t`.`zz`") " Did you mean one of the following? [`t`.`a`, `t`.`b`, `t`.`c`, "
                               "`t`.`d`, `t`.`e`]."},
        {"select zz", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "zz", NO_COLUMN("`zz`")},
        {"select a x from t where x > 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "x >",
         NO_COLUMN("`x`")},
        {"select distinct b from t order by a", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "a",
         NO_COLUMN("`a`") " Did you mean one of the following? [`b`]."},
        {"select k from t left semi join u on t.a = u.a", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "k",
         NO_COLUMN("`k`")},
        {"select a from t, u", "AMBIGUOUS_REFERENCE", "a",
         "Reference `a` is ambiguous, could be: [`t`.`a`, `u`.`a`]."},
        {"select * from t join t t2 on a = 1", "AMBIGUOUS_REFERENCE", "a = 1",
         "Reference `a` is ambiguous, could be: [`t2`.`a`, `t`.`a`]."},
        {"select a from (select 1 a, 2 a)", "AMBIGUOUS_REFERENCE", "a",
         "Reference `a` is ambiguous, could be: [`a`, `a`]."},
        {"select q.* from t", "CANNOT_RESOLVE_STAR_EXPAND", "q.*",
         "Cannot resolve `q`.* given input columns `a`, `b`, `c`, `d`, `dt`, `e`, `l`."},
        {"select a.b from t", "INVALID_EXTRACT_BASE_FIELD_TYPE", "a.b",
         "Can't extract a value from \"a\". Need a complex type [STRUCT, ARRAY, MAP] but got "
         "\"INT\"."},
        {"select nosuch(a) from t", "UNRESOLVED_ROUTINE", "nosuch(a)",
         "Cannot resolve routine `nosuch` on search path [`system`.`builtin`, `system`.`session`, "
         "`spark_catalog`.`default`]."},
    };
    check(cases, VONK_LENGTH(cases));
}

Test(analyze_errors, groups)
{
    static const refusal cases[] = {
        {"select sum(a), b from t", "MISSING_GROUP_BY", "b",
         "The query does not include a GROUP BY clause."},
        {"select a, sum(a) from t group by b", "MISSING_AGGREGATION", "a",
         "The non-aggregating expression \"a\" is based on columns which are not participating in "
         "the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the "
         "expression, or use \"any_value(a)\" if you do not care which of the values within a "
         "group is returned."},
        {"select b from t having a > 1", "MISSING_GROUP_BY", NULL, "The query does not"},
        {"select sum(a) from t having b = 'x'", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "b",
         NO_COLUMN("`b`") " Did you mean one of the following? [`sum(a)`]."},
        {"select b from t group by b order by a", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "a",
         NO_COLUMN("`a`")},
        {"select count(*) from t where count(*) > 1", "INVALID_WHERE_CONDITION", "count(*)",
         "The WHERE condition \"(count(1) > 1)\" contains invalid expressions: count(1)."},
        {"select sum(sum(a)) from t", "NESTED_AGGREGATE_FUNCTION", "sum(a)",
         "It is not allowed to use an aggregate function in the argument of another aggregate "
         "function."},
        {"select sum(a) from t group by 3", "GROUP_BY_POS_OUT_OF_RANGE", "3",
         "GROUP BY position 3 is not in select list (valid range is [1, 1])."},
        {"select sum(a) from t group by 1", "GROUP_BY_POS_AGGREGATE", "1", "GROUP BY 1 refers to"},
        {"select sum(a) s from t group by s", "GROUP_BY_AGGREGATE", "s",
         "Aggregate functions are not allowed in GROUP BY"},
        {"select b from t order by 3", "ORDER_BY_POS_OUT_OF_RANGE", "3",
         "ORDER BY position 3 is not in select list (valid range is [1, 1])."},
        {"select a from t order by count(*)", "UNSUPPORTED_EXPR_FOR_OPERATOR", NULL,
         "A query operator contains one or more unsupported expressions."},
        {"select count(t.*) from t", "INVALID_USAGE_OF_STAR_WITH_TABLE_IDENTIFIER_IN_COUNT", NULL,
         "count(`t`.*) is not allowed."},
        {"select abs(distinct a) from t", "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
         "abs", "Invalid SQL syntax: The function `abs` does not support DISTINCT."},
        {"select sum(a) filter (where b) from t", "INVALID_AGGREGATE_FILTER.NOT_BOOLEAN", "sum",
         "The FILTER expression \"b\" in an aggregate function is invalid."},
    };
    check(cases, VONK_LENGTH(cases));
}

Test(analyze_errors, types)
{
    static const refusal cases[] = {
        {"select * from t where a", "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "select",
         "Cannot resolve \"a\" due to data type mismatch: Filter expression \"a\" of type \"INT\" "
         "is not a boolean."},
        {"select * from t join u on t.a", "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", "join",
         "The join condition \"a\" has the invalid type \"INT\", expected \"BOOLEAN\"."},
        {"select case when a then 1 end from t", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "case",
         "Cannot resolve \"CASE WHEN a THEN 1 END\" due to data type mismatch: The first parameter "
         "requires the \"BOOLEAN\" type, however \"a\" has the type \"INT\"."},
        {"select cast(a as date) from t", "DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION", "cast",
         "Cannot resolve \"CAST(a AS DATE)\" due to data type mismatch: cannot cast \"INT\" to "
         "\"DATE\".\nTo convert values from \"INT\" to \"DATE\", you can use the functions "
         "`DATE_FROM_UNIX_DATE` instead."},
        {"select cast(e as timestamp) from t", "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION",
         "cast",
         "Cannot resolve \"CAST(e AS TIMESTAMP)\" due to data type mismatch: cannot cast "
         "\"BOOLEAN\" to \"TIMESTAMP\" with ANSI mode on."},
        {"select 1 union select 1, 2", "NUM_COLUMNS_MISMATCH", NULL,
         "UNION can only be performed on inputs with the same number of columns, but the first "
         "input has 1 columns and the second input has 2 columns."},
        {"select a from t except select dt from t", "INCOMPATIBLE_COLUMN_TYPE", NULL,
         "EXCEPT can only be performed on tables with compatible column types. The first column of "
         "the second table is \"DATE\" type which is not compatible with \"INT\" at the same "
         "column of the first table.."},
        {"select * from values (1, 'a'), (2, 3) as v(x, y)",
         "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", NULL,
         "Invalid inline table. Found incompatible types in the column `y` for inline table."},
        {"select * from values (1, 'a') as v(x)", "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", NULL,
         "Invalid inline table. Inline table expected 1 columns but found 2 columns in row 0."},
        {"select * from t as q(x)", "ASSIGNMENT_ARITY_MISMATCH", NULL,
         "The number of columns or variables assigned or aliased: 7 does not match the number of "
         "source expressions: 1."},
        {"with c as (select 1), C as (select 2) select * from c", "DUPLICATED_CTE_NAMES", NULL,
         "CTE definition can't have duplicate names: `C`."},
        {"select * from t join u using (zz)", "UNRESOLVED_USING_COLUMN_FOR_JOIN", NULL,
         "USING column `zz` cannot be resolved on the left side of the join. The left-side "
         "columns: [`a`, `b`, `c`, `d`, `dt`, `e`, `l`]."},
        {"select * from nosuchf(3)", "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "nosuchf",
         "Could not resolve `nosuchf` to a table-valued function."},
        {"select * from range()", "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "range",
         "The `range` requires [1, 2, 3, 4] parameters but the actual number is 0."},
        {"select * from range(1, 'a')", "CAST_INVALID_INPUT", NULL, "The value 'a' of the type"},
    };
    check(cases, VONK_LENGTH(cases));
}

Test(analyze_errors, limits)
{
    static const refusal cases[] = {
        {"select * from t limit a", "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", "a",
         "The limit like expression \"a\" is invalid. The limit expression must evaluate to a "
         "constant value."},
        {"select * from t limit -1", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "-1",
         "The limit like expression \"-1\" is invalid. The limit expression must be equal to or "
         "greater than 0, but got -1."},
        {"select * from t limit 'x'", "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "'x'",
         "The limit like expression \"x\" is invalid. The limit expression must be integer type, "
         "but got \"STRING\"."},
        {"select * from t limit 5L", "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "5L",
         "The limit like expression \"5\" is invalid."},
        {"select * from t offset null", "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "null",
         "The limit like expression \"NULL\" is invalid. The offset expression must be integer "
         "type, but got \"VOID\"."},
        {"select * from t limit (select 1)", "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", NULL,
         "The limit like expression \"scalarsubquery()\" is invalid."},
    };
    check(cases, VONK_LENGTH(cases));
}

Test(analyze_errors, subqueries)
{
    static const refusal cases[] = {
        {"select (select a, b from t)",
         "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN", "(",
         "Invalid subquery: Scalar subquery must return only one column, but got 2."},
        {"select a from t where a in (select a, l from u)",
         "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "in (",
         "Cannot resolve \"(a IN (listquery()))\" due to data type mismatch: The number of columns "
         "in the left hand side of an IN subquery does not match the number of columns in the "
         "output of subquery. Left hand side columns(length: 1): [\"a\"], right hand side "
         "columns(length: 2): [\"a\", \"l\"]."},
        {"select a from t where dt in (select a from u)",
         "DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH", "in (",
         "Cannot resolve \"(dt IN (listquery()))\" due to data type mismatch:"},
        {"select a as x, (select x) from t", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "x)",
         NO_COLUMN("`x`")},
    };
    check(cases, VONK_LENGTH(cases));
}
