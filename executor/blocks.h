/*
 * blocks.h - an executor's shuffle blocks for other executors, and theirs for it.
 *
 *     FETCH(blocks; batch, row of the first) ──▶ as many as make about 4 MiB ──▶ where to go on
 *
 * Serving keeps no state between pieces: a piece may be asked for again.
 */
#ifndef VONK_EXECUTOR_BLOCKS_H
#define VONK_EXECUTOR_BLOCKS_H

#include "exec/task.h"
#include "rpc/server.h"

typedef struct vonk_block_server vonk_block_server;

/* Serves the blocks of `store`, which outlives it; spilled ones are read on `budget`. */
vonk_status vonk_block_server_open(const vonk_secret *secret, const char *url, vonk_store *store,
                                   vonk_budget *budget, vonk_block_server **ret,
                                   vonk_error *err) VONK_MUST_CHECK;
const char *vonk_block_server_url(const vonk_block_server *server);
void vonk_block_server_compress(vonk_block_server *server, bool compress);
void vonk_block_server_close(vonk_block_server *server); /* NULL is fine */

typedef struct vonk_block_client vonk_block_client;

/*
 * Fetches for an executor: its own blocks from its store by pointer, others' by their address; of a
 * long one what came first goes to disk. The worker is borrowed.
 */
vonk_status vonk_block_client_new(const vonk_secret *secret, const vonk_worker *worker,
                                  vonk_block_client **ret, vonk_error *err) VONK_MUST_CHECK;
/* Thread-safe. The client outlives the fetcher's users. */
vonk_fetcher vonk_block_client_fetcher(vonk_block_client *client);
/* Ends fetches under way, and all later ones, with VONK_CANCELLED. */
void vonk_block_client_abort(vonk_block_client *client);
void vonk_block_client_free(vonk_block_client *client); /* NULL is fine */

#endif
