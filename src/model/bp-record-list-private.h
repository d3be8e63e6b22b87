/* What the files of the list share: bp-record-list.c lists, -count.c counts and
 * reads what is selected. */
#pragma once

#include "bp-list-worker.h"
#include "bp-record-list.h"

G_BEGIN_DECLS

struct _BpRecordList
{
  GObject parent_instance;

  BpShop *shop;         /* (owned) */
  BpListWorker *worker; /* (owned) */
  gulong shop_handler;

  const BpTable *table; /* (unowned) */
  char *search;         /* (owned) (nullable) */
  char *sort;           /* (owned) (nullable) */
  gboolean descending;
  int status;
  const BpCondition *conditions; /* (unowned) (array length=n_conditions) */
  guint n_conditions;

  gboolean counting_wanted;
  gboolean counting;          /* a job is under way */
  gboolean counts_are_stale;
  BpListQuery counted;        /* what is counted; its conditions unowned */
  BpListCounts counts;

  guint generation; /* of the query */
  guint n_listing;  /* jobs of this generation under way */
  gboolean again;   /* whether to list once more after them */

  GArray *ids;           /* (owned) (element-type guint32) */
  guint serial;          /* of the array */
  GHashTable *slots;     /* (owned): position → Slot */
  GHashTable *pages;     /* (owned): number → CachedPage */
  GHashTable *requested; /* (owned): numbers of pages on their way */
  GHashTable *seen;      /* (owned): id → row, of what has been read */
  GPtrArray *wanted;     /* (owned) (element-type utf8): ids asked for, not seen */
  guint64 uses;
};

void bp_record_list_count (BpRecordList *self);

G_END_DECLS
