/* One run: a straight line over a transport, a clock and a store. */
#pragma once

#include "bp-store.h"
#include "bp-sync-terms.h"
#include "bp-transport.h"

G_BEGIN_DECLS

/**
 * BpSyncDirection:
 * @BP_SYNC_UP: operations were sent, or tried to
 * @BP_SYNC_DOWN: rows were asked for
 */
typedef enum
{
  BP_SYNC_NOWHERE = 0,
  BP_SYNC_UP = 1 << 0,
  BP_SYNC_DOWN = 1 << 1,
} BpSyncDirection;

/**
 * BpSyncReport:
 * @direction: what the run's requests were for
 * @pushed: operations applied
 * @pulled: rows stored
 * @conflicts: conflicts found
 * @failed: operations that failed
 * @requests: requests sent
 * @bytes_sent: of bodies
 * @bytes_received: of bodies
 * @milliseconds: by the monotonic clock
 * @finished: whether nothing is left to send or fetch; where not, and no
 *   error was returned, the time of a run was up, or something is held
 * @held: whether something was left because it may not go now
 * @fetched: rows that came, stored or not
 * @retry_after: what the server asked for, in seconds; 0 where nothing
 */
typedef struct
{
  BpSyncDirection direction;
  gint64 pushed;
  gint64 pulled;
  gint64 conflicts;
  gint64 failed;
  gint64 requests;
  gint64 bytes_sent;
  gint64 bytes_received;
  gint64 milliseconds;
  gboolean finished;
  gboolean held;
  gint64 fetched;
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
 * BpSyncTermsFunc:
 * @report: so far
 *
 * Called in the engine's thread before each request.
 *
 * Returns: what may go now
 */
typedef BpSyncWork (*BpSyncTermsFunc) (const BpSyncReport *report,
                                       gpointer            user_data);

/**
 * BpSyncOptions:
 * @tables: which tables are downloaded, bit i = table i; 0 for those configured
 * @full: pulls from 0
 * @run_ms: when a run stops between two requests; 0 for the configured 30 s
 * @to_the_end: run after run until finished
 * @wait: whether bp_sync_run() waits for another program's run
 * @terms: (nullable): asked before each request; %NULL where all may go
 * @progress: (nullable): told after each request, in the run's thread
 * @user_data: for @terms and @progress
 * @pulse: (nullable): counted up, atomically, whenever something moves
 */
typedef struct
{
  guint tables;
  gboolean full;
  gint64 run_ms;
  gboolean to_the_end;
  gboolean wait;
  BpSyncTermsFunc terms;
  BpSyncProgressFunc progress;
  gpointer user_data;
  int *pulse;
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
