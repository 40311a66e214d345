/* optimizer_log.h - what the optimizer tells: rules that changed a plan, rules that stay on. */
#ifndef VONK_SESSION_OPTIMIZER_LOG_H
#define VONK_SESSION_OPTIMIZER_LOG_H

#include "optimize/optimize.h"
#include "session/state.h"

/*
 * By spark.sql.planChangeLog.level and .rules; for a query's optimizer, as long as the session.
 * Says first which of spark.sql.optimizer.excludedRules cannot be left out.
 */
vonk_optimizer_log vonk_optimizer_log_of(vonk_session *session);

#endif
