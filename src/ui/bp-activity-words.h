/* What people read of a row of what syncing does. */
#pragma once

#include "bp-activity-item.h"
#include "bp-format.h"

G_BEGIN_DECLS

/**
 * BpActivityColumn:
 *
 * What one column of such a list tells.
 */
typedef enum
{
  BP_ACTIVITY_PRIORITY,
  BP_ACTIVITY_RECORD,
  BP_ACTIVITY_CHANGE,
  BP_ACTIVITY_FIELDS,
  BP_ACTIVITY_TRIES,
  BP_ACTIVITY_NEXT,
  BP_ACTIVITY_STATE,
  BP_ACTIVITY_REASON,
  BP_ACTIVITY_WHAT,
  BP_ACTIVITY_TIME,
  BP_ACTIVITY_SENT,
  BP_ACTIVITY_FETCHED,
  BP_ACTIVITY_DATA,
} BpActivityColumn;

char *bp_activity_words_get (BpFormat            *format,
                             const BpActivityRow *row,
                             BpActivityColumn     column);
char *bp_activity_words_make_title (BpFormat            *format,
                                    const BpActivityRow *row);
char *bp_activity_words_make_payload (const BpQueueRow *row);
char *bp_activity_words_make_run (BpFormat         *format,
                                  const BpLogEntry *run);

G_END_DECLS
