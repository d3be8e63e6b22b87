#include "config.h"

#include "bp-application.h"

#include "bp-activity-window.h"
#include "bp-conflict-dialog.h"
#include "bp-dialogs.h"
#include "bp-hold.h"
#include "bp-notice.h"
#include "bp-preferences-window.h"
#include "bp-repair.h"
#include "bp-section.h"
#include "bp-sync-scheduler.h"
#include "bp-trouble.h"
#include "bp-window.h"

#include <glib/gi18n.h>

#define RESOURCE_PATH "/io/github/bizpulse/BizPulse"

struct _BpApplication
{
  AdwApplication parent_instance;

  char *folder;               /* (owned) (nullable): until options are read */
  GSettings *settings;        /* (owned) (nullable): without an installed schema none */
  BpShop *shop;               /* (owned) (nullable): until it is open */
  BpFormat *format;           /* (owned) (nullable) */
  BpSyncScheduler *scheduler; /* (owned) (nullable) */
  gboolean opening;
  gboolean sale_wanted;       /* as soon as the shop is open */
  gboolean notified;          /* of what failed */
  char *repaired;             /* (owned) (nullable): what repairing did, until it is told */
};

G_DEFINE_FINAL_TYPE (BpApplication, bp_application, ADW_TYPE_APPLICATION)

/* What a thread opens. */
typedef struct
{
  BpShop *shop;     /* (owned) */
  BpFormat *format; /* (owned) */
} Opened;

static void
opened_free (gpointer data)
{
  Opened *opened = data;

  g_clear_object (&opened->format);
  g_clear_object (&opened->shop);
  g_free (opened);
}

static gpointer
find_window (BpApplication *self,
             GType          type)
{
  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (self)); item != NULL;
       item = item->next)
    {
      if (G_TYPE_CHECK_INSTANCE_TYPE (item->data, type))
        return item->data;
    }

  return NULL;
}

static BpWindow *
get_window (BpApplication *self)
{
  return find_window (self, BP_TYPE_WINDOW);
}

/* The disk, and the system's network monitor, may be slow. */
static void
open_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  GError *error = NULL;
  BpShop *shop = bp_shop_open (task_data, clock, &error);
  Opened *opened;

  if (shop == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_network_monitor_get_default ();
  bp_shop_set_user (shop, g_get_user_name ());
  opened = g_new (Opened, 1);
  opened->shop = shop;
  opened->format = bp_format_new (shop);
  g_task_return_pointer (task, opened, opened_free);
}

static void
show_shop (BpApplication *self)
{
  BpWindow *window = get_window (self);

  if (window == NULL || self->shop == NULL)
    return;

  bp_window_set_shop (window, self->format, self->scheduler);
  if (self->sale_wanted)
    bp_window_new_sale (window);
  self->sale_wanted = FALSE;
}

/* One for all that failed, withdrawn when it is mended. */
static void
on_status_changed (BpApplication *self)
{
  const BpSyncStatus *status = bp_sync_scheduler_get_status (self->scheduler);
  gboolean has_failed = status->n_failed > 0;
  g_autoptr (GNotification) notification = NULL;

  if (self->notified == has_failed)
    return;

  self->notified = has_failed;
  if (!has_failed)
    {
      g_application_withdraw_notification (G_APPLICATION (self), "failed");
      return;
    }

  notification = g_notification_new (_("Some Changes Were Refused"));
  g_notification_set_body (notification,
                           _("The server did not take them. They are kept here as failed."));
  g_notification_add_button_with_target (notification, _("Show"), "app.activity-page", "i",
                                         BP_ACTIVITY_FAILED);
  g_notification_set_default_action_and_target (notification, "app.activity-page", "i",
                                                BP_ACTIVITY_FAILED);
  g_application_send_notification (G_APPLICATION (self), "failed", notification);
}

static void
set_enabled (BpApplication *self,
             const char    *name,
             gboolean       enabled)
{
  g_simple_action_set_enabled (
    G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
on_opened (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  BpApplication *self = BP_APPLICATION (source);
  BpWindow *window = get_window (self);
  g_autoptr (GError) error = NULL;
  Opened *opened = g_task_propagate_pointer (G_TASK (result), &error);

  self->opening = FALSE;
  set_enabled (self, "repair", error != NULL && bp_store_repair_helps (error));
  if (opened == NULL)
    {
      if (window != NULL)
        bp_window_set_failed (window, self->folder, error->message);
      return;
    }

  self->shop = g_steal_pointer (&opened->shop);
  self->format = g_steal_pointer (&opened->format);
  opened_free (opened);
  self->scheduler = bp_sync_scheduler_new (bp_shop_get_store (self->shop),
                                           g_network_monitor_get_default ());
  g_signal_connect_object (self->scheduler, "status-changed", G_CALLBACK (on_status_changed), self,
                           G_CONNECT_SWAPPED);
  show_shop (self);
  if (self->repaired != NULL && window != NULL)
    bp_notice_show (adw_application_window_get_content (ADW_APPLICATION_WINDOW (window)),
                    self->repaired);
  g_clear_pointer (&self->repaired, g_free);
  bp_shop_watch (self->shop);
  bp_sync_scheduler_start (self->scheduler);
}

static void
open_shop (BpApplication *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->opening || self->shop != NULL)
    return;

  self->opening = TRUE;
  task = g_task_new (self, NULL, on_opened, NULL);
  g_task_set_source_tag (task, open_shop);
  g_task_set_task_data (task, g_strdup (self->folder), g_free);
  g_task_run_in_thread (task, open_in_thread);
}

static void
on_open (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  open_shop (user_data);
}

static void
on_repaired (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  self->repaired = bp_repair_finish (result, &error);
  self->opening = FALSE;
  bp_hold_application (FALSE);
  if (self->repaired != NULL)
    open_shop (self);
  else if (get_window (self) != NULL)
    bp_window_set_failed (get_window (self), self->folder, error->message);
}

/* The damaged file is kept, so there is nothing to ask. */
static void
on_repair (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       user_data)
{
  BpApplication *self = user_data;

  if (self->opening || self->shop != NULL)
    return;

  self->opening = TRUE;
  set_enabled (self, "repair", FALSE);
  bp_hold_application (TRUE);
  bp_repair_async (self->folder, on_repaired, g_object_ref (self));
}

static void
on_sync_now (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  BpApplication *self = user_data;

  if (self->scheduler == NULL)
    return;
  if (bp_sync_scheduler_get_offline (self->scheduler))
    g_action_group_activate_action (G_ACTION_GROUP (self), "work-offline", NULL);
  else
    bp_sync_scheduler_sync_now (self->scheduler);
}

static void
on_work_offline (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  BpApplication *self = user_data;
  gboolean offline;

  if (self->scheduler == NULL)
    return;

  offline = !bp_sync_scheduler_get_offline (self->scheduler);
  bp_sync_scheduler_set_offline (self->scheduler, offline);
  g_simple_action_set_state (action, g_variant_new_boolean (offline));
}

static void
on_new_sale (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  BpApplication *self = user_data;

  self->sale_wanted = self->shop == NULL;
  g_application_activate (G_APPLICATION (self));
  if (self->shop != NULL)
    bp_window_new_sale (get_window (self));
}

static void
resolve (BpApplication *self,
         gint64         id)
{
  GtkWindow *parent = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (self->shop == NULL || find_window (self, BP_TYPE_CONFLICT_DIALOG) != NULL)
    return;

  if (parent == NULL)
    parent = GTK_WINDOW (get_window (self));
  bp_conflict_dialog_show (bp_conflict_dialog_new (parent, self->format), id);
}

static void
on_resolve_conflicts (GSimpleAction *action,
                      GVariant      *parameter,
                      gpointer       user_data)
{
  resolve (user_data, 0);
}

static void
on_resolve_conflict (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  resolve (user_data, g_variant_get_int64 (parameter));
}

static void
on_trouble_found (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (BpApplication) self = user_data;
  g_autoptr (BpTrouble) trouble = bp_trouble_find_finish (BP_SHOP (source), result, NULL);

  if (trouble != NULL && trouble->conflict != 0)
    resolve (self, trouble->conflict);
}

/* The conflict of a record, by its table and id. */
static void
on_resolve_record (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  BpApplication *self = user_data;
  const char *name, *id;
  const BpTable *table;

  g_variant_get (parameter, "(&s&s)", &name, &id);
  table = bp_table_find (name);
  if (self->shop != NULL && table != NULL)
    bp_trouble_find_async (self->shop, table, id, NULL, on_trouble_found, g_object_ref (self));
}

static void
on_activity (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  BpApplication *self = user_data;
  BpActivityWindow *window = find_window (self, BP_TYPE_ACTIVITY_WINDOW);

  g_application_activate (G_APPLICATION (self));
  if (self->shop == NULL)
    return;
  if (window == NULL)
    window = bp_activity_window_new (GTK_WINDOW (get_window (self)), self->format);
  bp_activity_window_show (window, parameter != NULL ? g_variant_get_int32 (parameter)
                                                     : BP_ACTIVITY_QUEUE);
}

static void
on_preferences (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  BpApplication *self = user_data;
  BpPreferencesWindow *window = find_window (self, BP_TYPE_PREFERENCES_WINDOW);

  if (self->shop == NULL)
    return;
  if (window == NULL)
    window = bp_preferences_window_new (GTK_WINDOW (get_window (self)), self->format);
  bp_preferences_window_show (window,
                              parameter != NULL ? g_variant_get_string (parameter, NULL) : NULL);
}

static void
on_import_file (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  BpApplication *self = user_data;

  if (self->shop != NULL && get_window (self) != NULL)
    bp_window_import (get_window (self), g_variant_get_bytestring (parameter));
}

static void
on_export_file (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  BpApplication *self = user_data;

  if (self->shop != NULL && get_window (self) != NULL)
    bp_window_export_to (get_window (self), g_variant_get_bytestring (parameter));
}

static void
on_about (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  bp_dialogs_show_about (gtk_application_get_active_window (user_data));
}

static void
on_shortcuts (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  bp_dialogs_show_shortcuts (gtk_application_get_active_window (user_data));
}

static void
on_quit (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  BpWindow *window = get_window (user_data);

  if (window != NULL)
    gtk_window_close (GTK_WINDOW (window));
  else
    g_application_quit (user_data);
}

static const GActionEntry actions[] = {
  { .name = "open", .activate = on_open },
  { .name = "repair", .activate = on_repair },
  { .name = "sync-now", .activate = on_sync_now },
  { .name = "work-offline", .activate = on_work_offline, .state = "false" },
  { .name = "new-sale", .activate = on_new_sale },
  { .name = "resolve-conflicts", .activate = on_resolve_conflicts },
  { .name = "resolve-conflict", .activate = on_resolve_conflict, .parameter_type = "x" },
  { .name = "resolve-record", .activate = on_resolve_record, .parameter_type = "(ss)" },
  { .name = "activity", .activate = on_activity },
  { .name = "activity-page", .activate = on_activity, .parameter_type = "i" },
  { .name = "preferences", .activate = on_preferences },
  { .name = "preferences-page", .activate = on_preferences, .parameter_type = "s" },
  { .name = "import-file", .activate = on_import_file, .parameter_type = "ay" },
  { .name = "export-file", .activate = on_export_file, .parameter_type = "ay" },
  { .name = "about", .activate = on_about },
  { .name = "shortcuts", .activate = on_shortcuts },
  { .name = "quit", .activate = on_quit },
};

static const struct
{
  const char *action;
  const char *keys[3];
} keys[] = {
  { "app.quit", { "<Control>q" } },
  { "app.sync-now", { "<Control>r" } },
  { "app.preferences", { "<Control>comma" } },
  { "app.activity", { "<Control><Shift>y" } },
  { "app.resolve-conflicts", { "<Control><Shift>c" } },
  { "app.new-sale", { "<Control><Shift>n" } },
  { "app.shortcuts", { "<Control>question" } },
  { "win.search", { "<Control>f" } },
  { "win.search-all", { "<Control>k" } },
  { "win.add", { "<Control>n" } },
  { "win.import", { "<Control>i" } },
  { "win.export", { "<Control><Shift>e" } },
  { "win.show-detail", { "F9" } },
  { "window.close", { "<Control>w" } },
};

static void
add_actions (BpApplication *self)
{
  GtkApplication *application = GTK_APPLICATION (self);

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (application, keys[i].action, keys[i].keys);
  for (guint i = 0; i < bp_section_get_count (); i++)
    {
      const BpSection *section = bp_section_get (i);
      g_autofree char *action = g_strdup_printf ("win.section::%s", section->name);
      g_autofree char *alt = g_strdup_printf ("<Alt>%u", section->digit);
      g_autofree char *control = g_strdup_printf ("<Control>%u", section->digit);
      const char *accels[] = { alt, control, NULL };

      gtk_application_set_accels_for_action (application, action, accels);
    }
}

static void
bp_application_startup (GApplication *application)
{
  BpApplication *self = BP_APPLICATION (application);
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  G_APPLICATION_CLASS (bp_application_parent_class)->startup (application);

  /* Run from a build folder there may be none, and GSettings would abort. */
  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, APPLICATION_ID, TRUE);
  if (schema != NULL)
    self->settings = g_settings_new (APPLICATION_ID);
  gtk_window_set_default_icon_name (APPLICATION_ID);
  add_actions (self);
  set_enabled (self, "repair", FALSE);
}

static void
bp_application_activate (GApplication *application)
{
  BpApplication *self = BP_APPLICATION (application);
  BpWindow *window = get_window (self);

  if (window == NULL)
    {
      window = bp_window_new (GTK_APPLICATION (self), self->settings);
      gtk_window_present (GTK_WINDOW (window));
      if (self->shop != NULL)
        show_shop (self);
      else
        open_shop (self);
      return;
    }

  gtk_window_present (GTK_WINDOW (window));
}

static void
bp_application_shutdown (GApplication *application)
{
  BpApplication *self = BP_APPLICATION (application);

  if (self->scheduler != NULL)
    bp_sync_scheduler_stop (self->scheduler);

  G_APPLICATION_CLASS (bp_application_parent_class)->shutdown (application);
}

/* One process for a folder: another folder's goes by another name. */
static void
name_process (BpApplication *self)
{
  g_autofree char *usual = g_build_filename (g_get_user_data_dir (), "bizpulse", NULL);
  g_autofree char *digest = NULL;
  g_autofree char *id = NULL;

  if (g_str_equal (self->folder, usual))
    return;

  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, self->folder, -1);
  digest[16] = '\0';
  id = g_strdup_printf (APPLICATION_ID ".Folder_%s", digest);
  g_application_set_application_id (G_APPLICATION (self), id);
}

static int
bp_application_handle_local_options (GApplication *application,
                                     GVariantDict *options)
{
  BpApplication *self = BP_APPLICATION (application);
  const char *environment = g_getenv ("BIZPULSE_DATA_DIR");
  g_autofree char *given = NULL;
  gboolean version = FALSE;

  if (g_variant_dict_lookup (options, "version", "b", &version) && version)
    {
      g_print ("BizPulse %s\n", PACKAGE_VERSION);
      return 0;
    }

  if (!g_variant_dict_lookup (options, "data-dir", "^ay", &given) && environment != NULL
      && environment[0] != '\0')
    given = g_strdup (environment);
  if (given == NULL)
    given = g_build_filename (g_get_user_data_dir (), "bizpulse", NULL);
  self->folder = g_canonicalize_filename (given, NULL);
  name_process (self);
  return -1;
}

static void
bp_application_finalize (GObject *object)
{
  BpApplication *self = BP_APPLICATION (object);

  g_clear_object (&self->scheduler);
  g_clear_object (&self->format);
  g_clear_object (&self->shop);
  g_clear_object (&self->settings);
  g_free (self->folder);
  g_free (self->repaired);

  G_OBJECT_CLASS (bp_application_parent_class)->finalize (object);
}

static void
bp_application_class_init (BpApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  object_class->finalize = bp_application_finalize;
  application_class->startup = bp_application_startup;
  application_class->activate = bp_application_activate;
  application_class->shutdown = bp_application_shutdown;
  application_class->handle_local_options = bp_application_handle_local_options;
}

static const GOptionEntry options[] = {
  { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_("Where the books are"), N_("DIR") },
  { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Show the version"), NULL },
  { NULL }
};

static void
bp_application_init (BpApplication *self)
{
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

/**
 * bp_application_new:
 *
 * Returns: (transfer full): the application, to be run
 */
BpApplication *
bp_application_new (void)
{
  return g_object_new (BP_TYPE_APPLICATION,
                       "application-id", APPLICATION_ID,
                       "flags", G_APPLICATION_DEFAULT_FLAGS,
                       "resource-base-path", RESOURCE_PATH,
                       NULL);
}
