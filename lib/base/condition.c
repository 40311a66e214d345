/* condition.c - the table of error conditions. Keep it sorted: it is searched by halves. */
#include "base/condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

typedef struct entry {
    const char *name, *sqlstate;
} entry;

static const entry entries[] = {
    {"AMBIGUOUS_REFERENCE", "42704"},
    {"ARITHMETIC_OVERFLOW", "22003"},
    {"BINARY_ARITHMETIC_OVERFLOW", "22003"},
    {"CANNOT_PARSE_DECIMAL", "22018"},
    {"CANNOT_PARSE_TIMESTAMP", "22007"},
    {"CANNOT_READ_FILE_FOOTER", "KD001"},
    {"CAST_INVALID_INPUT", "22018"},
    {"CAST_OVERFLOW", "22003"},
    {"COLUMN_ALREADY_EXISTS", "42711"},
    {"COLUMN_NOT_FOUND", "42703"},
    {"CREATE_TABLE_COLUMN_DESCRIPTOR_DUPLICATE", "42710"},
    {"DATATYPE_MISMATCH", "42K09"},
    {"DATATYPE_MISSING_SIZE", "42K01"},
    {"DATA_SOURCE_NOT_FOUND", "42K02"},
    {"DATETIME_OVERFLOW", "22008"},
    {"DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "22003"},
    {"DIVIDE_BY_ZERO", "22012"},
    {"DUPLICATED_CTE_DEFINITION_NAMES", "42602"},
    {"EMPTY_SCHEMA_NOT_SUPPORTED_FOR_DATASOURCE", "0A000"},
    {"FAILED_READ_FILE", "KD001"},
    {"GROUPING_COLUMN_MISMATCH", "42803"},
    {"GROUP_BY_AGGREGATE", "42903"},
    {"GROUP_BY_POS_AGGREGATE", "42903"},
    {"GROUP_BY_POS_OUT_OF_RANGE", "42805"},
    {"INCOMPATIBLE_COLUMN_TYPE", "42825"},
    {"INCOMPATIBLE_DATA_FOR_TABLE", "KD000"},
    {"INCOMPATIBLE_JOIN_TYPES", "42613"},
    {"INSERT_COLUMN_ARITY_MISMATCH", "21S01"},
    {"INTERNAL_ERROR", "XX000"},
    {"INTERVAL_ARITHMETIC_OVERFLOW", "22015"},
    {"INTERVAL_DIVIDED_BY_ZERO", "22012"},
    {"INVALID_CONF_VALUE", "22022"},
    {"INVALID_ESC", "42604"},
    {"INVALID_FORMAT", "42601"},
    {"INVALID_IDENTIFIER", "42602"},
    {"INVALID_INLINE_TABLE", "42000"},
    {"INVALID_LIMIT_LIKE_EXPRESSION", "42K0E"},
    {"INVALID_NUMERIC_LITERAL_RANGE", "22003"},
    {"INVALID_PARAMETER_VALUE", "22023"},
    {"INVALID_SET_SYNTAX", "42000"},
    {"INVALID_SQL_SYNTAX", "42000"},
    {"INVALID_TYPED_LITERAL", "42604"},
    {"INVALID_WHERE_CONDITION", "42903"},
    {"LOCATION_ALREADY_EXISTS", "42710"},
    {"MALFORMED_CSV_RECORD", "KD000"},
    {"MALFORMED_RECORD_IN_PARSING", "22023"},
    {"MISSING_AGGREGATION", "42803"},
    {"MISSING_GROUP_BY", "42803"},
    {"NESTED_AGGREGATE_FUNCTION", "42607"},
    {"NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION", "42613"},
    {"NOT_NULL_CONSTRAINT_VIOLATION", "42000"},
    {"NUMERIC_OUT_OF_SUPPORTED_RANGE", "22003"},
    {"NUMERIC_VALUE_OUT_OF_RANGE", "22003"},
    {"NUM_COLUMNS_MISMATCH", "42826"},
    {"OPERATION_CANCELED", "HY008"},
    {"ORDER_BY_POS_OUT_OF_RANGE", "42805"},
    {"PARSE_EMPTY_STATEMENT", "42617"},
    {"PARSE_SYNTAX_ERROR", "42601"},
    {"PATH_ALREADY_EXISTS", "42K04"},
    {"PATH_NOT_FOUND", "42K03"},
    {"RENAME_SRC_PATH_NOT_FOUND", "42K03"},
    {"SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000"},
    {"SCHEMA_NOT_FOUND", "42704"},
    {"SORT_BY_WITHOUT_BUCKETING", "42601"},
    {"TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"},
    {"TABLE_OR_VIEW_NOT_FOUND", "42P01"},
    {"TABLE_VALUED_FUNCTION_TOO_MANY_TABLE_ARGUMENTS", "54023"},
    {"TASK_WRITE_FAILED", "58030"},
    {"TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"},
    {"UNABLE_TO_INFER_SCHEMA", "42KD9"},
    {"UNCLOSED_BRACKETED_COMMENT", "42601"},
    {"UNRESOLVED_COLUMN", "42703"},
    {"UNRESOLVED_ROUTINE", "42883"},
    {"UNRESOLVED_USING_COLUMN_FOR_JOIN", "42703"},
    {"UNSUPPORTED_DATATYPE", "0A000"},
    {"UNSUPPORTED_FEATURE", "0A000"},
    {"UNSUPPORTED_INSERT", "42809"},
    {"UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY", "0A000"},
    {"VIEW_NOT_FOUND", "42P01"},
    {"WRONG_COMMAND_FOR_OBJECT_TYPE", "42809"},
    {"WRONG_NUM_ARGS", "42605"},
};

typedef struct key {
    const char *name;
    size_t length;
} key;

static int compare(const void *a, const void *b)
{
    const key *wanted = a;
    const entry *e = b;
    int order = strncmp(wanted->name, e->name, wanted->length);
    return order ? order : -(e->name[wanted->length] != '\0');
}

const char *vonk_condition_sqlstate(const char *condition)
{
    key wanted = {condition, strcspn(condition, ".")};
    const entry *found =
        bsearch(&wanted, entries, VONK_LENGTH(entries), sizeof(entries[0]), compare);
    return found ? found->sqlstate : "XX000";
}
