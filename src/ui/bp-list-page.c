#include "config.h"

#include "bp-list-page-private.h"

#include "bp-record-detail.h"
#include "bp-trouble.h"

#include <glib/gi18n.h>

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

static gboolean
is_filtered (BpListPage *self)
{
  return self->search[0] != '\0' || !gtk_toggle_button_get_active (self->all_button);
}

static void
tell_counts (BpListPage *self)
{
  const BpListCounts *counts = bp_record_list_get_counts (self->list);
  guint number = self->section->filter.attention != NULL ? (guint)counts->n_matching : 0;

  g_signal_emit (self, signals[COUNTED], 0, self->counted != NULL ? self->counted : "", number);
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
  tell_counts (self);
}

/* What there is none of has no button, unless it is what is looked at. */
static void
show_number (GtkToggleButton *button,
             const char      *label,
             gint64           number,
             gboolean         always)
{
  g_autofree char *text
    = number > 0 ? g_strdup_printf ("%s %'" G_GINT64_FORMAT, label, number) : g_strdup (label);

  gtk_button_set_label (GTK_BUTTON (button), text);
  gtk_widget_set_visible (GTK_WIDGET (button),
                          always || number > 0 || gtk_toggle_button_get_active (button));
}

static void
on_list_counted (BpListPage *self)
{
  const BpListCounts *counts = bp_record_list_get_counts (self->list);

  if (self->section->filter.label != NULL)
    show_number (self->filter_button, _(self->section->filter.label), counts->n_matching, TRUE);
  show_number (self->pending_button, _("Pending"), counts->by_status[BP_RECORD_PENDING], FALSE);
  show_number (self->conflict_button, _("Conflicts"), counts->by_status[BP_RECORD_CONFLICT],
               FALSE);
  show_number (self->failed_button, _("Failed"), counts->by_status[BP_RECORD_FAILED], FALSE);
  tell_counts (self);
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

  gtk_widget_set_visible (GTK_WIDGET (self->bar), !is_empty || is_filtered (self));
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
  if (button == self->filter_button)
    bp_record_list_set_conditions (self->list, self->section->filter.conditions,
                                   self->section->filter.n_conditions);
  else
    bp_record_list_set_conditions (self->list, NULL, 0);
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
  bp_detail_pane_set_id (self->pane, row->state->id);
}

static void
show_record (BpListPage *self,
             BpRecord   *record)
{
  g_autoptr (BpRow) row = bp_record_dup_row (record);

  if (row != NULL)
    show_row (self, row);
}

/**
 * bp_list_page_update_actions:
 * @self: a page
 *
 * Enables what can be done with what is selected.
 */
void
bp_list_page_update_actions (BpListPage *self)
{
  const BpTable *table = bp_section_get_table (self->section);
  gboolean has_record = bp_record_get_id (self->shown) != NULL;
  gboolean has_many = self->n_chosen > 0;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.open", has_record && !has_many);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.delete",
                                 (has_record || has_many) && !table->fact);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.edit", has_many && !table->fact);
}

/**
 * bp_list_page_forget_shown:
 * @self: a page
 *
 * Shows and selects nothing from now on.
 */
void
bp_list_page_forget_shown (BpListPage *self)
{
  bp_record_fill (self->shown, NULL);
  bp_record_table_select (self->table, NULL);
  if (self->pane != NULL)
    bp_detail_pane_set_id (self->pane, NULL);
  bp_list_page_update_actions (self);
  if (bp_split_get_show_pane (self->split))
    close_detail (self);
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

  if (id == NULL || !bp_split_get_show_pane (self->split))
    return;
  if (tables & (1u << index))
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
  self->pane = BP_DETAIL_PANE (bp_detail_pane_new (self->section, self->format, self->detail));
  adw_bin_set_child (self->detail_bin, GTK_WIDGET (self->pane));
}

static void
on_selected (BpListPage *self,
             BpRecord   *record)
{
  show_record (self, record);
  bp_list_page_update_actions (self);
}

static void
on_activated (BpListPage *self,
              BpRecord   *record)
{
  show_record (self, record);
  bp_list_page_update_actions (self);
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
   * @attention: how many of them need attention
   */
  signals[COUNTED] = g_signal_new ("counted", BP_TYPE_LIST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_UINT);
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
  gtk_widget_class_bind_template_child (widget_class, BpListPage, filter_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, pending_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, conflict_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, failed_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, count);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, bar);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, chosen_label);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, more_box);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, edit_button);
  gtk_widget_class_bind_template_child (widget_class, BpListPage, delete_button);
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
  bp_list_page_install_chosen (widget_class);
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
  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_e, GDK_CONTROL_MASK),
                      gtk_named_action_new ("page.edit")));
  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                      gtk_named_action_new ("page.unselect")));
  gtk_widget_add_controller (GTK_WIDGET (self->table), keys);
}

static void
add_more (BpListPage *self)
{
  for (guint i = 0; i < self->section->n_more; i++)
    {
      const BpSectionAction *more = &self->section->more[i];
      GtkWidget *button = gtk_button_new_with_label (_(more->label));

      gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), more->action);
      gtk_box_append (self->more_box, button);
    }
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
  gtk_widget_set_visible (GTK_WIDGET (self->filter_button), section->filter.label != NULL);
  gtk_widget_set_visible (self->edit_button, !table->fact);
  gtk_widget_set_visible (self->delete_button, !table->fact);
  bp_record_table_set_list (self->table, section, format, self->list);
  bp_record_table_set_menu (self->table, self->menu);
  add_list_keys (self);
  add_more (self);
  bp_list_page_update_actions (self);
  g_signal_connect_object (self->list, "counted", G_CALLBACK (on_list_counted), self,
                           G_CONNECT_SWAPPED);
  bp_record_list_set_counted (self->list, section->filter.conditions,
                              section->filter.n_conditions);
  on_list_counted (self);
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
  bp_list_page_update_actions (self);
  bp_list_page_set_show_detail (self, TRUE);
  bp_detail_pane_set_id (self->pane, NULL);
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
