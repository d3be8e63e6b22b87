#include "config.h"

#include "bp-list-page.h"

#include "bp-hold.h"
#include "bp-notice.h"
#include "bp-record-detail.h"
#include "bp-record-table.h"
#include "bp-split.h"
#include "bp-trouble.h"

#include <glib/gi18n.h>

struct _BpListPage
{
  AdwBin parent_instance;

  BpSplit *split;             /* (unowned), as all widgets here */
  GtkToggleButton *all_button;
  GtkToggleButton *low_button;
  GtkToggleButton *pending_button;
  GtkToggleButton *conflict_button;
  GtkToggleButton *failed_button;
  GtkLabel *count;
  GtkWidget *bar;
  GtkStack *stack;
  BpRecordTable *table;
  AdwStatusPage *empty_page;
  GtkButton *add_button;
  AdwBin *detail_bin;
  GMenuModel *menu;
  GtkWidget *detail;          /* (nullable): until it is first shown */

  const BpSection *section;   /* (unowned) */
  BpFormat *format;           /* (owned) */
  BpShop *shop;               /* (owned) */
  BpRecordList *list;         /* (owned) */
  BpRecord *shown;            /* (owned): what the detail shows */
  char *search;               /* (owned) */
  char *sort;                 /* (owned) (nullable): the field */
  gboolean descending;
  char *counted;              /* (owned) (nullable) */
  GCancellable *reading;      /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpListPage, bp_list_page, ADW_TYPE_BIN)

enum
{
  COUNTED,
  SORTED,
  RESIZED,
  SHOW_DETAIL,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* A record that was deleted, for the toast that brings it back. */
typedef struct
{
  GWeakRef page;
  char *id;       /* (owned) */
  char *name;     /* (owned) */
  BpChange *data; /* (owned) */
} Deletion;

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  g_weak_ref_clear (&deletion->page);
  g_free (deletion->id);
  g_free (deletion->name);
  g_clear_pointer (&deletion->data, bp_change_free);
  g_free (deletion);
}

static gboolean
is_filtered (BpListPage *self)
{
  return self->search[0] != '\0' || !gtk_toggle_button_get_active (self->all_button);
}

static void
update_count (BpListPage *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->list));
  g_autofree char *text = NULL;
  g_autofree char *number = g_strdup_printf ("%'u", n);

  if (is_filtered (self))
    text = g_strdup_printf (ngettext ("%'u found", "%'u found", n), n);
  else
    text = g_strdup_printf (ngettext ("%'u record", "%'u records", n), n);
  gtk_label_set_text (self->count, text);
  if (is_filtered (self) || g_strcmp0 (self->counted, number) == 0)
    return;

  g_free (self->counted);
  self->counted = g_steal_pointer (&number);
  g_signal_emit (self, signals[COUNTED], 0, self->counted);
}

/* While a list is being made, what is shown stays. */
static void
update_state (BpListPage *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->list)) == 0;
  gboolean is_loading = bp_record_list_is_loading (self->list);

  if (!is_empty)
    gtk_stack_set_visible_child_name (self->stack, "list");
  else if (!is_loading)
    gtk_stack_set_visible_child_name (self->stack, is_filtered (self) ? "nothing" : "empty");
  if (is_loading)
    return;

  gtk_widget_set_visible (self->bar, !is_empty || is_filtered (self));
  update_count (self);
}

static void
on_filter_toggled (BpListPage      *self,
                   GtkToggleButton *button)
{
  int status = -1;

  if (self->list == NULL || !gtk_toggle_button_get_active (button))
    return;

  if (button == self->pending_button)
    status = BP_RECORD_PENDING;
  else if (button == self->conflict_button)
    status = BP_RECORD_CONFLICT;
  else if (button == self->failed_button)
    status = BP_RECORD_FAILED;
  bp_record_list_set_low_stock (self->list, button == self->low_button);
  bp_record_list_set_status (self->list, status);
}

static void
close_detail (BpListPage *self)
{
  bp_list_page_set_show_detail (self, FALSE);
  bp_record_table_focus (self->table);
}

static void
show_row (BpListPage  *self,
          const BpRow *row)
{
  BpRow copy = *row;

  /* The number is of the list's concern only. */
  copy.row = 0;
  bp_record_fill (self->shown, &copy);
  if (self->detail == NULL)
    return;
  if (BP_IS_RECORD_DETAIL (self->detail))
    bp_record_detail_set_record (BP_RECORD_DETAIL (self->detail), self->shown);
  else
    self->section->set_record (self->detail, self->shown);
}

static void
show_record (BpListPage *self,
             BpRecord   *record)
{
  BpRow row = { 0, (BpState *)bp_record_get_state (record), bp_record_get_status (record) };

  if (row.state != NULL)
    show_row (self, &row);
}

static void
on_row_read (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpListPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) row = bp_record_read_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (row != NULL && !row->state->is_deleted)
    {
      show_row (self, row);
      return;
    }

  /* It is gone; what is being typed may still bring it back. */
  if (!bp_list_page_is_changed (self) && bp_record_get_id (self->shown) != NULL)
    close_detail (self);
}

static void
read_row (BpListPage *self,
          const char *id)
{
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  self->reading = g_cancellable_new ();
  bp_record_read_async (self->shop, bp_section_get_table (self->section), id, self->reading,
                        on_row_read, g_object_ref (self));
}

static void
on_shop_changed (BpListPage *self,
                 guint       tables)
{
  const char *id = bp_record_get_id (self->shown);
  guint index = bp_table_get_index (bp_section_get_table (self->section));

  if (id != NULL && (tables & (1u << index)) && bp_split_get_show_pane (self->split))
    read_row (self, id);
}

static void
on_detail_saved (BpListPage *self,
                 const char *id,
                 gboolean    is_new)
{
  bp_record_table_select (self->table, id);
  read_row (self, id);
}

static void
on_detail_reopen (BpListPage *self,
                  const char *id)
{
  if (id == NULL)
    bp_list_page_add (self);
  else
    bp_list_page_show (self, id);
}

static void
on_detail_delete (BpListPage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "page.delete", NULL);
}

static void
ensure_detail (BpListPage *self)
{
  if (self->detail != NULL)
    return;

  if (self->section->create_detail != NULL)
    self->detail = self->section->create_detail (self->format);
  else
    {
      self->detail = bp_record_detail_new (self->section, self->format);
      g_signal_connect_object (self->detail, "saved", G_CALLBACK (on_detail_saved), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (self->detail, "closed", G_CALLBACK (close_detail), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (self->detail, "reopen", G_CALLBACK (on_detail_reopen), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (self->detail, "delete", G_CALLBACK (on_detail_delete), self,
                               G_CONNECT_SWAPPED);
    }
  adw_bin_set_child (self->detail_bin, self->detail);
}

static void
update_actions (BpListPage *self)
{
  const BpTable *table = bp_section_get_table (self->section);
  gboolean has_record = bp_record_get_id (self->shown) != NULL;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.open", has_record);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.delete", has_record && !table->fact);
}

static void
on_selected (BpListPage *self,
             BpRecord   *record)
{
  show_record (self, record);
  update_actions (self);
}

static void
on_activated (BpListPage *self,
              BpRecord   *record)
{
  show_record (self, record);
  update_actions (self);
  gtk_widget_activate_action (GTK_WIDGET (self), "page.open", NULL);
}

static void
on_sorted (BpListPage *self,
           const char *field,
           gboolean    descending)
{
  g_free (self->sort);
  self->sort = g_strdup (field);
  self->descending = descending;
  bp_record_list_set_sort (self->list, self->sort, descending);
  g_signal_emit (self, signals[SORTED], 0, self->sort, descending);
}

static void
on_resized (BpListPage *self,
            GVariant   *widths)
{
  g_signal_emit (self, signals[RESIZED], 0, widths);
}

static void
on_show_pane (BpListPage *self)
{
  g_signal_emit (self, signals[SHOW_DETAIL], 0);
}

static void
open_record (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  BpListPage *self = BP_LIST_PAGE (widget);

  bp_list_page_set_show_detail (self, TRUE);
  if (BP_IS_RECORD_DETAIL (self->detail))
    bp_record_detail_focus (BP_RECORD_DETAIL (self->detail));
  else
    gtk_widget_child_focus (self->detail, GTK_DIR_TAB_FORWARD);
}

static void
on_restored (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpListPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_shop_save_finish (BP_SHOP (source), result, &error);

  bp_hold_application (FALSE);
  if (id == NULL)
    bp_notice_show (GTK_WIDGET (self), error->message);
  else
    bp_record_table_select (self->table, id);
}

/* Changing all fields of a deleted record brings it back. */
static void
restore (gpointer user_data)
{
  Deletion *deletion = user_data;
  g_autoptr (BpListPage) self = g_weak_ref_get (&deletion->page);

  if (self == NULL || deletion->data == NULL)
    return;

  bp_hold_application (TRUE);
  bp_shop_save_async (self->shop,
                      bp_write_new (deletion->data->table, deletion->id, BP_OPERATION_UPDATE,
                                    bp_change_copy (deletion->data)),
                      NULL, on_restored, g_object_ref (self));
  g_clear_pointer (&deletion->data, bp_change_free);
}

static void
on_deleted (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Deletion *deletion = user_data;
  g_autoptr (BpListPage) self = g_weak_ref_get (&deletion->page);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = bp_shop_save_finish (BP_SHOP (source), result, &error);
  g_autofree char *text = NULL;

  bp_hold_application (FALSE);
  if (self == NULL || id == NULL)
    {
      if (self != NULL)
        bp_notice_show (GTK_WIDGET (self), error->message);
      deletion_free (deletion);
      return;
    }

  text = g_strdup_printf (_("“%s” deleted"), deletion->name);
  bp_notice_show_undo (GTK_WIDGET (self), text, restore, deletion, deletion_free);
  if (g_strcmp0 (bp_record_get_id (self->shown), id) == 0)
    {
      bp_record_fill (self->shown, NULL);
      bp_record_table_select (self->table, NULL);
      update_actions (self);
      close_detail (self);
    }
}

static void
delete_record (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  BpListPage *self = BP_LIST_PAGE (widget);
  const BpTable *table = bp_section_get_table (self->section);
  const char *id = bp_record_get_id (self->shown);
  const char *name = bp_record_get_text (self->shown, table->fields[0].name);
  Deletion *deletion;

  if (id == NULL)
    return;

  if (self->detail != NULL && BP_IS_RECORD_DETAIL (self->detail))
    bp_record_detail_leave (BP_RECORD_DETAIL (self->detail));
  deletion = g_new0 (Deletion, 1);
  g_weak_ref_init (&deletion->page, self);
  deletion->id = g_strdup (id);
  deletion->name = g_strdup (name != NULL ? name : "");
  deletion->data = bp_change_copy (bp_record_get_state (self->shown)->data);
  bp_change_drop_projections (deletion->data);
  bp_hold_application (TRUE);
  bp_shop_save_async (self->shop, bp_write_new (table, id, BP_OPERATION_DELETE, NULL), NULL,
                      on_deleted, deletion);
}

static void
add_record (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  bp_list_page_add (BP_LIST_PAGE (widget));
}

/* The window clears its search entry, and so the search, when told. */
static void
show_all (GtkWidget  *widget,
          const char *action_name,
          GVariant   *parameter)
{
  BpListPage *self = BP_LIST_PAGE (widget);

  gtk_toggle_button_set_active (self->all_button, TRUE);
  gtk_widget_activate_action (widget, "win.clear-search", NULL);
}

static void
bp_list_page_dispose (GObject *object)
{
  BpListPage *self = BP_LIST_PAGE (object);

  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_object (&self->list);
  g_clear_object (&self->shown);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_LIST_PAGE);

  G_OBJECT_CLASS (bp_list_page_parent_class)->dispose (object);
}

static void
bp_list_page_finalize (GObject *object)
{
  BpListPage *self = BP_LIST_PAGE (object);

  g_free (self->search);
  g_free (self->sort);
  g_free (self->counted);

  G_OBJECT_CLASS (bp_list_page_parent_class)->finalize (object);
}

static void
add_signals (void)
{
  /**
   * BpListPage::counted:
   * @self: the page
   * @count: how many records there are, as text
   */
  signals[COUNTED] = g_signal_new ("counted", BP_TYPE_LIST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * BpListPage::sorted:
   * @self: the page
   * @field: (nullable): by which field
   * @descending: the other way round
   */
  signals[SORTED] = g_signal_new ("sorted", BP_TYPE_LIST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[RESIZED] = g_signal_new ("resized", BP_TYPE_LIST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
  signals[SHOW_DETAIL] = g_signal_new ("show-detail", BP_TYPE_LIST_PAGE, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
bp_list_page_class_init (BpListPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_list_page_dispose;
  object_class->finalize = bp_list_page_finalize;
  add_signals ();

  g_type_ensure (BP_TYPE_SPLIT);
  g_type_ensure (BP_TYPE_RECORD_TABLE);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-list-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BpListPage, split);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, all_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, low_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, pending_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, conflict_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, failed_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, count);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, bar);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, table);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, empty_page);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, add_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, detail_bin);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, menu);
  gtk_widget_class_bind_template_callback (widget_class, on_filter_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_sorted);
  gtk_widget_class_bind_template_callback (widget_class, on_resized);
  gtk_widget_class_bind_template_callback (widget_class, on_show_pane);
  gtk_widget_class_install_action (widget_class, "page.open", NULL, open_record);
  gtk_widget_class_install_action (widget_class, "page.delete", NULL, delete_record);
  gtk_widget_class_install_action (widget_class, "page.add", NULL, add_record);
  gtk_widget_class_install_action (widget_class, "page.show-all", NULL, show_all);
}

static void
bp_list_page_init (BpListPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->search = g_strdup ("");
}

/* Delete deletes where the list has the focus, not while something is typed. */
static void
add_list_keys (BpListPage *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Delete, 0),
                      gtk_named_action_new ("page.delete")));
  gtk_widget_add_controller (GTK_WIDGET (self->table), keys);
}

/**
 * bp_list_page_new:
 * @section: what it lists
 * @format: how values are written
 *
 * Returns: (transfer floating): a page; its records are read in the background
 */
GtkWidget *
bp_list_page_new (const BpSection *section,
                  BpFormat        *format)
{
  BpListPage *self = g_object_new (BP_TYPE_LIST_PAGE, NULL);
  const BpTable *table = bp_section_get_table (section);

  self->section = section;
  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  self->list = bp_record_list_new (self->shop, table);
  self->shown = bp_record_new (table);
  adw_status_page_set_icon_name (self->empty_page, section->icon);
  adw_status_page_set_title (self->empty_page, _(section->empty_title));
  adw_status_page_set_description (self->empty_page, _(section->empty_text));
  gtk_button_set_label (self->add_button, _(section->add_label));
  gtk_widget_set_visible (GTK_WIDGET (self->low_button), section->has_stock);
  bp_record_table_set_list (self->table, section, format, self->list);
  bp_record_table_set_menu (self->table, self->menu);
  add_list_keys (self);
  update_actions (self);
  g_signal_connect_object (self->list, "items-changed", G_CALLBACK (update_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->list, "notify::loading", G_CALLBACK (update_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->shop, "changed", G_CALLBACK (on_shop_changed), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

/**
 * bp_list_page_get_section:
 * @self: a page
 *
 * Returns: (transfer none): what it lists
 */
const BpSection *
bp_list_page_get_section (BpListPage *self)
{
  return self->section;
}

/**
 * bp_list_page_set_search:
 * @self: a page
 * @text: beginnings of words; all records where it is empty
 */
void
bp_list_page_set_search (BpListPage *self,
                         const char *text)
{
  if (g_str_equal (self->search, text))
    return;

  g_free (self->search);
  self->search = g_strdup (text);
  bp_record_list_set_search (self->list, text);
}

/**
 * bp_list_page_get_search:
 * @self: a page
 *
 * Returns: (transfer none): what is searched for; empty where nothing
 */
const char *
bp_list_page_get_search (BpListPage *self)
{
  return self->search;
}

/**
 * bp_list_page_sort:
 * @self: a page
 * @field: by which field
 * @descending: the other way round
 */
void
bp_list_page_sort (BpListPage *self,
                   const char *field,
                   gboolean    descending)
{
  bp_record_table_sort (self->table, field, descending);
}

/**
 * bp_list_page_get_sort:
 * @self: a page
 * @descending: (out): the other way round
 *
 * Returns: (transfer none) (nullable): by which field the list is sorted; the
 *   natural order where %NULL
 */
const char *
bp_list_page_get_sort (BpListPage *self,
                       gboolean   *descending)
{
  *descending = self->descending;
  return self->sort;
}

/**
 * bp_list_page_set_widths:
 * @self: a page
 * @widths: `a{si}`, of the signal "resized"
 */
void
bp_list_page_set_widths (BpListPage *self,
                         GVariant   *widths)
{
  bp_record_table_set_widths (self->table, widths);
}

/**
 * bp_list_page_add:
 * @self: a page
 *
 * Begins a new record.
 */
void
bp_list_page_add (BpListPage *self)
{
  if (self->section->add_action != NULL)
    {
      gtk_widget_activate_action (GTK_WIDGET (self), self->section->add_action, NULL);
      return;
    }

  g_cancellable_cancel (self->reading);
  bp_record_table_select (self->table, NULL);
  bp_record_fill (self->shown, NULL);
  update_actions (self);
  bp_list_page_set_show_detail (self, TRUE);
  bp_record_detail_begin_new (BP_RECORD_DETAIL (self->detail));
}

/**
 * bp_list_page_show:
 * @self: a page
 * @id: the record that is selected and shown, as soon as it has been read
 */
void
bp_list_page_show (BpListPage *self,
                   const char *id)
{
  bp_record_table_select (self->table, id);
  bp_list_page_set_show_detail (self, TRUE);
  read_row (self, id);
}

/**
 * bp_list_page_set_show_detail:
 * @self: a page
 * @show_detail: whether the detail is shown beside the list
 */
void
bp_list_page_set_show_detail (BpListPage *self,
                              gboolean    show_detail)
{
  if (show_detail)
    ensure_detail (self);
  else if (self->detail != NULL && BP_IS_RECORD_DETAIL (self->detail))
    bp_record_detail_leave (BP_RECORD_DETAIL (self->detail));
  bp_split_set_show_pane (self->split, show_detail);
  if (show_detail && bp_record_get_id (self->shown) != NULL)
    show_record (self, self->shown);
}

/**
 * bp_list_page_get_show_detail:
 * @self: a page
 *
 * Returns: whether the detail is shown beside the list
 */
gboolean
bp_list_page_get_show_detail (BpListPage *self)
{
  return bp_split_get_show_pane (self->split);
}

/**
 * bp_list_page_is_changed:
 * @self: a page
 *
 * Returns: whether something is typed that is not saved
 */
gboolean
bp_list_page_is_changed (BpListPage *self)
{
  return self->detail != NULL && BP_IS_RECORD_DETAIL (self->detail)
         && bp_record_detail_is_changed (BP_RECORD_DETAIL (self->detail));
}

/**
 * bp_list_page_focus:
 * @self: a page
 *
 * Goes to the list.
 */
void
bp_list_page_focus (BpListPage *self)
{
  bp_record_table_focus (self->table);
}
