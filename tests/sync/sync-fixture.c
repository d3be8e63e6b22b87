#include "config.h"

#include "sync-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bp-sync-private.h"

static void
remove_all (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir != NULL)
    {
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *inner = g_build_filename (path, name, NULL);

          remove_all (inner);
        }
      g_dir_close (dir);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

void
shop_set_up (Shop         *shop,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  shop->root = g_dir_make_tmp ("bizpulse-sync-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (shop->root, "server.db", NULL);
  shop->clock = bp_test_clock_new (SHOP_START, 1);
  shop->server = bp_rules_server_new (path, BP_CLOCK (shop->clock));
  shop->store_id = bp_rules_server_add_store (shop->server, "Corner Shop", "INR");
}

static void
device_free (Device *device)
{
  g_clear_object (&device->engine);
  g_clear_object (&device->transport);
  g_clear_object (&device->store);
  g_clear_object (&device->clock);
  g_free (device->folder);
  g_free (device);
}

void
shop_tear_down (Shop         *shop,
                gconstpointer data)
{
  for (guint i = 0; i < shop->n_devices; i++)
    device_free (shop->devices[i]);
  bp_rules_server_free (shop->server);
  g_object_unref (shop->clock);
  g_free (shop->store_id);
  remove_all (shop->root);
  g_free (shop->root);
}

Device *
shop_open_folder (Shop *shop)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("device-%u", shop->n_devices);
  Device *device = g_new0 (Device, 1);

  g_assert_cmpuint (shop->n_devices, <, G_N_ELEMENTS (shop->devices));
  device->folder = g_build_filename (shop->root, name, NULL);
  device->clock = bp_test_clock_new (SHOP_START, 100 + shop->n_devices);
  device->store = bp_store_open (device->folder, BP_CLOCK (device->clock), &error);
  g_assert_no_error (error);
  device->transport = bp_rules_transport_new (shop->server);
  shop->devices[shop->n_devices++] = device;
  return device;
}

void
device_open_engine (Device *device)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *token = bp_sync_token_load (device->store, NULL, &error);

  g_assert_no_error (error);
  g_clear_object (&device->engine);
  device->engine = bp_sync_engine_new (device->store, BP_TRANSPORT (device->transport),
                                       BP_CLOCK (device->clock), token);
  g_ptr_array_set_size (bp_rules_transport_get_requests (device->transport), 0);
}

Device *
shop_add_device (Shop *shop)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  Device *device = shop_open_folder (shop);
  BpPairTerms terms = { "https://shop.example", code, "Counter", TRUE };

  bp_sync_pair_over (device->store, BP_TRANSPORT (device->transport), &terms, NULL, NULL, &error);
  g_assert_no_error (error);
  device_open_engine (device);
  return device;
}

gboolean
device_run (Device              *device,
            const BpSyncOptions *options,
            BpSyncReport        *report,
            GError             **error)
{
  g_ptr_array_set_size (bp_rules_transport_get_requests (device->transport), 0);
  return bp_sync_engine_run (device->engine, options, report, NULL, error);
}

BpSyncReport
device_sync (Device *device)
{
  g_autoptr (GError) error = NULL;
  BpSyncReport report;
  gboolean done = device_run (device, NULL, &report, &error);

  g_assert_no_error (error);
  g_assert_true (done);
  g_assert_true (report.finished);
  return report;
}

void
device_fail_to_sync (Device *device,
                     int     code)
{
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  g_assert_false (device_run (device, NULL, &report, &error));
  g_assert_error (error, BP_SYNC_ERROR, code);
  g_assert_false (report.finished);
}

guint
device_count_requests (Device     *device,
                       const char *prefix)
{
  GPtrArray *requests = bp_rules_transport_get_requests (device->transport);
  guint n = 0;

  for (guint i = 0; i < requests->len; i++)
    n += g_str_has_prefix (requests->pdata[i], prefix);
  return n;
}

void
device_save (Device         *device,
             const char     *table,
             const char     *id,
             BpOperationKind kind,
             const char     *json)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;
  BpChange *change = NULL;

  if (json != NULL)
    {
      change = bp_change_new_from_text (bp_table_find (table), json, BP_CHANGE_STRICT, &error);
      g_assert_no_error (error);
    }
  g_ptr_array_add (writes, bp_write_new (bp_table_find (table), id, kind, change));
  bp_store_save (device->store, writes, "Asha", &error);
  g_assert_no_error (error);
}

void
device_add (Device     *device,
            const char *table,
            const char *id,
            const char *json)
{
  device_save (device, table, id, BP_OPERATION_INSERT, json);
}

void
device_change (Device     *device,
               const char *table,
               const char *id,
               const char *json)
{
  device_save (device, table, id, BP_OPERATION_UPDATE, json);
}

void
device_delete (Device     *device,
               const char *table,
               const char *id)
{
  device_save (device, table, id, BP_OPERATION_DELETE, NULL);
}

/* A posted sale of one line at 10.00, paid in cash: one action. */
void
device_sell (Device     *device,
             const char *id,
             const char *number,
             const char *product_id,
             gint64      quantity)
{
  gint64 total = quantity;
  g_autofree char *payment_id = g_strconcat (id, "-pay", NULL);
  g_autofree char *sale = g_strdup_printf (
    "{\"number\":\"%s\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\","
    "\"sale_date\":%" G_GINT64_FORMAT ",\"business_date\":\"2025-11-22\","
    "\"subtotal\":%" G_GINT64_FORMAT ",\"total_amount\":%" G_GINT64_FORMAT ","
    "\"lines\":[{\"product_id\":\"%s\",\"name\":\"Rice\",\"quantity\":%" G_GINT64_FORMAT ","
    "\"unit_price\":1000,\"taxable\":%" G_GINT64_FORMAT ",\"total\":%" G_GINT64_FORMAT "}]}",
    number, SHOP_START, total, total, product_id, quantity, total, total);
  g_autofree char *payment = g_strdup_printf (
    "{\"sale_id\":\"%s\",\"amount\":%" G_GINT64_FORMAT ",\"method\":\"cash\"}", id, total);
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;
  BpChange *change;

  change = bp_change_new_from_text (bp_table_find ("sales"), sale, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("sales"), id, BP_OPERATION_INSERT, change));
  change = bp_change_new_from_text (bp_table_find ("payments"), payment, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("payments"), payment_id,
                                         BP_OPERATION_INSERT, change));
  bp_store_save (device->store, writes, "Asha", &error);
  g_assert_no_error (error);
}

BpRow *
device_get (Device     *device,
            const char *table,
            const char *id)
{
  g_autoptr (GError) error = NULL;
  BpRow *row = bp_store_get (device->store, bp_table_find (table), id, &error);

  if (row == NULL)
    g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  return row;
}

void
device_expect (Device        *device,
               const char    *table,
               const char    *id,
               const char    *json,
               BpRecordStatus status)
{
  g_autoptr (BpRow) row = device_get (device, table, id);
  g_autoptr (BpChange) wanted = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (row);
  g_assert_false (row->state->is_deleted);
  wanted = bp_change_new_from_text (bp_table_find (table), json, BP_CHANGE_LENIENT, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < wanted->table->n_fields; i++)
    {
      if (!bp_change_has (wanted, i))
        continue;
      g_assert_cmpstr (wanted->values[i].text, ==, row->state->data->values[i].text);
      g_assert_cmpint (wanted->values[i].integer, ==, row->state->data->values[i].integer);
    }
  g_assert_cmpstr (bp_record_status_to_string (row->status), ==,
                   bp_record_status_to_string (status));
}

void
device_expect_none (Device     *device,
                    const char *table,
                    const char *id)
{
  g_autoptr (BpRow) row = device_get (device, table, id);

  g_assert_true (row == NULL || row->state->is_deleted);
}

BpQueueCounts
device_count_queue (Device *device)
{
  g_autoptr (GError) error = NULL;
  BpQueueCounts counts = { 0 };

  bp_store_count_queue (device->store, &counts, &error);
  g_assert_no_error (error);
  return counts;
}

BpConflict *
device_get_only_conflict (Device  *device,
                          gboolean all)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->store, all, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (conflicts->len, ==, 1);
  return bp_store_get_conflict (device->store, ((BpConflict *)conflicts->pdata[0])->id, NULL);
}

void
device_set_policy (Device     *device,
                   const char *policy)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_device_setting (device->store, "sync.policy", policy, &error);
  g_assert_no_error (error);
}

/* Decides the only open conflict on the version it shows. */
void
device_decide (Device     *device,
               BpDecision  decision,
               const char *merged)
{
  g_autoptr (BpConflict) conflict = device_get_only_conflict (device, FALSE);
  g_autoptr (BpChange) change = NULL;
  g_autoptr (GError) error = NULL;

  if (merged != NULL)
    change = bp_change_new_from_text (conflict->table, merged, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  bp_store_decide (device->store, conflict->id,
                   conflict->server != NULL ? conflict->server->version : 0, decision, change,
                   &error);
  g_assert_no_error (error);
}

void
device_expect_decision (Device     *device,
                        const char *decision)
{
  g_autoptr (BpConflict) conflict = device_get_only_conflict (device, TRUE);

  g_assert_cmpstr (conflict->decision, ==, decision);
}

void
device_check (Device *device)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_store_check (device->store, faults, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *)faults->pdata[i]);
  g_assert_cmpuint (faults->len, ==, 0);
}
