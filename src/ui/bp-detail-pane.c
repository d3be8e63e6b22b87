#include "config.h"

#include "bp-detail-pane.h"

#include "bp-event-list.h"
#include "bp-history-events.h"
#include "bp-shop-ledger.h"

#include <glib/gi18n.h>

/* So many entries of a ledger are shown. */
#define MAX_ENTRIES 500

struct _BpDetailPane
{
  AdwBin parent_instance;

  GtkWidget *switcher;      /* (unowned), as all widgets here */
  GtkStack *stack;
  BpEventList *ledger;      /* (nullable): where the section has none */
  BpEventList *history;

  const BpSection *section; /* (unowned) */
  BpFormat *format;         /* (owned) */
  char *id;                 /* (owned) (nullable): none while there is none or a new one */
  GCancellable *reading;    /* (owned) (nullable) */
  gboolean again;           /* something changed while it was read */
};

G_DEFINE_FINAL_TYPE (BpDetailPane, bp_detail_pane, ADW_TYPE_BIN)

static void read_visible (BpDetailPane *self);

static void
stop_reading (BpDetailPane *self)
{
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  self->again = FALSE;
}

static void
end_reading (BpDetailPane *self)
{
  g_clear_object (&self->reading);
  if (self->again)
    read_visible (self);
}

static char *
format_amount (BpDetailPane *self,
               gint64        amount,
               gboolean      sign)
{
  const BpTable *table = bp_section_get_table (self->section);
  g_autofree char *text = NULL;

  for (guint i = 0; i < table->n_fields; i++)
    {
      BpValue value = { BP_VALUE_INTEGER, amount, NULL };

      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        text = bp_format_value (self->format, &table->fields[i], &value);
    }

  return sign && amount > 0 ? g_strconcat ("+", text, NULL) : g_steal_pointer (&text);
}

static BpEvent *
make_event (BpDetailPane        *self,
            const BpLedgerEntry *entry)
{
  g_autofree char *when = bp_format_time (self->format, entry->time);
  g_autofree char *amount = format_amount (self, entry->amount, TRUE);
  g_autofree char *figure = format_amount (self, entry->figure, FALSE);
  g_autoptr (GString) title = g_string_new (bp_format_word (entry->word));
  g_autoptr (GString) detail = g_string_new (when);

  if (entry->title != NULL && entry->title[0] != '\0')
    g_string_append_printf (title, " %s", entry->title);
  if (entry->has_counted)
    {
      g_autofree char *counted = format_amount (self, entry->counted, FALSE);

      g_string_append_c (detail, '\n');
      g_string_append_printf (detail, _("Counted %s"), counted);
    }
  if (!entry->is_synced)
    g_string_append_printf (detail, " · %s", _("not sent yet"));
  return bp_event_new (title->str, detail->str, amount, figure);
}

static void
on_ledger_read (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (BpDetailPane) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = bp_shop_read_ledger_finish (BP_SHOP (source), result, &error);
  g_autoptr (GPtrArray) events = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (entries == NULL)
    {
      bp_event_list_set_fault (self->ledger, error->message);
      end_reading (self);
      return;
    }

  events = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < entries->len; i++)
    g_ptr_array_add (events, make_event (self, entries->pdata[i]));
  bp_event_list_set_events (self->ledger, events,
                            events->len == MAX_ENTRIES ? _("Only the latest are shown.") : NULL);
  end_reading (self);
}

static void
on_history_read (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (BpDetailPane) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_whole;
  g_autoptr (GPtrArray) entries
    = bp_history_read_finish (BP_SHOP (source), result, &is_whole, &error);
  g_autoptr (GPtrArray) events = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (entries == NULL)
    {
      bp_event_list_set_fault (self->history, error->message);
      end_reading (self);
      return;
    }

  events = bp_history_to_events (entries, bp_section_get_table (self->section), self->format);
  bp_event_list_set_events (self->history, events,
                            is_whole ? NULL
                                     : _("The server cannot be asked: only what was done on this"
                                         " device in the last 30 days is shown."));
  end_reading (self);
}

static void
read_visible (BpDetailPane *self)
{
  BpShop *shop = bp_format_get_shop (self->format);
  const BpTable *table = bp_section_get_table (self->section);
  GtkWidget *visible = gtk_stack_get_visible_child (self->stack);

  if (self->id == NULL || (visible != GTK_WIDGET (self->ledger)
                           && visible != GTK_WIDGET (self->history)))
    return;

  stop_reading (self);
  self->reading = g_cancellable_new ();
  if (visible == GTK_WIDGET (self->history))
    bp_history_read_async (shop, table, self->id, self->reading, on_history_read,
                           g_object_ref (self));
  else
    bp_shop_read_ledger_async (shop, &(BpLedgerKey){ table, self->id }, MAX_ENTRIES,
                               self->reading, on_ledger_read, g_object_ref (self));
}

static void
on_visible_child (BpDetailPane *self)
{
  /* The stack also tells of its pages as it goes. */
  if (self->format != NULL)
    read_visible (self);
}

static void
on_shop_changed (BpDetailPane *self)
{
  if (self->reading != NULL)
    self->again = TRUE;
  else
    read_visible (self);
}

static void
bp_detail_pane_dispose (GObject *object)
{
  BpDetailPane *self = BP_DETAIL_PANE (object);

  stop_reading (self);
  g_clear_object (&self->format);
  g_clear_pointer (&self->id, g_free);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_DETAIL_PANE);

  G_OBJECT_CLASS (bp_detail_pane_parent_class)->dispose (object);
}

static void
bp_detail_pane_class_init (BpDetailPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_detail_pane_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-detail-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, BpDetailPane, switcher);
  gtk_widget_class_bind_template_child (widget_class, BpDetailPane, stack);
  gtk_widget_class_bind_template_callback (widget_class, on_visible_child);
}

static void
bp_detail_pane_init (BpDetailPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static BpEventList *
add_events (BpDetailPane *self,
            const char   *name,
            const char   *title,
            const char   *empty)
{
  GtkWidget *events = bp_event_list_new (title, empty);

  gtk_stack_add_titled (self->stack, events, name, title);
  return BP_EVENT_LIST (events);
}

/**
 * bp_detail_pane_new:
 * @section: whose records
 * @format: how their values are written
 * @detail: the tab that shows the record itself
 *
 * Returns: (transfer floating): a pane
 */
GtkWidget *
bp_detail_pane_new (const BpSection *section,
                    BpFormat        *format,
                    GtkWidget       *detail)
{
  BpDetailPane *self = g_object_new (BP_TYPE_DETAIL_PANE, NULL);

  self->section = section;
  gtk_stack_add_titled (self->stack, detail, "details", _("Details"));
  if (section->ledger_title != NULL)
    self->ledger = add_events (self, "ledger", _(section->ledger_title), _("Nothing yet"));
  self->history = add_events (self, "history", _("History"), _("Nothing is known of it"));
  self->format = g_object_ref (format);
  g_signal_connect_object (bp_format_get_shop (format), "changed", G_CALLBACK (on_shop_changed),
                           self, G_CONNECT_SWAPPED);
  bp_detail_pane_set_id (self, NULL);
  return GTK_WIDGET (self);
}

/**
 * bp_detail_pane_set_id:
 * @self: a pane
 * @id: (nullable): the record that is shown; %NULL while there is none, or a
 *   new one
 */
void
bp_detail_pane_set_id (BpDetailPane *self,
                       const char   *id)
{
  gtk_widget_set_visible (self->switcher, id != NULL);
  if (id == NULL)
    gtk_stack_set_visible_child_name (self->stack, "details");
  if (g_strcmp0 (self->id, id) == 0)
    return;

  stop_reading (self);
  g_free (self->id);
  self->id = g_strdup (id);
  if (self->ledger != NULL)
    bp_event_list_set_loading (self->ledger);
  bp_event_list_set_loading (self->history);
  read_visible (self);
}
