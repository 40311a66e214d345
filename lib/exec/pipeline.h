/* pipeline.h - runs the tree of one task. */
#ifndef VONK_EXEC_PIPELINE_H
#define VONK_EXEC_PIPELINE_H

#include "exec/operator.h"

/* Builds the operators of run->task, runs its sources to the end and closes everything. */
vonk_status vonk_pipeline_run(vonk_run *run, vonk_error *err) VONK_MUST_CHECK;

#endif
