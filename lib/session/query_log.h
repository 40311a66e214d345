/*
 * query_log.h - the query log: `vonk.query.log` names a file that gets a line of JSON for each
 * statement, when it has ended. docs/query-log.md lists the fields.
 */
#ifndef VONK_SESSION_QUERY_LOG_H
#define VONK_SESSION_QUERY_LOG_H

#include "session/state.h"

/*
 * Appends the statement's line, in one write, if there is a log. What goes wrong with it is told to
 * the session's log and harms no statement. `err` is of a statement that failed.
 */
void vonk_query_log_add(const vonk_query *q, int64_t start_us, vonk_status status,
                        const vonk_error *err);

#endif
