#include "config.h"

#include "bp-activity-detail.h"

#include "bp-activity-words.h"
#include "bp-dialogs.h"
#include "bp-hold.h"

#include <glib/gi18n.h>

#define MAX_NAMED 5

struct _BpActivityDetail
{
  AdwBin parent_instance;

  GtkRevealer *revealer;      /* (unowned), as all widgets here */
  GtkLabel *title;
  GtkWidget *resolve_button;
  GtkWidget *edit_button;
  GtkWidget *retry_button;
  GtkWidget *discard_button;
  GtkLabel *words;
  GtkExpander *payload_expander;
  GtkTextView *payload;
  GtkExpander *attempts_expander;
  GtkLabel *attempts;

  BpFormat *format;           /* (owned) (nullable): until it is set */
  BpActivityDetails *details; /* (owned) (nullable): until they are read */
  GCancellable *cancellable;  /* (owned) (nullable) */
  char *op_id;                /* (owned) (nullable): of an operation */
  const BpTable *table;       /* (unowned) (nullable): of the record */
  char *id;                   /* (owned) (nullable): of the record */
  gint64 conflict;            /* 0 for none */
};

G_DEFINE_FINAL_TYPE (BpActivityDetail, bp_activity_detail, ADW_TYPE_BIN)

enum
{
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static BpShop *
get_shop (BpActivityDetail *self)
{
  return bp_format_get_shop (self->format);
}

static void
show_text (GtkLabel   *label,
           const char *text)
{
  gtk_label_set_text (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && text[0] != '\0');
}

static void
on_details_read (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (BpActivityDetail) self = user_data;
  g_autoptr (GError) error = NULL;
  BpActivityDetails *details
    = bp_activity_read_details_finish (BP_SHOP (source), result, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  if (details == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_signal_emit (self, signals[FAILED], 0, error->message);
      return;
    }

  g_clear_pointer (&self->details, bp_activity_details_free);
  self->details = details;
  for (guint i = 0; i < details->runs->len; i++)
    {
      g_autofree char *run = bp_activity_words_make_run (self->format, details->runs->pdata[i]);

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", run);
    }
  gtk_label_set_text (self->attempts, text->len > 0 ? text->str : _("None yet"));
  gtk_widget_set_sensitive (self->discard_button, TRUE);
}

static void
show_operation (BpActivityDetail *self,
                const BpQueueRow *queue)
{
  g_autofree char *payload = bp_activity_words_make_payload (queue);
  gboolean failed = g_strcmp0 (queue->status, "failed") == 0;

  gtk_widget_set_visible (self->edit_button, queue->kind != BP_OPERATION_DELETE);
  gtk_widget_set_visible (self->retry_button, failed);
  gtk_widget_set_visible (self->discard_button, failed);
  gtk_widget_set_sensitive (self->discard_button, FALSE);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->payload), payload, -1);
  gtk_label_set_text (self->attempts, "");
  self->op_id = g_strdup (queue->op_id);
  self->cancellable = g_cancellable_new ();
  bp_activity_read_details_async (get_shop (self), queue, self->cancellable, on_details_read,
                                  g_object_ref (self));
}

static void
set_place (BpActivityDetail *self,
           const BpTable    *table,
           const char       *id,
           gint64            conflict)
{
  self->table = table;
  g_free (self->id);
  self->id = g_strdup (id);
  self->conflict = conflict;
}

static void
clear (BpActivityDetail *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->details, bp_activity_details_free);
  g_clear_pointer (&self->op_id, g_free);
  set_place (self, NULL, NULL, 0);
}

static void
on_mended (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (BpActivityDetail) self = user_data;
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  if (!bp_activity_mend_finish (BP_SHOP (source), result, &error))
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

static void
mend (BpActivityDetail *self,
      BpActivityRemedy  remedy)
{
  if (self->op_id == NULL)
    return;
  bp_hold_application (TRUE);
  bp_activity_mend_async (get_shop (self), remedy, self->op_id, on_mended, g_object_ref (self));
}

static void
on_retry (BpActivityDetail *self)
{
  mend (self, BP_ACTIVITY_RETRY);
}

static void
on_discard_confirmed (BpActivityDetail *self)
{
  mend (self, BP_ACTIVITY_DISCARD);
}

/* It cannot be undone, so it is said what goes. */
static void
on_discard (BpActivityDetail *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const GPtrArray *action;

  if (self->details == NULL)
    return;

  action = self->details->action;
  for (guint i = 0; i < action->len && i < MAX_NAMED; i++)
    {
      g_autofree char *title = bp_activity_words_make_title (self->format, action->pdata[i]);

      g_string_append_printf (text, "%s\n", title);
    }
  if (action->len > MAX_NAMED)
    {
      g_string_append_printf (text,
                              ngettext ("and %u more", "and %u more", action->len - MAX_NAMED),
                              action->len - MAX_NAMED);
      g_string_append_c (text, '\n');
    }
  g_string_append (text, _("\nWhat was done here is given up for good. What the server has is"
                           " shown again; what it never had goes."));
  bp_dialogs_ask_destroy (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                          _("Discard These Changes?"), text->str, _("_Discard"),
                          G_CALLBACK (on_discard_confirmed), self);
}

static void
on_edit (BpActivityDetail *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  GtkWindow *parent = gtk_window_get_transient_for (window);

  if (parent == NULL || self->table == NULL)
    return;
  gtk_widget_activate_action (GTK_WIDGET (parent), "win.show-record", "(ss)", self->table->name,
                              self->id);
  gtk_window_present (parent);
}

static void
on_resolve (BpActivityDetail *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "app.resolve-conflict", "x", self->conflict);
}

static void
on_copy (BpActivityDetail *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->payload);
  g_autofree char *text = NULL;
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

static void
bp_activity_detail_dispose (GObject *object)
{
  BpActivityDetail *self = BP_ACTIVITY_DETAIL (object);

  clear (self);
  g_clear_object (&self->format);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_ACTIVITY_DETAIL);

  G_OBJECT_CLASS (bp_activity_detail_parent_class)->dispose (object);
}

static void
bp_activity_detail_class_init (BpActivityDetailClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = bp_activity_detail_dispose;

  signals[FAILED] = g_signal_new ("failed", BP_TYPE_ACTIVITY_DETAIL, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-activity-detail.ui");
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, revealer);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, title);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, resolve_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, edit_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, retry_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, discard_button);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, words);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, payload_expander);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, payload);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, attempts_expander);
  gtk_widget_class_bind_template_child (widget_class, BpActivityDetail, attempts);
  gtk_widget_class_bind_template_callback (widget_class, on_resolve);
  gtk_widget_class_bind_template_callback (widget_class, on_edit);
  gtk_widget_class_bind_template_callback (widget_class, on_retry);
  gtk_widget_class_bind_template_callback (widget_class, on_discard);
  gtk_widget_class_bind_template_callback (widget_class, on_copy);
}

static void
bp_activity_detail_init (BpActivityDetail *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_activity_detail_set_format:
 * @self: a detail
 * @format: how the shop's values are written
 */
void
bp_activity_detail_set_format (BpActivityDetail *self,
                               BpFormat         *format)
{
  g_set_object (&self->format, format);
}

/**
 * bp_activity_detail_show:
 * @self: a detail with a format
 * @row: (nullable): what it shows from now on; it hides where %NULL
 */
void
bp_activity_detail_show (BpActivityDetail    *self,
                         const BpActivityRow *row)
{
  g_autofree char *title = NULL;
  g_autofree char *words = NULL;
  gboolean is_conflict;

  clear (self);
  gtk_revealer_set_reveal_child (self->revealer, row != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->revealer), row != NULL);
  if (row == NULL)
    return;

  is_conflict = row->conflict != NULL;
  title = bp_activity_words_make_title (self->format, row);
  words = row->run != NULL
            ? bp_activity_words_make_run (self->format, row->run)
            : bp_activity_words_get (self->format, row, BP_ACTIVITY_REASON);
  gtk_label_set_text (self->title, title);
  show_text (self->words, words);
  gtk_widget_set_visible (self->resolve_button, is_conflict);
  gtk_button_set_label (GTK_BUTTON (self->resolve_button),
                        is_conflict && row->conflict->decision != NULL ? _("Open…")
                                                                       : _("Resolve…"));
  gtk_widget_set_visible (self->edit_button, FALSE);
  gtk_widget_set_visible (self->retry_button, FALSE);
  gtk_widget_set_visible (self->discard_button, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->payload_expander), row->queue != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->attempts_expander), row->queue != NULL);
  if (is_conflict)
    set_place (self, row->conflict->table, row->conflict->record_id, row->conflict->id);
  else if (row->queue != NULL)
    {
      set_place (self, row->queue->table, row->queue->record_id, 0);
      show_operation (self, row->queue);
    }
}
