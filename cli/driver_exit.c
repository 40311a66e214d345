/* driver_exit.c - see driver_exit.h. */
#include "cli/driver_exit.h"

int vonk_driver_exit_of(const vonk_error *err)
{
    switch (err->status) {
    case VONK_INVALID:
    case VONK_UNSUPPORTED:
        return VONK_DRIVER_MANIFEST;
    case VONK_IO:
    case VONK_FETCH:
        return VONK_DRIVER_TEMPORARY;
    case VONK_CANCELLED:
        return VONK_DRIVER_TERMINATED;
    case VONK_OK:
    case VONK_USER:
    case VONK_NOT_FOUND:
    case VONK_EXISTS:
    case VONK_CORRUPT:
    case VONK_DENIED: /* a store's: the API server's refusals come as VONK_IO */
    case VONK_NO_MEMORY:
        break;
    }
    return VONK_DRIVER_USER;
}
