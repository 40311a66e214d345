/* driver_exit.h - how a driver's end looks from outside: what the operator decides by. */
#ifndef VONK_CLI_DRIVER_EXIT_H
#define VONK_CLI_DRIVER_EXIT_H

#include "base/status.h"

enum {
    VONK_DRIVER_USER = 1,       /* the job's own doing: trying again is useless */
    VONK_DRIVER_MANIFEST = 2,   /* a bad manifest, or not built: useless too */
    VONK_DRIVER_TEMPORARY = 75, /* EX_TEMPFAIL: the infrastructure; another attempt may do */
    VONK_DRIVER_TERMINATED = 143,
};

#define VONK_DRIVER_MESSAGE_BYTES 4096 /* of a container's termination message */

/* The exit status for an error. */
int vonk_driver_exit_of(const vonk_error *err);

#endif
