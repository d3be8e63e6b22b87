#include "config.h"

#include "scheduler-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

Plan plan;

struct _TestMonitor
{
  GObject parent_instance;

  gboolean metered;
  GNetworkConnectivity connectivity;
};

enum
{
  PROP_AVAILABLE = 1,
  PROP_METERED,
  PROP_CONNECTIVITY,
};

static void
monitor_init (GNetworkMonitorInterface *iface)
{
}

static gboolean
initable_init (GInitable    *initable,
               GCancellable *cancellable,
               GError      **error)
{
  return TRUE;
}

static void
initable_iface_init (GInitableIface *iface)
{
  iface->init = initable_init;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestMonitor, test_monitor, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, initable_iface_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_NETWORK_MONITOR, monitor_init))

static void
test_monitor_get_property (GObject    *object,
                           guint       id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  TestMonitor *self = TEST_MONITOR (object);

  switch (id)
    {
    case PROP_AVAILABLE:
      g_value_set_boolean (value, self->connectivity == G_NETWORK_CONNECTIVITY_FULL);
      break;
    case PROP_METERED:
      g_value_set_boolean (value, self->metered);
      break;
    case PROP_CONNECTIVITY:
      g_value_set_enum (value, self->connectivity);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
test_monitor_class_init (TestMonitorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_monitor_get_property;
  g_object_class_override_property (object_class, PROP_AVAILABLE, "network-available");
  g_object_class_override_property (object_class, PROP_METERED, "network-metered");
  g_object_class_override_property (object_class, PROP_CONNECTIVITY, "connectivity");
}

/* As in a sandbox: at first nothing is known, which reads as offline. */
static void
test_monitor_init (TestMonitor *self)
{
  self->connectivity = G_NETWORK_CONNECTIVITY_LOCAL;
}

void
test_monitor_set (TestMonitor         *self,
                  gboolean             metered,
                  GNetworkConnectivity connectivity)
{
  if (self->metered != metered)
    {
      self->metered = metered;
      g_object_notify (G_OBJECT (self), "network-metered");
    }
  if (self->connectivity != connectivity)
    {
      self->connectivity = connectivity;
      g_object_notify (G_OBJECT (self), "connectivity");
    }
}

static gboolean
run (BpStore             *store,
     const BpSyncOptions *options,
     BpSyncReport        *report,
     GCancellable        *cancellable,
     GError             **error)
{
  *report = (BpSyncReport){ .retry_after = plan.retry_after };
  g_atomic_int_set (&plan.work, options->terms (report, options->user_data));
  report->held = plan.work != BP_SYNC_WORK_ALL;
  report->finished = !plan.unfinished && !report->held;
  if (plan.rows_left >= 0)
    {
      report->fetched = 1000;
      options->progress (report, plan.rows_left, options->user_data);
    }

  g_atomic_int_inc (&plan.n_begun);
  while (plan.hang_hard || (plan.hang && !g_cancellable_is_cancelled (cancellable)))
    {
      if (plan.beat)
        g_atomic_int_inc (options->pulse);
      g_thread_yield ();
    }
  if (plan.save_last_sync)
    bp_store_set_number (store, BP_VALUE_LAST_SYNC, START, NULL);

  g_atomic_int_inc (&plan.n_runs);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (plan.error < 0)
    return TRUE;
  g_set_error (error, BP_SYNC_ERROR, plan.error, "As planned");
  return FALSE;
}

static gboolean
listen (BpStore        *store,
        BpSyncHeardFunc heard,
        gpointer        user_data,
        gint64         *retry_after,
        GCancellable   *cancellable,
        GError        **error)
{
  int code = g_atomic_int_get (&plan.live_error);

  g_atomic_int_inc (&plan.n_listening);
  g_atomic_int_set (&plan.is_listening, 1);
  if (code < 0)
    {
      heard (-1, user_data);
      g_atomic_int_inc (&plan.n_connected);
    }
  while (code < 0 && !g_cancellable_is_cancelled (cancellable)
         && !g_atomic_int_compare_and_exchange (&plan.live_cut, 1, 0))
    {
      int seq = g_atomic_int_get (&plan.live_seq);

      if (seq > 0 && g_atomic_int_compare_and_exchange (&plan.live_seq, seq, 0))
        heard (seq, user_data);
      g_thread_yield ();
    }

  g_atomic_int_set (&plan.is_listening, 0);
  g_set_error (error, BP_SYNC_ERROR, code < 0 ? BP_SYNC_ERROR_NO_CONNECTION : code, "As planned");
  return FALSE;
}

static void
remove_folder (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      g_remove (inner);
    }
  g_dir_close (dir);
  g_rmdir (path);
}

void
put_value (Fixture    *fixture,
           const char *name,
           const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_value (fixture->store, name, value, &error);
  g_assert_no_error (error);
}

void
put_setting (Fixture    *fixture,
             const char *name,
             const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_device_setting (fixture->store, name, value, &error);
  g_assert_no_error (error);
}

void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static const char *const names[] = {
    BP_VALUE_URL, BP_VALUE_STORE_ID, BP_VALUE_STORE_NAME, BP_VALUE_CURRENCY, BP_VALUE_TIME_ZONE,
    BP_VALUE_DEVICE_ID, BP_VALUE_DEVICE_NAME, BP_VALUE_PREFIX, BP_VALUE_TOKEN_PLACE,
  };
  g_autoptr (GError) error = NULL;

  memset (&plan, 0, sizeof plan);
  plan.error = -1;
  plan.rows_left = -1;
  plan.live_error = -1;
  fixture->folder = g_dir_make_tmp ("bizpulse-scheduler-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->clock = bp_test_clock_new (START, 1);
  fixture->store = bp_store_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    put_value (fixture, names[i], "x");

  put_setting (fixture, "sync.live", "0");
  fixture->monitor = g_object_new (TEST_TYPE_MONITOR, NULL);
  fixture->scheduler = bp_sync_scheduler_new (fixture->store, G_NETWORK_MONITOR (fixture->monitor));
  bp_sync_scheduler_set_runner (fixture->scheduler, run);
  bp_sync_scheduler_set_listener (fixture->scheduler, listen);
  bp_sync_scheduler_set_second (fixture->scheduler, SECOND_MS);
}

void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  GWeakRef alive;

  plan.hang = FALSE;
  plan.hang_hard = FALSE;
  bp_sync_scheduler_stop (fixture->scheduler);
  g_weak_ref_init (&alive, fixture->scheduler);
  g_object_unref (fixture->scheduler);
  for (;;)
    {
      g_autoptr (GObject) left = g_weak_ref_get (&alive);

      if (left == NULL)
        break;
      g_clear_object (&left);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_weak_ref_clear (&alive);
  g_object_unref (fixture->monitor);
  g_object_unref (fixture->store);
  g_object_unref (fixture->clock);
  remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Lets so many of the scheduler's seconds pass. */
void
pass (guint seconds)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add (seconds * SECOND_MS, on_timeout, &is_over);

  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* Until @count is as large as that; the test's own time limit is meson's. */
void
wait_for (int *count,
          int  wanted)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add (1, on_timeout, &is_over);

  while (g_atomic_int_get (count) < wanted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* Until so many runs have begun; the test's own time limit is meson's. */
void
wait_for_begun (int wanted)
{
  wait_for (&plan.n_begun, wanted);
}

/* Until so many runs have ended. */
void
wait_for_runs (int wanted)
{
  wait_for (&plan.n_runs, wanted);
}

/* Starts with nothing but live as a reason to sync, and waits until it listens. */
void
listen_live (Fixture *fixture)
{
  put_setting (fixture, "sync.on_start", "0");
  put_setting (fixture, "sync.after_save", "0");
  put_setting (fixture, "sync.live", "1");
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for (&plan.n_connected, 1);
}

/* A new record, the simplest there is of its table. */
void
save (Fixture    *fixture,
      const char *table,
      const char *id)
{
  static const struct
  {
    const char *table;
    const char *json;
  } records[] = {
    { "products", "{\"name\":\"Rice\"}" },
    { "payments", "{\"amount\":100,\"method\":\"cash\"}" },
    { "analytics", "{\"metric\":\"m\"}" },
  };
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    {
      BpChange *change;

      if (!g_str_equal (records[i].table, table))
        continue;
      change = bp_change_new_from_text (bp_table_find (table), records[i].json, BP_CHANGE_STRICT,
                                        &error);
      g_assert_no_error (error);
      g_ptr_array_add (writes, bp_write_new (bp_table_find (table), id, BP_OPERATION_INSERT,
                                             change));
    }
  bp_store_save (fixture->store, writes, NULL, &error);
  g_assert_no_error (error);
}

void
save_product (Fixture    *fixture,
              const char *id)
{
  save (fixture, "products", id);
}
