/* What a run may do now: from the settings, the line, what was used of it, and
 * what the user does. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpSyncWork:
 * @BP_SYNC_WORK_HIGH: sending what is of high priority, and what it refers to
 * @BP_SYNC_WORK_MEDIUM: sending what is of medium priority
 * @BP_SYNC_WORK_DOWNLOAD: fetching
 * @BP_SYNC_WORK_LOW: sending what is of low priority
 *
 * The parts of a run.
 */
typedef enum /*< flags >*/
{
  BP_SYNC_WORK_HIGH = 1 << 0,
  BP_SYNC_WORK_MEDIUM = 1 << 1,
  BP_SYNC_WORK_DOWNLOAD = 1 << 2,
  BP_SYNC_WORK_LOW = 1 << 3,
} BpSyncWork;

#define BP_SYNC_WORK_ALL \
  (BP_SYNC_WORK_HIGH | BP_SYNC_WORK_MEDIUM | BP_SYNC_WORK_DOWNLOAD | BP_SYNC_WORK_LOW)

/**
 * BpSyncHold:
 * @BP_SYNC_HOLD_NONE: nothing is kept back
 * @BP_SYNC_HOLD_BUSY: the user types or scrolls
 * @BP_SYNC_HOLD_METERED: the line costs by use
 * @BP_SYNC_HOLD_DATA: the month's data is used up
 *
 * Why some of a run has to wait.
 */
typedef enum
{
  BP_SYNC_HOLD_NONE,
  BP_SYNC_HOLD_BUSY,
  BP_SYNC_HOLD_METERED,
  BP_SYNC_HOLD_DATA,
} BpSyncHold;

/**
 * BpSyncMetered:
 *
 * The setting `sync.metered`: what goes over a line that costs by use.
 */
typedef enum
{
  BP_SYNC_METERED_PAUSE,
  BP_SYNC_METERED_PRIORITY,
  BP_SYNC_METERED_ALL,
} BpSyncMetered;

/**
 * BpSyncSituation:
 * @metered: the setting of that name
 * @pause_when_busy: the setting of that name
 * @data_limit: bytes a calendar month; 0 for no limit
 * @data_used: bytes of this month
 * @is_metered: whether the line costs by use, as far as the system knows
 * @is_busy: whether the user types, scans or scrolls
 * @is_late: whether no run has done everything for a day
 * @is_asked: whether the user wants it now
 */
typedef struct
{
  BpSyncMetered metered;
  gboolean pause_when_busy;
  gint64 data_limit;
  gint64 data_used;
  gboolean is_metered;
  gboolean is_busy;
  gboolean is_late;
  gboolean is_asked;
} BpSyncSituation;

BpSyncWork bp_sync_terms_decide (const BpSyncSituation *situation,
                                 BpSyncHold            *hold);
gboolean bp_sync_terms_may_listen (const BpSyncSituation *situation);
gboolean bp_sync_terms_may_skip (const BpSyncSituation *situation,
                                 gint64                 elapsed);
BpSyncMetered bp_sync_metered_from_string (const char *text);

/**
 * BpSyncActivity:
 *
 * What the user does; all zero where nothing.
 */
typedef struct
{
  gint64 since;
  gint64 last;
  gboolean is_any;
} BpSyncActivity;

void bp_sync_activity_note (BpSyncActivity *self,
                            gint64          now);
gint64 bp_sync_activity_get_rest (const BpSyncActivity *self,
                                  gint64                now);

G_END_DECLS
