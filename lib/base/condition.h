/*
 * condition.h - Spark's error conditions and their SQLSTATEs: the one list.
 *
 * Source: Spark 4 documentation, "Error Conditions" and "SQLSTATE codes". Sorted by name.
 */
#ifndef VONK_BASE_CONDITION_H
#define VONK_BASE_CONDITION_H

/*
 * The SQLSTATE of `condition` (subconditions: looked up by the part before the dot), or "XX000".
 * "" for _LEGACY_ERROR_...: Spark gives those neither a SQLSTATE nor a name that its users see.
 */
const char *vonk_condition_sqlstate(const char *condition);

#endif
