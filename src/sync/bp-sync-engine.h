/* One run: a straight line over a transport, a clock and a store. */
#pragma once

#include "bp-store.h"
#include "bp-transport.h"

G_BEGIN_DECLS

/**
 * BpSyncReport:
 * @pushed: operations applied
 * @pulled: rows stored
 * @conflicts: conflicts found
 * @failed: operations that failed
 * @requests: requests sent
 * @bytes_sent: of bodies
 * @bytes_received: of bodies
 * @milliseconds: by the monotonic clock
 * @finished: whether nothing is left to send or fetch; where not, and no
 *   error was returned, the time of a run was up
 * @retry_after: what the server asked for, in seconds; 0 where nothing
 */
typedef struct
{
  gint64 pushed;
  gint64 pulled;
  gint64 conflicts;
  gint64 failed;
  gint64 requests;
  gint64 bytes_sent;
  gint64 bytes_received;
  gint64 milliseconds;
  gboolean finished;
  gint64 retry_after;
} BpSyncReport;

/**
 * BpSyncProgressFunc:
 * @report: so far
 * @rows_left: rows still to fetch, as far as known; −1 where unknown
 *
 * Called in the engine's thread after each request.
 */
typedef void (*BpSyncProgressFunc) (const BpSyncReport *report,
                                    gint64              rows_left,
                                    gpointer            user_data);

/**
 * BpSyncOptions:
 * @tables: which tables are downloaded, bit i = table i; 0 for those configured
 * @full: pulls from 0
 * @run_ms: when a run stops between two requests; 0 for the configured 30 s
 * @to_the_end: run after run until finished
 * @wait: whether bp_sync_run() waits for another program's run
 * @progress: (nullable): told after each request, in the run's thread
 * @user_data: for @progress
 */
typedef struct
{
  guint tables;
  gboolean full;
  gint64 run_ms;
  gboolean to_the_end;
  gboolean wait;
  BpSyncProgressFunc progress;
  gpointer user_data;
} BpSyncOptions;

#define BP_TYPE_SYNC_ENGINE (bp_sync_engine_get_type ())

G_DECLARE_FINAL_TYPE (BpSyncEngine, bp_sync_engine, BP, SYNC_ENGINE, GObject)

BpSyncEngine *bp_sync_engine_new (BpStore     *store,
                                  BpTransport *transport,
                                  BpClock     *clock,
                                  const char  *token);
gboolean bp_sync_engine_run (BpSyncEngine        *self,
                             const BpSyncOptions *options,
                             BpSyncReport        *report,
                             GCancellable        *cancellable,
                             GError             **error);

G_END_DECLS
