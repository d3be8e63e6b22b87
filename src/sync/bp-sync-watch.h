/* Whether a run under way gets anywhere. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often it is looked at, in milliseconds. */
#define BP_SYNC_WATCH_INTERVAL_MS 5000

/**
 * BpSyncVerdict:
 * @BP_SYNC_VERDICT_FINE: it moves, or may still
 * @BP_SYNC_VERDICT_STUCK: nothing has moved for 2 minutes
 * @BP_SYNC_VERDICT_RESUMED: the computer slept meanwhile: connections are dead
 */
typedef enum
{
  BP_SYNC_VERDICT_FINE,
  BP_SYNC_VERDICT_STUCK,
  BP_SYNC_VERDICT_RESUMED,
} BpSyncVerdict;

/**
 * BpSyncWatch:
 * @monotonic: of the last look, in milliseconds; stands still during sleep
 * @boot: the same, but goes on during sleep
 * @pulse: what the run counted up to then
 * @still: for how long it has not, in milliseconds
 */
typedef struct
{
  gint64 monotonic;
  gint64 boot;
  int pulse;
  gint64 still;
} BpSyncWatch;

void bp_sync_watch_begin (BpSyncWatch *self,
                          gint64       monotonic,
                          gint64       boot,
                          int          pulse);
BpSyncVerdict bp_sync_watch_look (BpSyncWatch *self,
                                  gint64       monotonic,
                                  gint64       boot,
                                  int          pulse);

G_END_DECLS
