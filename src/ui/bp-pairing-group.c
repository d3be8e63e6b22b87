#include "config.h"

#include "bp-pairing-group.h"

#include "bp-dialogs.h"
#include "bp-hold.h"
#include "bp-sync.h"

#include <glib/gi18n.h>

struct _BpPairingGroup
{
  AdwPreferencesGroup parent_instance;

  AdwActionRow *store_row;   /* (unowned), as all widgets here */
  AdwActionRow *device_row;
  GtkWidget *unpair_button;
  GtkWidget *url_row;
  GtkWidget *code_row;
  GtkWidget *name_row;
  GtkWidget *file_row;
  GtkWidget *file_switch;
  GtkWidget *pair_row;
  GtkWidget *pair_button;
  GtkWidget *spinner;
  GtkLabel *fault;
  GtkWidget *fault_row;

  BpShop *shop;              /* (owned) */
  GCancellable *cancellable; /* (owned) */
  gint64 n_waiting;          /* changes that the server has not got */
  gboolean is_busy;
};

G_DEFINE_FINAL_TYPE (BpPairingGroup, bp_pairing_group, ADW_TYPE_PREFERENCES_GROUP)

/* What is read at once. */
typedef struct
{
  BpPairing *pairing;   /* (owned) (nullable) */
  BpSyncStatus *status; /* (owned) (nullable) */
} Standing;

typedef struct
{
  char *url;       /* (owned) */
  char *code;      /* (owned) */
  char *name;      /* (owned) (nullable) */
  gboolean token_file;
  gboolean unpair;
  gboolean discard; /* what waits, with @unpair */
} Wish;

static void
standing_free (gpointer data)
{
  Standing *standing = data;

  g_clear_pointer (&standing->pairing, bp_pairing_free);
  g_clear_pointer (&standing->status, bp_sync_status_free);
  g_free (standing);
}

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->url);
  g_free (wish->code);
  g_free (wish->name);
  g_free (wish);
}

static void
show_fault (BpPairingGroup *self,
            const char     *message)
{
  gtk_label_set_text (self->fault, message != NULL ? message : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->fault_row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  message != NULL ? message : "", -1);
  gtk_widget_set_visible (self->fault_row, message != NULL);
}

static void
set_busy (BpPairingGroup *self,
          gboolean        busy)
{
  self->is_busy = busy;
  gtk_widget_set_sensitive (self->pair_button, !busy);
  gtk_widget_set_sensitive (self->unpair_button, !busy);
  gtk_widget_set_visible (self->spinner, busy);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), busy);
}

static void
show_standing (BpPairingGroup *self,
               const Standing *standing)
{
  const BpPairing *pairing = standing->pairing;
  gboolean paired = pairing != NULL && standing->status != NULL && standing->status->paired;
  gboolean must_pair = standing->status != NULL && standing->status->must_pair;
  gboolean asks = !paired || must_pair;
  g_autofree char *device = NULL;

  self->n_waiting = standing->status != NULL
                      ? standing->status->n_pending + standing->status->n_failed
                      : 0;
  gtk_widget_set_visible (GTK_WIDGET (self->store_row), pairing != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->device_row), pairing != NULL);
  gtk_widget_set_visible (self->unpair_button, paired);
  if (pairing != NULL)
    {
      /* Translators: a device’s name, and what its numbers begin with. */
      device = g_strdup_printf (_("%s, numbers begin with %s"), pairing->device_name,
                                pairing->prefix);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->store_row), pairing->store_name);
      adw_action_row_set_subtitle (self->store_row, pairing->url);
      adw_action_row_set_subtitle (self->device_row, device);
      if (gtk_editable_get_text (GTK_EDITABLE (self->url_row))[0] == '\0')
        gtk_editable_set_text (GTK_EDITABLE (self->url_row), pairing->url);
    }
  gtk_widget_set_visible (self->url_row, asks);
  gtk_widget_set_visible (self->code_row, asks);
  gtk_widget_set_visible (self->name_row, asks && pairing == NULL);
  gtk_widget_set_visible (self->pair_row, asks);
  if (!asks)
    gtk_widget_set_visible (self->file_row, FALSE);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpPairingGroup) self = user_data;
  Standing *standing = g_task_propagate_pointer (G_TASK (result), NULL);

  if (standing == NULL)
    return;
  if (!g_cancellable_is_cancelled (self->cancellable))
    show_standing (self, standing);
  standing_free (standing);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  Standing *standing = g_new0 (Standing, 1);

  standing->pairing = bp_sync_get_pairing (store);
  standing->status = bp_sync_get_status (store, NULL);
  g_task_return_pointer (task, standing, standing_free);
}

static void
read_standing (BpPairingGroup *self)
{
  g_autoptr (GTask) task = g_task_new (self->shop, NULL, on_read, g_object_ref (self));

  g_task_set_source_tag (task, read_standing);
  g_task_run_in_thread (task, read_in_thread);
}

static void
carry_out_in_thread (GTask        *task,
                     gpointer      source_object,
                     gpointer      task_data,
                     GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  const Wish *wish = task_data;
  BpPairTerms terms = { wish->url, wish->code, wish->name, wish->token_file };
  GError *error = NULL;
  gboolean done = wish->unpair ? bp_sync_unpair (store, wish->discard, &error)
                               : bp_sync_pair (store, &terms, cancellable, &error);

  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_carried_out (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (BpPairingGroup) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = g_task_propagate_boolean (G_TASK (result), &error);

  bp_hold_application (FALSE);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;

  set_busy (self, FALSE);
  show_fault (self, done ? NULL : error->message);
  if (g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_KEYRING))
    {
      show_fault (self, _("This computer has no keyring to keep the device’s key in."));
      gtk_widget_set_visible (self->file_row, TRUE);
    }
  if (!done)
    return;

  gtk_editable_set_text (GTK_EDITABLE (self->code_row), "");
  read_standing (self);
  gtk_widget_activate_action (GTK_WIDGET (self), "app.sync-now", NULL);
}

static void
carry_out (BpPairingGroup *self,
           Wish           *wish)
{
  g_autoptr (GTask) task
    = g_task_new (self->shop, self->cancellable, on_carried_out, g_object_ref (self));

  g_task_set_source_tag (task, carry_out);
  g_task_set_task_data (task, wish, wish_free);
  set_busy (self, TRUE);
  show_fault (self, NULL);
  bp_hold_application (TRUE);
  g_task_run_in_thread (task, carry_out_in_thread);
}

static char *
dup_text (GtkWidget *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row))));
}

static void
on_pair (BpPairingGroup *self)
{
  Wish *wish;

  if (self->is_busy)
    return;

  wish = g_new0 (Wish, 1);
  wish->url = dup_text (self->url_row);
  wish->code = dup_text (self->code_row);
  wish->name = dup_text (self->name_row);
  wish->token_file = gtk_switch_get_active (GTK_SWITCH (self->file_switch));
  if (wish->name[0] == '\0')
    g_clear_pointer (&wish->name, g_free);
  carry_out (self, wish);
}

/* What waits is given up only by who was told of it. */
static void
unpair (BpPairingGroup *self,
        gboolean        discard)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->unpair = TRUE;
  wish->discard = discard;
  carry_out (self, wish);
}

static void
on_unpair_confirmed (BpPairingGroup *self)
{
  unpair (self, FALSE);
}

static void
on_discard_confirmed (BpPairingGroup *self)
{
  unpair (self, TRUE);
}

static void
on_unpair (BpPairingGroup *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  g_autofree char *waiting = NULL;

  if (self->n_waiting == 0)
    {
      bp_dialogs_ask_destroy (window, _("Unpair This Device?"),
                              _("Everything is on the server. The records stay on this device,"
                                " but are not synced any more."),
                              _("_Unpair"), G_CALLBACK (on_unpair_confirmed), self);
      return;
    }

  waiting = g_strdup_printf (ngettext ("%'u change has not reached the server. It is given up"
                                       " for good: sync first to keep it.",
                                       "%'u changes have not reached the server. They are given"
                                       " up for good: sync first to keep them.",
                                       (gulong)self->n_waiting),
                             (guint)self->n_waiting);
  bp_dialogs_ask_destroy (window, _("Unpair and Discard Changes?"), waiting,
                          _("_Unpair and Discard"), G_CALLBACK (on_discard_confirmed), self);
}

static GtkWidget *
add_entry (BpPairingGroup *self,
           const char     *title)
{
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  g_signal_connect_object (row, "entry-activated", G_CALLBACK (on_pair), self, G_CONNECT_SWAPPED);
  return row;
}

static AdwActionRow *
add_row (BpPairingGroup *self,
         const char     *title)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  return ADW_ACTION_ROW (row);
}

static GtkWidget *
create_button (const char *label,
               const char *css_class)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, css_class);
  return button;
}

static void
add_fault (BpPairingGroup *self)
{
  GtkWidget *label = gtk_label_new (NULL);

  self->fault = GTK_LABEL (label);
  gtk_label_set_xalign (self->fault, 0);
  gtk_label_set_wrap (self->fault, TRUE);
  gtk_label_set_wrap_mode (self->fault, PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (label, "error");
  gtk_widget_add_css_class (label, "field-fault");
  self->fault_row = adw_preferences_row_new ();
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self->fault_row), label);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self->fault_row), FALSE);
  gtk_widget_set_focusable (self->fault_row, FALSE);
  gtk_widget_set_visible (self->fault_row, FALSE);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), self->fault_row);
}

static void
add_buttons (BpPairingGroup *self)
{
  AdwActionRow *file_row
    = add_row (self, _("Keep the Key in a File"));
  AdwActionRow *pair_row;

  adw_action_row_set_subtitle (file_row, _("Only you can read the file."));
  self->file_row = GTK_WIDGET (file_row);
  self->file_switch = gtk_switch_new ();
  gtk_widget_set_valign (self->file_switch, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (file_row, self->file_switch);
  adw_action_row_set_activatable_widget (file_row, self->file_switch);
  gtk_widget_set_visible (self->file_row, FALSE);

  pair_row = add_row (self, "");
  self->pair_row = GTK_WIDGET (pair_row);
  gtk_widget_set_focusable (self->pair_row, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->pair_row), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Pair"), -1);
  self->spinner = gtk_spinner_new ();
  self->pair_button = create_button (_("Pair"), "suggested-action");
  adw_action_row_add_suffix (pair_row, self->spinner);
  adw_action_row_add_suffix (pair_row, self->pair_button);
  g_signal_connect_object (self->pair_button, "clicked", G_CALLBACK (on_pair), self,
                           G_CONNECT_SWAPPED);
}

static void
bp_pairing_group_dispose (GObject *object)
{
  BpPairingGroup *self = BP_PAIRING_GROUP (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->shop);

  G_OBJECT_CLASS (bp_pairing_group_parent_class)->dispose (object);
}

static void
bp_pairing_group_finalize (GObject *object)
{
  g_object_unref (BP_PAIRING_GROUP (object)->cancellable);

  G_OBJECT_CLASS (bp_pairing_group_parent_class)->finalize (object);
}

static void
bp_pairing_group_class_init (BpPairingGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_pairing_group_dispose;
  object_class->finalize = bp_pairing_group_finalize;
}

static void
bp_pairing_group_init (BpPairingGroup *self)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (self);

  self->cancellable = g_cancellable_new ();
  adw_preferences_group_set_title (group, _("Server"));
  adw_preferences_group_set_description (
    group, _("Devices of one shop share their records over a server. Its operator gives a code"
             " for each device."));
  self->store_row = add_row (self, "");
  self->device_row = add_row (self, _("This Device"));
  self->unpair_button = create_button (_("Unpair…"), "destructive-action");
  adw_action_row_add_suffix (self->device_row, self->unpair_button);
  g_signal_connect_object (self->unpair_button, "clicked", G_CALLBACK (on_unpair), self,
                           G_CONNECT_SWAPPED);
  self->url_row = add_entry (self, _("Address of the Server"));
  self->code_row = add_entry (self, _("Code (such as ABCD-EFGH)"));
  self->name_row = add_entry (self, _("Name of This Device"));
  add_fault (self);
  add_buttons (self);
  set_busy (self, FALSE);
}

/**
 * bp_pairing_group_new:
 * @format: the shop's
 *
 * Returns: (transfer floating): the group, empty until the books are read
 */
GtkWidget *
bp_pairing_group_new (BpFormat *format)
{
  BpPairingGroup *self = g_object_new (BP_TYPE_PAIRING_GROUP, NULL);

  self->shop = g_object_ref (bp_format_get_shop (format));
  g_signal_connect_object (self->shop, "changed", G_CALLBACK (read_standing), self,
                           G_CONNECT_SWAPPED);
  read_standing (self);
  return GTK_WIDGET (self);
}
