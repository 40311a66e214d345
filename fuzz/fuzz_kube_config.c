/* fuzz_kube_config.c - any bytes as a kubeconfig: a server to talk to, or an error. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kube/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_arena arena = {0};
    vonk_kube_config config = {0};
    vonk_error err = {0};
    char path[64];
    int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    vonk_status status = vonk_kube_config_file(path, NULL, &arena, &config, &err);
    if (status == VONK_OK && (!config.server || !config.namespace_name || !config.context))
        abort();
    if (status != VONK_OK && !err.message[0])
        abort();
    vonk_arena_free(&arena);
    close(fd);
    return 0;
}
