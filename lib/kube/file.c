/* file.c - read(2) until the end. */
#include "kube/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

vonk_status vonk_kube_read_file(const char *path, size_t most, vonk_buffer *ret, vonk_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return vonk_fail(err, errno == ENOENT ? VONK_NOT_FOUND : VONK_IO, "%s: %s", path,
                         strerror(errno));
    vonk_status status = VONK_OK;
    for (size_t total = 0; status == VONK_OK;) {
        char *room = vonk_buffer_reserve(ret, 4096);
        ssize_t n = room ? read(fd, room, 4096) : 0;
        if (n < 0)
            status = vonk_fail(err, VONK_IO, "%s: %s", path, strerror(errno));
        if (n <= 0)
            break;
        ret->length += (size_t)n;
        total += (size_t)n;
        if (total > most)
            status = vonk_fail(err, VONK_CORRUPT, "%s is longer than %zu bytes", path, most);
    }
    close(fd);
    return status == VONK_OK ? vonk_buffer_check(ret, err) : status;
}
