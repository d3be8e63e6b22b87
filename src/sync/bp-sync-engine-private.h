/* What the parts of a run share. */
#pragma once

#include "bp-store-sync.h"
#include "bp-sync-engine.h"

G_BEGIN_DECLS

/**
 * BpStep:
 * @BP_STEP_DONE: nothing of it is left
 * @BP_STEP_AGAIN: the round begins anew: what it rested on has changed
 * @BP_STEP_TIME_UP: the run's time is over
 * @BP_STEP_HELD: what is left of it may not go now
 * @BP_STEP_FAILED: the run ends with the error set
 *
 * How a part of a run ended.
 */
typedef enum
{
  BP_STEP_DONE,
  BP_STEP_AGAIN,
  BP_STEP_TIME_UP,
  BP_STEP_HELD,
  BP_STEP_FAILED,
} BpStep;

struct _BpSyncEngine
{
  GObject parent_instance;

  BpStore *store;         /* (owned) */
  BpTransport *transport; /* (owned) */
  BpClock *clock;         /* (owned) */
  char *token;            /* (owned) */

  /* Of the run under way. */
  const BpSyncOptions *options; /* (unowned) */
  BpSyncReport *report;      /* (unowned) */
  GCancellable *cancellable; /* (unowned) (nullable) */
  gint64 started_at;         /* monotonic ms */
  gint64 run_ms;
  guint tables;              /* bit i: table i is downloaded */
  guint wanted;              /* tables to be pulled for a conflict's sake */
  guint fetched_for;         /* tables that were wanted once in this run */
  gint64 last_conflict;      /* the highest id counted */
  guint max_operations;
  guint max_actions;
  gboolean has_unanswered;
  gboolean is_copy;          /* the server knows attempts never made here */
  gboolean has_sent;         /* a request, in this run */
  gboolean is_download_held; /* there may be more to fetch, but not now */
  gint64 known_seq;          /* the latest the server told of */
  gint64 pulled_seq;         /* up to which all was pulled */
  gint64 rows_left;
  guint n_again;
  guint rows_fit;            /* into one transaction of a fair length */
  gboolean has_tried_snapshot;
  gboolean has_snapshot_begun; /* something of one was fetched before */

  gint64 snapshot_from;      /* more rows than that are fetched in bulk */
};

/* Names in the store's sync_state. */
#define BP_VALUE_PUSH_FAULTS "push.faults"
#define BP_VALUE_PUSH_ACTIONS "push.actions"
#define BP_VALUE_SKEW "skew"

gboolean bp_sync_engine_is_time_up (BpSyncEngine *self);
BpSyncWork bp_sync_engine_get_work (BpSyncEngine *self);
void bp_sync_engine_pulse (BpSyncEngine *self);
void bp_sync_engine_tell (BpSyncEngine *self);
void bp_sync_engine_set_snapshot_from (BpSyncEngine *self,
                                       gint64        n_rows);
BpAnswer *bp_sync_engine_send (BpSyncEngine *self,
                               BpEndpointId  endpoint,
                               char         *body,
                               GError      **error);
BpStep bp_sync_engine_refuse (BpSyncEngine   *self,
                              const BpAnswer *answer,
                              GError        **error);
BpStep bp_sync_engine_fail_unusable (GError **error,
                                     GError  *reason);

BpStep bp_sync_engine_push (BpSyncEngine *self,
                            BpClaimScope  scope,
                            GError      **error);
BpStep bp_sync_engine_pull (BpSyncEngine *self,
                            GError      **error);
gboolean bp_sync_engine_forget_cursors (BpSyncEngine *self,
                                        guint         tables,
                                        GError      **error);
BpStep bp_sync_engine_resolve (BpSyncEngine *self,
                               guint        *n_decided,
                               GError      **error);

G_END_DECLS
