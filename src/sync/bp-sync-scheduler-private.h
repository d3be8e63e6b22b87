#pragma once

#include "bp-backoff.h"
#include "bp-store-sync.h"
#include "bp-sync-mailbox.h"
#include "bp-sync-scheduler.h"
#include "bp-sync-shared.h"
#include "bp-sync-watch.h"

G_BEGIN_DECLS

/**
 * BpSyncRunner:
 *
 * What a run is: bp_sync_run(), but in tests.
 */
typedef gboolean (*BpSyncRunner) (BpStore             *store,
                                  const BpSyncOptions *options,
                                  BpSyncReport        *report,
                                  GCancellable        *cancellable,
                                  GError             **error);

/**
 * BpSyncHeardFunc:
 * @seq: a hint, or %BP_LIVE_CONNECTED
 * @user_data: of whom it is told
 */
typedef void (*BpSyncHeardFunc) (gint64   seq,
                                 gpointer user_data);

/**
 * BpSyncListener:
 *
 * What listening is: bp_sync_listen(), but in tests.
 */
typedef gboolean (*BpSyncListener) (BpStore        *store,
                                    BpSyncHeardFunc heard,
                                    gpointer        user_data,
                                    gint64         *retry_after,
                                    GCancellable   *cancellable,
                                    GError        **error);

/**
 * BpSyncLook:
 *
 * What the scheduler needs to know of a folder, read in a thread: the main
 * one never waits for the disk. @status and @schedule are never %NULL.
 */
typedef struct
{
  BpSyncStatus *status;
  char *device_id; /* (nullable) */
  gint64 n_ready;
  gint64 n_ready_by[BP_PRIORITY_LOW + 1];
  guint step;
  char *schedule;
  gboolean on_start;
  gboolean on_connection;
  gboolean after_save;
  gboolean live;
  gint64 seq; /* up to which was pulled */
  BpSyncMetered metered;
  gboolean pause_when_busy;
  gboolean is_late; /* no run has done everything for a day */
} BpSyncLook;

BpSyncLook *bp_sync_look (BpStore *store);
BpSyncLook *bp_sync_look_new_blank (void);
void bp_sync_look_free (BpSyncLook *look);
gboolean bp_sync_status_equal (const BpSyncStatus *a,
                               const BpSyncStatus *b);
BpSyncStatus *bp_sync_status_copy (const BpSyncStatus *status);

/* Times are monotonic, in thousandths of the scheduler's seconds. */
struct _BpSyncScheduler
{
  GObject parent_instance;

  BpStore *store;           /* (owned) */
  GNetworkMonitor *monitor; /* (owned) (nullable) */
  GMainContext *context;    /* (owned) */
  BpSyncMailbox *saved;     /* (owned): the store has changed */
  BpSyncMailbox *moved;     /* (owned): the run has got further */
  BpSyncMailbox *heard;     /* (owned): the server has told something */
  BpSyncRunner runner;
  BpSyncListener listener;
  gint64 (*get_boot_time) (void); /* ms, sleep included */
  guint second;             /* what a second lasts, in ms */
  BpSyncShared shared;

  GCancellable *cancellable; /* (owned) (nullable): while started */
  GCancellable *run;         /* (owned) (nullable): of the run under way */
  gulong store_handler;
  gulong monitor_handlers[3];
  GSource *timer;            /* (owned) (nullable): of the next run */
  GSource *tick;             /* (owned) (nullable) */
  GSource *debounce;         /* (owned) (nullable): after the network changed */
  GSource *rest;             /* (owned) (nullable): while the user is busy */
  GSource *watching;         /* (owned) (nullable): over a run */
  GCancellable *live;        /* (owned) (nullable): of the live connection */
  GSource *live_timer;       /* (owned) (nullable): of the next one */
  BpSyncWatch watch;
  gint64 due;                /* G_MAXINT64 where none is planned */
  gint64 not_before;         /* the wait after a failure */
  gint64 server_wait;        /* until when the server asked to be left alone */
  gint64 scheduled;          /* wall ms; −1 never */
  gint64 scheduled_at;       /* wall ms: when that was worked out */
  gint64 n_unsent;           /* ready operations that the last run left */
  gint64 live_since;         /* since when it is connected; 0 where it is not */
  gint64 live_tried;         /* seq: heard of before the last run */
  guint live_step;           /* connections that failed in a row */
  guint n_connected;         /* live connections */
  guint n_ended;             /* runs */
  gboolean is_looking;
  gboolean look_again;
  gboolean has_looked;
  gboolean is_paused;        /* somebody must settle something */
  gboolean is_offline;
  gboolean run_again;
  gboolean is_asked;         /* by the user, not done yet */
  gboolean is_held;          /* something is left that may not go now */
  gboolean is_cut;           /* the last run ended before its end */
  gboolean is_back;          /* the connection, during a run */
  gboolean is_stuck;         /* the run was cancelled for that */
  gboolean is_unsure;        /* a hint may have been missed */

  BpSyncLook *look;     /* (owned): never null */
  BpSyncStatus *status; /* (owned): never null */
};

/* bp-sync-scheduler.c */
void bp_sync_scheduler_plan (BpSyncScheduler *self,
                             gint64           wait);
void bp_sync_scheduler_trigger (BpSyncScheduler *self,
                                gint64           wait);
void bp_sync_scheduler_look (BpSyncScheduler *self);
void bp_sync_scheduler_take_look (BpSyncScheduler *self,
                                  BpSyncLook      *found);
void bp_sync_scheduler_show_status (BpSyncScheduler *self);
BpSyncSituation bp_sync_scheduler_get_situation (BpSyncScheduler *self);
GSource *bp_sync_scheduler_add_timeout (BpSyncScheduler *self,
                                        gint64           wait,
                                        GSourceFunc      func);
void bp_sync_scheduler_clear_source (GSource **source);

/* bp-sync-scheduler-reasons.c */
void bp_sync_scheduler_listen (BpSyncScheduler *self);
void bp_sync_scheduler_ignore (BpSyncScheduler *self);
void bp_sync_scheduler_note_saved (GObject *receiver);

/* bp-sync-scheduler-run.c */
void bp_sync_scheduler_start_run (BpSyncScheduler *self);
void bp_sync_scheduler_hold (BpSyncScheduler *self);

/* bp-sync-scheduler-live.c */
void bp_sync_scheduler_follow_live (BpSyncScheduler *self);
void bp_sync_scheduler_renew_live (BpSyncScheduler *self);
void bp_sync_scheduler_stop_live (BpSyncScheduler *self);
void bp_sync_scheduler_look_at_hint (BpSyncScheduler *self);
void bp_sync_scheduler_note_hint_tried (BpSyncScheduler *self);
void bp_sync_scheduler_note_heard (GObject *receiver);
void bp_sync_scheduler_set_listener (BpSyncScheduler *self,
                                     BpSyncListener   listener);

/* bp-sync-live.c */
gboolean bp_sync_listen (BpStore        *store,
                         BpSyncHeardFunc heard,
                         gpointer        user_data,
                         gint64         *retry_after,
                         GCancellable   *cancellable,
                         GError        **error);

void bp_sync_scheduler_set_boot_time (BpSyncScheduler  *self,
                                      gint64         ( *get_boot_time ) (void));
void bp_sync_scheduler_set_runner (BpSyncScheduler *self,
                                   BpSyncRunner     runner);
void bp_sync_scheduler_set_second (BpSyncScheduler *self,
                                   guint            milliseconds);

G_END_DECLS
