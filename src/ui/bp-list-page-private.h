/* What the files of the list page share: bp-list-page.c shows a list and the
 * record beside it, -chosen.c is what is done with what is selected. */
#pragma once

#include "bp-detail-pane.h"
#include "bp-list-page.h"
#include "bp-record-table.h"
#include "bp-split.h"

G_BEGIN_DECLS

struct _BpListPage
{
  AdwBin parent_instance;

  BpSplit *split;             /* (unowned), as all widgets here */
  GtkToggleButton *all_button;
  GtkToggleButton *filter_button;
  GtkToggleButton *pending_button;
  GtkToggleButton *conflict_button;
  GtkToggleButton *failed_button;
  GtkLabel *count;
  GtkStack *bar;
  GtkLabel *chosen_label;
  GtkBox *more_box;
  GtkWidget *edit_button;
  GtkWidget *delete_button;
  GtkStack *stack;
  BpRecordTable *table;
  AdwStatusPage *empty_page;
  GtkButton *add_button;
  AdwBin *detail_bin;
  GMenuModel *menu;
  GtkWidget *detail;          /* (nullable): until it is first shown */
  BpDetailPane *pane;         /* (nullable): around it */

  const BpSection *section;   /* (unowned) */
  BpFormat *format;           /* (owned) */
  BpShop *shop;               /* (owned) */
  BpRecordList *list;         /* (owned) */
  BpRecord *shown;            /* (owned): what the detail shows */
  char *search;               /* (owned) */
  char *sort;                 /* (owned) (nullable): the field */
  gboolean descending;
  char *counted;              /* (owned) (nullable) */
  guint n_chosen;             /* where several are selected, else 0 */
  gboolean saving;            /* a deletion is under way */
  GCancellable *reading;      /* (owned) (nullable) */
};

/* bp-list-page.c */
void bp_list_page_update_actions (BpListPage *self);
void bp_list_page_forget_shown (BpListPage *self);

/* bp-list-page-chosen.c */
void bp_list_page_install_chosen (GtkWidgetClass *widget_class);

G_END_DECLS
