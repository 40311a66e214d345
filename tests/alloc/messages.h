/* messages.h - messages and batches between driver and executors, while memory runs out. */
#ifndef VONK_TESTS_ALLOC_MESSAGES_H
#define VONK_TESTS_ALLOC_MESSAGES_H

/* Decodes and encodes those of fuzz/corpus/wire; adds to *n_tried. Returns how often it was wrong.
 */
int try_messages(long *n_tried);

#endif
