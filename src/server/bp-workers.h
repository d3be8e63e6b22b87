/* Threads that answer requests, each with a backend of its own. */
#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

typedef struct _BpWorkers BpWorkers;

/**
 * BpWorkFunc:
 * @job: what is to be done
 * @backend: (transfer none): not in a transaction; must not be in one afterwards
 *
 * Called in one of the threads.
 */
typedef void (*BpWorkFunc) (gpointer   job,
                            BpBackend *backend);

BpWorkers *bp_workers_new (GPtrArray     *backends,
                           guint          width,
                           BpWorkFunc     func,
                           GDestroyNotify free_job);
void bp_workers_free (BpWorkers *self);
void bp_workers_push (BpWorkers  *self,
                      const char *lane,
                      gpointer    job);
void bp_workers_leave (BpWorkers  *self,
                       const char *lane);

G_END_DECLS
