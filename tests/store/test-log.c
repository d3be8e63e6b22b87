#include "config.h"

#include "bp-device.h"

#define DAY (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

static void
add (BpDevice   *device,
     const char *error_text)
{
  g_autoptr (GError) error = NULL;
  BpLogEntry entry = {
    .kind = (char *)"run", .direction = (char *)"both", .state = (char *)"synced",
    .pushed = 1, .pulled = 2, .conflicts = 3,
    .failed = 4, .requests = 5, .bytes_sent = 6, .bytes_received = 7, .milliseconds = 8,
    .error = (char *)error_text,
  };

  bp_store_add_log (device->store, &entry, &error);
  g_assert_no_error (error);
}

static void
test_log (BpDevice     *device,
          gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  const BpLogEntry *last;

  add (device, NULL);
  bp_test_clock_advance (device->clock, 1);
  add (device, "no connection");
  bp_test_clock_advance (device->clock, 1);
  add (device, "offline");

  entries = bp_store_list_log (device->store, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (entries->len, ==, 2);
  g_assert_cmpstr (((BpLogEntry *)entries->pdata[0])->error, ==, "no connection");
  last = entries->pdata[1];
  g_assert_cmpint (last->time, ==, BP_DEVICE_START + 2);
  g_assert_cmpstr (last->kind, ==, "run");
  g_assert_cmpstr (last->direction, ==, "both");
  g_assert_cmpstr (last->state, ==, "synced");
  g_assert_cmpint (last->pushed, ==, 1);
  g_assert_cmpint (last->pulled, ==, 2);
  g_assert_cmpint (last->conflicts, ==, 3);
  g_assert_cmpint (last->failed, ==, 4);
  g_assert_cmpint (last->requests, ==, 5);
  g_assert_cmpint (last->bytes_sent, ==, 6);
  g_assert_cmpint (last->bytes_received, ==, 7);
  g_assert_cmpint (last->milliseconds, ==, 8);
  g_clear_pointer (&entries, g_ptr_array_unref);
  entries = bp_store_list_log (device->store, -1, &error);
  g_assert_cmpuint (entries->len, ==, 3);
  g_assert_null (((BpLogEntry *)entries->pdata[0])->error);
}

static void
test_clean_up (BpDevice     *device,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (device, NULL);
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_push_all (device, 5);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);

  bp_test_clock_advance (device->clock, 30 * DAY);
  bp_store_clean_up (device->store, &error);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_queue"), ==, 2);
  bp_test_clock_advance (device->clock, 1);
  bp_store_clean_up (device->store, &error);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_queue"), ==, 1);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_log"), ==, 1);
  bp_test_clock_advance (device->clock, 60 * DAY);
  bp_store_clean_up (device->store, &error);
  g_assert_no_error (error);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_log"), ==, 0);
  bp_assert_text (bp_device_describe_queue (device), "INSERT products p2 pending");
}

#define ADD(name, function) \
  g_test_add ("/store/log/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("keeps-and-lists", test_log);
  ADD ("forgets-what-is-old", test_clean_up);

  return g_test_run ();
}
