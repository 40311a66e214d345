/* notes.h - lines of JSON on standard error about the life of executors. */
#ifndef VONK_DRIVER_NOTES_H
#define VONK_DRIVER_NOTES_H

#include <stdint.h>

/* One line: {"level":"warn","event":EVENT,"executor":N,"why":WHY}; UINT32_MAX: no executor. */
void vonk_note(const char *event, uint32_t executor, const char *why);

#endif
