/* options.h - the executor's command line. */
#ifndef VONK_EXECUTOR_OPTIONS_H
#define VONK_EXECUTOR_OPTIONS_H

#include "rpc/seal.h"

typedef struct vonk_executor_options {
    const char *driver; /* url of the driver's control listener */
    uint32_t id, slots;
    uint64_t memory;     /* bytes; 0 = no limit */
    const char *host;    /* address to listen on and to be found at */
    const char *scratch; /* directory to make and to remove at the end; NULL: none */
    long parent;         /* end when this process is gone; 0: do not look */
    vonk_secret secret;
    bool help, version;
} vonk_executor_options;

/* Errors: VONK_INVALID with what is wrong. */
vonk_status vonk_executor_parse(int argc, char **argv, vonk_executor_options *ret,
                                vonk_error *err) VONK_MUST_CHECK;
const char *vonk_executor_usage(void);

#endif
