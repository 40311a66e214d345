/* time.h - times as Kubernetes writes them: RFC 3339, UTC. */
#ifndef VONK_KUBE_TIME_H
#define VONK_KUBE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define VONK_KUBE_TIME_SIZE 32

/* "2026-11-21T06:13:32Z", also with a fraction and an offset, as seconds since 1970. */
bool vonk_kube_time_parse(const char *text, int64_t *ret_seconds);
/* Into ret[VONK_KUBE_TIME_SIZE]; returns ret. */
char *vonk_kube_time_print(int64_t seconds, char *ret);
/* With microseconds ("...:32.000000Z"), as MicroTime wants it. */
char *vonk_kube_time_print_micro(int64_t microseconds, char *ret);

#endif
