/* What the files of the window share: bp-window.c shows sections, -actions.c is
 * what menus and keys do, -files.c brings files in and out, -lists.c remembers
 * how lists are sorted, -sale.c is the bill that is being made. */
#pragma once

#include "bp-list-page.h"
#include "bp-shop-banner.h"
#include "bp-sidebar-row.h"
#include "bp-split.h"
#include "bp-sync-button.h"
#include "bp-window.h"

G_BEGIN_DECLS

struct _BpWindow
{
  AdwApplicationWindow parent_instance;

  GtkStack *outer;              /* (unowned), as all widgets here */
  AdwStatusPage *failed_page;
  BpSplit *split;
  AdwWindowTitle *shop_title;
  GtkListBox *sidebar;
  BpSyncButton *sync_button;
  BpShopBanner *shop_banner;
  GtkWidget *add_button;
  GtkMenuButton *menu_button;
  GtkStack *title_stack;
  GtkSearchEntry *search_entry;
  AdwWindowTitle *page_title;
  GtkStack *pages;
  GMenu *sort_menu;

  GSettings *settings;          /* (owned) (nullable) */
  BpFormat *format;             /* (owned) (nullable): until there is a shop */
  BpSyncScheduler *scheduler;   /* (owned) (nullable): until there is a shop */
  const BpSection *section;     /* (unowned) (nullable): the one shown last */
  GtkWidget *sale_page;         /* (unowned) (nullable): until it is first shown */
  gboolean sidebar_wanted;      /* where there is width enough */
  gboolean may_close;           /* although something is not saved */
  guint prepare_id;
};

/* bp-window.c */
BpListPage *bp_window_get_list_page (BpWindow *self);
gboolean bp_window_has_key (BpWindow   *self,
                            const char *key);
void bp_window_show_section (BpWindow        *self,
                             const BpSection *section);
void bp_window_update_page (BpWindow *self);

/* bp-window-actions.c */
void bp_window_add_actions (BpWindow *self);
void bp_window_set_state (BpWindow   *self,
                          const char *name,
                          GVariant   *state);
void bp_window_set_enabled (BpWindow   *self,
                            const char *name,
                            gboolean    enabled);

/* bp-window-files.c */
void bp_window_export (BpWindow *self);

/* bp-window-lists.c */
void bp_window_show_sort (BpWindow   *self,
                          BpListPage *page);
void bp_window_follow_list (BpWindow   *self,
                            BpListPage *page);

/* bp-window-sale.c */
gboolean bp_window_has_unsaved_sale (BpWindow *self);

G_END_DECLS
