/* log.h - the operator's log: one line each on stderr, JSON or text. Secrets are never given to it.
 */
#ifndef VONK_OPERATOR_LOG_H
#define VONK_OPERATOR_LOG_H

#include <stdbool.h>

#include "base/attr.h"

typedef enum vonk_op_level {
    VONK_OP_ERROR, /* somebody must act */
    VONK_OP_WARN,  /* it heals by itself */
    VONK_OP_INFO,  /* the life of jobs */
    VONK_OP_DEBUG,
} vonk_op_level;

typedef struct vonk_op_log {
    vonk_op_level level; /* and what is more important */
    bool json;
    int fd;
} vonk_op_log;

/* `job`: "NAMESPACE/NAME", or NULL. Lines of several threads do not mix. */
void vonk_op_say(const vonk_op_log *log, vonk_op_level level, const char *job, const char *fmt, ...)
    VONK_PRINTF(4, 5);

#endif
