/* options.h - the command line of vonk-operator. */
#ifndef VONK_OPERATOR_OPTIONS_H
#define VONK_OPERATOR_OPTIONS_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "operator/log.h"

#define VONK_OP_MAX_NAMES 256

typedef struct vonk_op_options {
    uint32_t n_namespaces; /* 0 and not all: the operator's own */
    const char *namespaces[VONK_OP_MAX_NAMES];
    bool all_namespaces;
    const char *image, *pull_policy; /* pull_policy NULL: not given */
    uint32_t n_pull_secrets;
    const char *pull_secrets[VONK_OP_MAX_NAMES];
    uint16_t port;
    uint32_t requests_per_second, resync_s, lease_s;
    const char *lease_name;
    bool no_lease;
    const char *job_defaults; /* a file */
    vonk_op_level log_level;
    bool log_json;
    bool help, version;
} vonk_op_options;

/* Texts are argv's. Errors: VONK_INVALID, with the option and what it takes. */
vonk_status vonk_op_options_parse(int argc, char **argv, vonk_op_options *ret,
                                  vonk_error *err) VONK_MUST_CHECK;
const char *vonk_op_usage(void);

/*
 * The file of --job-defaults: a part of a VonkJob's spec, in JSON or YAML. The caller frees.
 * Errors: VONK_IO, VONK_INVALID ("FILE:LINE:COLUMN: ...").
 */
vonk_status vonk_op_read_defaults(const char *path, cJSON **ret, vonk_error *err) VONK_MUST_CHECK;

#endif
