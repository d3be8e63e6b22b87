#include "config.h"

#include "bp-sync-button.h"

#include "bp-status.h"

#include <glib/gi18n.h>

struct _BpSyncButton
{
  AdwBin parent_instance;

  GtkMenuButton *button; /* (unowned), as all widgets here */
  GtkImage *icon;
  GtkLabel *text;
  GtkLabel *headline;
  GtkLabel *last_sync;
  GtkLabel *trouble;
  GtkLabel *rows;
  GtkLabel *hold;
  GtkLabel *skew;
  GtkLabel *data;
  GtkProgressBar *progress;
  GtkLabel *n_pending;
  GtkLabel *n_conflicts;
  GtkLabel *n_failed;
  GtkButton *action_button;

  BpSyncScheduler *scheduler; /* (owned) (nullable) */
  BpFormat *format;           /* (owned) (nullable) */
  char *host;                 /* (owned) (nullable): of the server, once it is read */
};

G_DEFINE_FINAL_TYPE (BpSyncButton, bp_sync_button, ADW_TYPE_BIN)

static void
set_number (GtkLabel *label,
            gint64    number)
{
  g_autofree char *text = g_strdup_printf ("%'" G_GINT64_FORMAT, number);

  gtk_label_set_text (label, text);
}

static void
show_last_sync (BpSyncButton       *self,
                const BpSyncStatus *status)
{
  g_autofree char *when = NULL;
  g_autofree char *text = NULL;

  if (!status->paired)
    text = g_strdup (_("This shop is not connected to a server. Everything is kept here."));
  else if (status->last_sync == 0)
    text = g_strdup (_("Never synced"));
  else
    {
      when = bp_format_time (self->format, status->last_sync);
      text = g_strdup_printf (_("Last synced %s"), when);
    }
  if (status->paired && self->host != NULL)
    {
      g_autofree char *both = g_strdup_printf ("%s · %s", text, self->host);

      gtk_label_set_text (self->last_sync, both);
      return;
    }
  gtk_label_set_text (self->last_sync, text);
}

static void
set_action (BpSyncButton *self,
            const char   *action,
            const char   *page)
{
  GtkActionable *button = GTK_ACTIONABLE (self->action_button);

  if (g_strcmp0 (gtk_actionable_get_action_name (button), action) == 0)
    return;

  /* In between, name and target would not go together. */
  gtk_actionable_set_action_name (button, NULL);
  gtk_actionable_set_action_target_value (button,
                                          page != NULL ? g_variant_new_string (page) : NULL);
  gtk_actionable_set_action_name (button, action);
  gtk_widget_set_tooltip_text (GTK_WIDGET (button), page == NULL ? "Ctrl+R" : NULL);
}

/* Each state has one thing to do about it. */
static void
show_action (BpSyncButton       *self,
             const BpSyncStatus *status)
{
  const char *label = _("Sync Now");
  gboolean asks = !status->paired || status->must_pair;

  if (asks)
    label = status->must_pair ? _("Pair Again…") : _("Connect to a Server…");
  else if (bp_sync_scheduler_get_offline (self->scheduler))
    label = _("Go Online");

  gtk_button_set_label (self->action_button, label);
  set_action (self, asks ? "app.preferences-page" : "app.sync-now", asks ? "sync" : NULL);
}

static char *
read_host (BpStore *store)
{
  g_autoptr (BpPairing) pairing = bp_sync_get_pairing (store);
  g_autoptr (GUri) uri
    = pairing != NULL ? g_uri_parse (pairing->url, G_URI_FLAGS_NONE, NULL) : NULL;

  return uri != NULL ? g_strdup (g_uri_get_host (uri)) : NULL;
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  g_task_return_pointer (task, read_host (bp_shop_get_store (source_object)), g_free);
}

static void
show_text (GtkLabel   *label,
           const char *text)
{
  gtk_label_set_text (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL);
}

static const char *
get_hold_text (BpSyncHold hold)
{
  switch (hold)
    {
    case BP_SYNC_HOLD_METERED:
      return _("This connection is metered: only what is urgent is sent."
               " Sync Now sends everything.");
    case BP_SYNC_HOLD_DATA:
      return _("The data of this month is used up: only what is urgent is sent.");
    default:
      return NULL;
    }
}

/* A pause while somebody types is over before it could be read. */
static void
show_hold (BpSyncButton *self)
{
  show_text (self->hold, get_hold_text (bp_sync_scheduler_get_hold (self->scheduler)));
}

static void
show_skew (BpSyncButton       *self,
           const BpSyncStatus *status)
{
  gint64 minutes = ABS (status->skew) / 60000;
  g_autofree char *text = NULL;

  if (status->skew != 0)
    text = g_strdup_printf (status->skew > 0
                              ? ngettext ("The clock of this device is %d minute slow.",
                                          "The clock of this device is %d minutes slow.", minutes)
                              : ngettext ("The clock of this device is %d minute fast.",
                                          "The clock of this device is %d minutes fast.", minutes),
                            (int)MIN (minutes, G_MAXINT));
  show_text (self->skew, text);
}

static void
show_data (BpSyncButton       *self,
           const BpSyncStatus *status)
{
  g_autofree char *used = g_format_size ((guint64)MAX (status->data_used, 0));
  g_autofree char *limit = g_format_size ((guint64)MAX (status->data_limit, 0));
  g_autofree char *text = NULL;

  /* Translators: how much was used, of how much may be used. */
  text = status->data_limit > 0 ? g_strdup_printf (_("%s of %s"), used, limit) : g_strdup (used);
  gtk_label_set_text (self->data, text);
}

/* What is left to be sent counts where nothing is fetched. */
static char *
make_left (const BpSyncStatus *status)
{
  if (status->n_pending == 0)
    return NULL;

  return g_strdup_printf (ngettext ("%'u change to be sent", "%'u changes to be sent",
                                    (gulong)status->n_pending),
                          (guint)status->n_pending);
}

static void
show_rows (BpSyncButton       *self,
           const BpSyncStatus *status)
{
  g_autofree char *text = NULL;
  gint64 done, total;

  if (status->state == BP_SYNC_STATE_SYNCING
      && bp_sync_scheduler_get_rows (self->scheduler, &done, &total) && total > done)
    {
      g_autofree char *fetched = g_strdup_printf ("%'" G_GINT64_FORMAT, done);
      g_autofree char *all = g_strdup_printf ("%'" G_GINT64_FORMAT, total);

      /* Translators: how many were fetched, of how many. */
      text = g_strdup_printf (_("%s of %s rows"), fetched, all);
    }
  else if (status->state == BP_SYNC_STATE_SYNCING)
    text = make_left (status);
  show_text (self->rows, text);
}

/* An error of a moment ago matters only while it keeps us offline. */
static void
show_trouble (BpSyncButton       *self,
              const BpSyncStatus *status)
{
  gboolean is_shown = status->error != NULL && status->paired
                      && !bp_sync_scheduler_get_offline (self->scheduler);

  if (is_shown && status->must_pair)
    show_text (self->trouble, _("The server no longer accepts this device. Pair it again:"
                                " everything is kept here until then."));
  else
    show_text (self->trouble, is_shown ? status->error : NULL);
}

static void
show_progress (BpSyncButton       *self,
               const BpSyncStatus *status)
{
  double progress = bp_sync_scheduler_get_progress (self->scheduler);
  gboolean is_shown = status->state == BP_SYNC_STATE_SYNCING && progress > 0;

  gtk_widget_set_visible (GTK_WIDGET (self->progress), is_shown);
  if (is_shown)
    gtk_progress_bar_set_fraction (self->progress, CLAMP (progress, 0, 1));
}

static char *
make_text (BpSyncButton       *self,
           const BpSyncStatus *status)
{
  double progress = bp_sync_scheduler_get_progress (self->scheduler);

  /* Translators: %d is how much of it is done, in percent. */
  if (status->state == BP_SYNC_STATE_SYNCING && progress > 0 && progress < 1)
    return g_strdup_printf (_("Syncing… %d %%"), (int)(progress * 100));

  return bp_status_to_text (status);
}

static void
update (BpSyncButton *self)
{
  const BpSyncStatus *status = bp_sync_scheduler_get_status (self->scheduler);
  g_autofree char *text = NULL;
  g_autofree char *label = NULL;
  BpStatusLook look;

  gtk_widget_set_visible (GTK_WIDGET (self->button), status != NULL);
  if (status == NULL)
    return;

  look = bp_status_get_sync_look (status->state);
  text = make_text (self, status);
  label = g_strdup_printf (_("Sync: %s"), text);
  bp_status_show (self->icon, look);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->icon), NULL);
  gtk_label_set_text (self->text, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), look.label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label, -1);
  gtk_label_set_text (self->headline, text);
  show_last_sync (self, status);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  gtk_label_get_text (self->last_sync), -1);
  show_action (self, status);
  show_trouble (self, status);
  show_progress (self, status);
  show_rows (self, status);
  show_hold (self);
  show_skew (self, status);
  show_data (self, status);
  set_number (self->n_pending, status->n_pending);
  set_number (self->n_conflicts, status->n_conflicts);
  set_number (self->n_failed, status->n_failed);
}

static void
on_host_read (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (BpSyncButton) self = user_data;

  g_free (self->host);
  self->host = g_task_propagate_pointer (G_TASK (result), NULL);
  if (self->scheduler != NULL)
    update (self);
}

static void
on_active (BpSyncButton *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->format == NULL)
    return;
  task = g_task_new (bp_format_get_shop (self->format), NULL, on_host_read, g_object_ref (self));
  g_task_set_source_tag (task, on_active);
  g_task_run_in_thread (task, read_in_thread);
}

static void
on_row_activated (BpSyncButton *self)
{
  gtk_menu_button_popdown (self->button);
}

/* What opens a window leaves nothing open behind it. */
static void
on_action_clicked (BpSyncButton *self)
{
  if (g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (self->action_button)),
                 "app.sync-now") != 0)
    gtk_menu_button_popdown (self->button);
}

static void
bp_sync_button_dispose (GObject *object)
{
  BpSyncButton *self = BP_SYNC_BUTTON (object);

  g_clear_object (&self->scheduler);
  g_clear_object (&self->format);
  g_clear_pointer (&self->host, g_free);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_SYNC_BUTTON);

  G_OBJECT_CLASS (bp_sync_button_parent_class)->dispose (object);
}

static void
bp_sync_button_class_init (BpSyncButtonClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_sync_button_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-sync-button.ui");
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, button);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, icon);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, text);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, headline);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, last_sync);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, trouble);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, rows);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, hold);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, skew);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, data);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, progress);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, n_pending);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, n_conflicts);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, n_failed);
  gtk_widget_class_bind_template_child (widget_class, BpSyncButton, action_button);
  gtk_widget_class_bind_template_callback (widget_class, on_active);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_action_clicked);
}

static void
bp_sync_button_init (BpSyncButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self->button), FALSE);
}

/**
 * bp_sync_button_set_scheduler:
 * @self: a button that shows nothing yet
 * @scheduler: whose status it shows
 * @format: how times are written
 */
void
bp_sync_button_set_scheduler (BpSyncButton    *self,
                              BpSyncScheduler *scheduler,
                              BpFormat        *format)
{
  g_return_if_fail (self->scheduler == NULL);

  self->scheduler = g_object_ref (scheduler);
  self->format = g_object_ref (format);
  g_signal_connect_object (scheduler, "status-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (scheduler, "progress", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (format, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
