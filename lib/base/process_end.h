/*
 * process_end.h - a process that ends in the middle of its work, at once, whatever it holds.
 *
 * Ctrl-C must end it within 100 ms. To free a gigabyte block by block, and the kernel's taking it
 * apart page by page on one core, take longer.
 */
#ifndef VONK_BASE_PROCESS_END_H
#define VONK_BASE_PROCESS_END_H

#include <stdbool.h>

#include "base/attr.h"

/*
 * It is about to end: arenas leave their memory to vonk_process_exit() from now on, and the watch
 * begins (end_watch.h). May be called by a signal handler. Does nothing in builds with sanitizers,
 * which look for what nobody freed.
 */
void vonk_process_ends(void);
bool vonk_process_is_ending(void);

/*
 * _exit(status), with the heap given back on several cores first. No other thread may run. Output
 * must have been flushed.
 */
_Noreturn void vonk_process_exit(int status);

#endif
