#include "config.h"

#include "bp-stock-window.h"

#include "bp-bulk.h"
#include "bp-match-entry.h"
#include "bp-stock-line.h"
#include "bp-trouble.h"

#include <glib/gi18n.h>

struct _BpStockWindow
{
  AdwWindow parent_instance;

  AdwWindowTitle *title;    /* (unowned), as all widgets here */
  GtkButton *save_button;
  BpMatchEntry *scan;
  GtkWidget *reason_group;
  AdwComboRow *reason;
  AdwEntryRow *note;
  GtkStack *stack;
  AdwStatusPage *empty_page;
  GtkListBox *lines;
  GtkLabel *fault;

  GtkWidget *page;          /* (owned): what it was opened from */
  BpFormat *format;         /* (owned) */
  BpShop *shop;             /* (owned) */
  BpStockTask task;
  GCancellable *reading;    /* (owned) */
  gboolean saving;
};

G_DEFINE_FINAL_TYPE (BpStockWindow, bp_stock_window, ADW_TYPE_WINDOW)

static const struct
{
  const char *title;
  const char *hint;
  const char *save_label;
  const char *reason; /* (nullable): chosen where %NULL */
  gboolean has_cost;
  gboolean is_count;
} tasks[] = {
  [BP_STOCK_RECEIVE] = { N_("Receive Goods"), N_("Scan or type what came in."), N_("Receive"),
                         "purchase", TRUE, FALSE },
  [BP_STOCK_ADJUST] = { N_("Adjust Stock"),
                        N_("Scan or type what is put right; what is lost has a minus sign."),
                        N_("Adjust"), NULL, FALSE, FALSE },
  [BP_STOCK_COUNT] = { N_("Stock-Take"), N_("Scan or type what was counted."), N_("Post Counts"),
                       "stocktake", FALSE, TRUE },
};

/* What an adjustment can be, as the contract has it. */
static const char *const reasons[] = { "adjustment", "transfer", "opening" };

static void
show_fault (BpStockWindow *self,
            const char    *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->fault), message != NULL);
}

static void
update (BpStockWindow *self)
{
  gboolean has_lines = gtk_list_box_get_row_at_index (self->lines, 0) != NULL;

  gtk_stack_set_visible_child_name (self->stack, has_lines ? "lines" : "empty");
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), has_lines && !self->saving);
}

static void
on_line_done (BpStockWindow *self)
{
  bp_match_entry_select_all (self->scan);
}

static void
on_line_changed (BpStockWindow *self)
{
  show_fault (self, NULL);
}

static void
on_line_removed (BpStockWindow  *self,
                 BpStockLineRow *row)
{
  gtk_list_box_remove (self->lines, GTK_WIDGET (row));
  update (self);
  bp_match_entry_select_all (self->scan);
}

static BpStockLineRow *
find_line (BpStockWindow *self,
           const char    *product_id)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->lines, i)) != NULL; i++)
    {
      if (g_str_equal (bp_stock_line_row_get_product (BP_STOCK_LINE_ROW (row)), product_id))
        return BP_STOCK_LINE_ROW (row);
    }

  return NULL;
}

/* What is scanned again is one more; what is picked is typed. */
static void
add_product (BpStockWindow *self,
             const BpRow   *product,
             gboolean       is_scanned)
{
  BpStockLineRow *line = find_line (self, product->state->id);

  bp_match_entry_set_text (self->scan, "");
  show_fault (self, NULL);
  if (line == NULL)
    {
      line = BP_STOCK_LINE_ROW (bp_stock_line_row_new (self->format, product,
                                                       tasks[self->task].is_count,
                                                       tasks[self->task].has_cost));
      g_signal_connect_object (line, "changed", G_CALLBACK (on_line_changed), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (line, "done", G_CALLBACK (on_line_done), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (line, "removed", G_CALLBACK (on_line_removed), self,
                               G_CONNECT_SWAPPED);
      gtk_list_box_append (self->lines, GTK_WIDGET (line));
      update (self);
    }
  if (is_scanned && self->task != BP_STOCK_ADJUST)
    {
      bp_stock_line_row_add_one (line);
      bp_match_entry_select_all (self->scan);
    }
  else
    bp_stock_line_row_focus (line);
}

static void
on_picked (BpStockWindow *self,
           BpRecord      *record)
{
  g_autoptr (BpRow) row = bp_record_dup_row (record);

  if (row != NULL)
    add_product (self, row, FALSE);
}

static void
on_found (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (BpStockWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) row = bp_shop_find_product_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (row != NULL)
    {
      add_product (self, row, TRUE);
      return;
    }

  show_fault (self, error->message);
  bp_match_entry_select_all (self->scan);
}

static void
on_entered (BpStockWindow *self,
            const char    *text)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  if (trimmed[0] != '\0')
    bp_shop_find_product_async (self->shop, trimmed, self->reading, on_found,
                                g_object_ref (self));
}

static void
on_product_read (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (BpStockWindow) self = user_data;
  g_autoptr (BpRow) row = bp_record_read_finish (BP_SHOP (source), result, NULL);

  if (row != NULL)
    add_product (self, row, FALSE);
}

/* (transfer full) (nullable) (element-type BpStockLine) */
static GPtrArray *
read_lines (BpStockWindow *self)
{
  g_autoptr (GPtrArray) lines
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_stock_line_free);
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->lines, i)) != NULL; i++)
    {
      BpStockLine *line = bp_stock_line_row_read (BP_STOCK_LINE_ROW (row));

      if (line == NULL)
        return NULL;
      g_ptr_array_add (lines, line);
    }

  return lines->len > 0 ? g_steal_pointer (&lines) : NULL;
}

static void
on_saved (gpointer object,
          gboolean done)
{
  BpStockWindow *self = object;

  self->saving = FALSE;
  if (done)
    {
      gtk_window_destroy (GTK_WINDOW (self));
      return;
    }
  show_fault (self, _("Nothing was saved."));
  update (self);
}

static char *
describe (BpStockWindow *self,
          guint          number)
{
  if (self->task == BP_STOCK_COUNT)
    return g_strdup_printf (ngettext ("%'u count posted", "%'u counts posted", number), number);
  if (self->task == BP_STOCK_RECEIVE)
    return g_strdup_printf (ngettext ("%'u product received", "%'u products received", number),
                            number);
  return g_strdup_printf (ngettext ("%'u product adjusted", "%'u products adjusted", number),
                          number);
}

static void
save (GtkWidget  *widget,
      const char *action_name,
      GVariant   *parameter)
{
  BpStockWindow *self = BP_STOCK_WINDOW (widget);
  g_autofree char *note = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->note))));
  g_autoptr (GPtrArray) lines = NULL;
  g_autofree char *text = NULL;
  const char *reason = tasks[self->task].reason;

  if (self->saving)
    return;
  lines = read_lines (self);
  if (lines == NULL)
    return;
  if (reason == NULL)
    reason = reasons[adw_combo_row_get_selected (self->reason)];
  if (self->task == BP_STOCK_ADJUST && note[0] == '\0')
    {
      show_fault (self, _("Say why, so that others understand it later."));
      gtk_widget_grab_focus (GTK_WIDGET (self->note));
      return;
    }

  text = describe (self, lines->len);
  self->saving = TRUE;
  update (self);
  bp_bulk_save (self->page, self->shop,
                bp_stock_make_writes (bp_shop_get_clock (self->shop), lines, reason, note), text,
                on_saved, self);
}

static void
bp_stock_window_dispose (GObject *object)
{
  BpStockWindow *self = BP_STOCK_WINDOW (object);

  g_cancellable_cancel (self->reading);
  g_clear_object (&self->page);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_STOCK_WINDOW);

  G_OBJECT_CLASS (bp_stock_window_parent_class)->dispose (object);
}

static void
bp_stock_window_finalize (GObject *object)
{
  BpStockWindow *self = BP_STOCK_WINDOW (object);

  g_clear_object (&self->reading);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);

  G_OBJECT_CLASS (bp_stock_window_parent_class)->finalize (object);
}

static void
bp_stock_window_class_init (BpStockWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_stock_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = bp_stock_window_finalize;

  g_type_ensure (BP_TYPE_MATCH_ENTRY);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-stock-window.ui");
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, title);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, save_button);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, scan);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, reason_group);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, reason);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, note);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, empty_page);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, lines);
  gtk_widget_class_bind_template_child (widget_class, BpStockWindow, fault);
  gtk_widget_class_bind_template_callback (widget_class, on_picked);
  gtk_widget_class_bind_template_callback (widget_class, on_entered);
  gtk_widget_class_install_action (widget_class, "stock.save", NULL, save);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_s, GDK_CONTROL_MASK, "stock.save",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
bp_stock_window_init (BpStockWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->reading = g_cancellable_new ();
}

static void
set_task (BpStockWindow *self,
          BpStockTask    task)
{
  g_autoptr (GtkStringList) labels = gtk_string_list_new (NULL);

  self->task = task;
  gtk_window_set_title (GTK_WINDOW (self), _(tasks[task].title));
  adw_window_title_set_title (self->title, _(tasks[task].title));
  adw_status_page_set_description (self->empty_page, _(tasks[task].hint));
  gtk_button_set_label (self->save_button, _(tasks[task].save_label));
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    gtk_string_list_append (labels, bp_format_word (reasons[i]));
  adw_combo_row_set_model (self->reason, G_LIST_MODEL (labels));
  gtk_widget_set_visible (GTK_WIDGET (self->reason), tasks[task].reason == NULL);
}

/**
 * bp_stock_window_show:
 * @widget: where toasts are shown; its window is the parent
 * @format: how values are written, and the shop
 * @task: what is done
 * @product_id: (nullable): with which product it begins
 *
 * Opens the window.
 */
void
bp_stock_window_show (GtkWidget  *widget,
                      BpFormat   *format,
                      BpStockTask task,
                      const char *product_id)
{
  BpStockWindow *self = g_object_new (BP_TYPE_STOCK_WINDOW, "transient-for",
                                      gtk_widget_get_root (widget), NULL);

  self->page = g_object_ref (widget);
  self->format = g_object_ref (format);
  self->shop = g_object_ref (bp_format_get_shop (format));
  set_task (self, task);
  bp_match_entry_set_table (self->scan, bp_table_find ("products"), "stock", format);
  update (self);
  gtk_window_present (GTK_WINDOW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->scan));
  if (product_id != NULL)
    bp_record_read_async (self->shop, bp_table_find ("products"), product_id, self->reading,
                          on_product_read, g_object_ref (self));
}
