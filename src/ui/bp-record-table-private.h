/* What the files of the table share: bp-record-table.c is about rows and what is
 * selected, -columns.c about columns and how wide they are. */
#pragma once

#include "bp-record-table.h"

G_BEGIN_DECLS

/* What the sorter of a column tells when it is asked to compare. */
typedef struct
{
  BpRecordTable *table;   /* (unowned) */
  const BpColumn *column; /* (unowned) */
  GtkColumnViewColumn *view_column; /* (owned) */
  int width;              /* in pixels, when it is shown */
} Sorting;

struct _BpRecordTable
{
  AdwBin parent_instance;

  GtkScrolledWindow *scroller; /* (unowned) */
  GtkColumnView *view;         /* (unowned) */

  const BpSection *section;      /* (unowned) (nullable) */
  BpFormat *format;              /* (owned) (nullable) */
  BpRecordList *list;            /* (owned) (nullable) */
  GtkMultiSelection *selection;  /* (owned) (nullable) */
  GtkBitset *chosen;             /* (owned): row numbers, where several are selected */
  GPtrArray *sortings;           /* (owned) (element-type Sorting) */
  const BpColumn *asked;         /* (unowned) (nullable): the column that was asked last */
  GtkWidget *menu;               /* (owned) (nullable) */
  char *selected_id;             /* (owned) (nullable) */
  gboolean moving;               /* while the program itself selects */
  gboolean scroll_wanted;        /* to what is selected, when it is found */
  int width;                     /* as last allocated */
  guint fit_id;
  gboolean fitting;              /* while the program itself sets widths */
  guint resized_id;
  BpRecord *awaited;             /* (owned) (nullable): selected, not read yet */
  gulong awaited_handler;
};

void bp_record_table_add_columns (BpRecordTable *self);
void bp_record_table_fit (BpRecordTable *self);

G_END_DECLS
