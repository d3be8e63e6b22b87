/* The power goes, or a call fails, at every change of the server's disk during
 * pushes: nothing acknowledged is lost, nothing is half there, and what is sent
 * again counts once. */
#include "config.h"

#include <string.h>

#include "bp-fault-vfs.h"
#include "bp-fixture.h"
#include "bp-sqlite-backend.h"

#define N_PUSHES 4

typedef struct
{
  Fixture server;
  BpFaultVfs *vfs;
  BpFaultDisk *disk;
  BpFaultImage *start;
} Shop;

static void
reopen (Shop *shop)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&shop->server.backend);
  shop->server.backend = bp_sqlite_backend_new (shop->server.path, &error);
  g_assert_no_error (error);
}

static void
set_up (Shop         *shop,
        gconstpointer data)
{
  shop->vfs = bp_fault_vfs_new (1);
  shop->disk = bp_fault_disk_new (shop->vfs, g_get_tmp_dir (), 1);
  fixture_set_up (&shop->server, NULL);
  add_basics (&shop->server);
  g_clear_object (&shop->server.backend);
  shop->start = bp_fault_disk_take_image (shop->disk);
  reopen (shop);
}

static void
tear_down (Shop         *shop,
           gconstpointer data)
{
  fixture_tear_down (&shop->server, NULL);
  bp_fault_image_free (shop->start);
  bp_fault_disk_free (shop->disk);
  bp_fault_vfs_free (shop->vfs);
}

static char *
name_of (const char *kind,
         guint       i)
{
  return g_strdup_printf ("%s%u", kind, i);
}

/* One action: goods that came, a sale and its payment. */
static int
push (Fixture *server,
      guint    i)
{
  g_autofree char *names = g_strdup_printf ("m%u s%u y%u", i, i, i);
  g_autofree char *sent = g_strdup_printf ("om%u/a%u os%u/a%u oy%u/a%u", i, i, i, i, i, i);
  g_auto (GStrv) ids = g_strsplit (names, " ", -1);
  g_auto (GStrv) ops = g_strsplit (sent, " ", -1);
  g_autofree char *belongs = g_strdup_printf (",'sale_id':'%s'", ids[1]);
  g_autofree char *came = movement (ops[0], ids[0], 9000);
  g_autofree char *sold = sale (ops[1], ids[1], "sale", 2000, 500, "");
  g_autofree char *paid = payment (ops[2], ids[2], 300, belongs);
  g_autofree char *raw = NULL, *body = NULL;
  g_autoptr (BpReply) reply = NULL;

  raw = g_strdup_printf ("{'epoch':'%s','attempt':%" G_GINT64_FORMAT ",'operations':[%s,%s,%s]}",
                         server->epoch, ++server->attempt, came, sold, paid);
  body = quote (raw);
  reply = fixture_call (server, BP_ENDPOINT_PUSH, server->token, body);
  if (reply->status == 200 && strstr (reply->body, "\"applied\"") == NULL)
    g_error ("%s", reply->body);
  return reply->status;
}

static gboolean
has (Fixture    *server,
     const char *table,
     const char *kind,
     guint       i)
{
  g_autofree char *id = name_of (kind, i);
  g_autoptr (BpState) state = fixture_get (server, table, id);

  return state != NULL;
}

/* Returns how many actions there are, each of them whole. */
static guint
count_actions (Fixture *server)
{
  guint n = 0;

  for (guint i = 0; i < N_PUSHES; i++)
    {
      gboolean moved = has (server, "stock_movements", "m", i);

      g_assert_true (moved == has (server, "sales", "s", i));
      g_assert_true (moved == has (server, "payments", "y", i));
      g_assert_true (!moved || n == i);
      n += moved ? 1 : 0;
    }

  g_assert_cmpint (fixture_get_integer (server, "products", "p1", "stock"), ==, 7000 * (gint64)n);
  g_assert_cmpint (fixture_get_integer (server, "customers", "c1", "balance"), ==, 200 * (gint64)n);
  return n;
}

static void
begin_again (Shop *shop)
{
  g_clear_object (&shop->server.backend);
  bp_fault_disk_load_image (shop->disk, shop->start);
  reopen (shop);
}

static guint
push_until_it_fails (Shop *shop)
{
  for (guint i = 0; i < N_PUSHES; i++)
    {
      int status = push (&shop->server, i);

      if (status != 200)
        {
          g_assert_cmpint (status, >=, 500);
          return i;
        }
    }

  return N_PUSHES;
}

static void
all_holds (Shop *shop,
           guint acknowledged)
{
  guint found = count_actions (&shop->server);

  g_assert_cmpuint (found, >=, acknowledged);
  g_assert_cmpuint (found, <=, acknowledged + 1);
  g_assert_cmpuint (fixture_check (&shop->server), ==, 0);
}

static void
all_again_counts_once (Shop *shop)
{
  g_assert_cmpuint (push_until_it_fails (shop), ==, N_PUSHES);
  g_assert_cmpuint (count_actions (&shop->server), ==, N_PUSHES);
  g_assert_cmpuint (fixture_check (&shop->server), ==, 0);
}

static void
test_cut (Shop         *shop,
          gconstpointer data)
{
  gboolean was_cut = TRUE;
  guint n_cuts = 0;

  for (guint64 n = 1; was_cut; n++)
    {
      for (guint64 seed = 0; seed < 3; seed++)
        {
          guint acknowledged;

          begin_again (shop);
          bp_fault_disk_set_seed (shop->disk, n * 10 + seed);
          bp_fault_disk_cut_at (shop->disk, BP_FAULT_CHANGE, n);
          acknowledged = push_until_it_fails (shop);
          was_cut = bp_fault_disk_is_off (shop->disk);
          bp_fault_disk_cut_at (shop->disk, BP_FAULT_CHANGE, 0);
          bp_fault_disk_cut (shop->disk);
          g_clear_object (&shop->server.backend);
          bp_fault_disk_power_on (shop->disk);

          reopen (shop);
          all_holds (shop, acknowledged);
          all_again_counts_once (shop);
          n_cuts++;
        }
    }
  g_test_message ("%u cuts", n_cuts);
  g_assert_cmpuint (n_cuts, >, 100);
}

/* Returns whether the fault came. */
static gboolean
try_fault (Shop       *shop,
           BpFaultCall calls,
           guint64     n,
           gboolean    for_ever)
{
  guint acknowledged;
  guint64 start;
  gboolean came;

  begin_again (shop);
  start = bp_fault_disk_count (shop->disk, calls);
  bp_fault_disk_fail_at (shop->disk, calls, n, for_ever);
  acknowledged = push_until_it_fails (shop);
  came = bp_fault_disk_count (shop->disk, calls) - start >= n;
  bp_fault_disk_fail_at (shop->disk, calls, 0, FALSE);

  g_assert_cmpuint (count_actions (&shop->server), ==, acknowledged);
  all_again_counts_once (shop);
  return came;
}

static void
test_error (Shop         *shop,
            gconstpointer data)
{
  static const BpFaultCall calls[] = { BP_FAULT_READ, BP_FAULT_WRITE, BP_FAULT_SYNC };
  guint n_faults = 0;

  for (guint kind = 0; kind < 2 * G_N_ELEMENTS (calls); kind++)
    {
      for (guint64 n = 1; try_fault (shop, calls[kind / 2], n, kind % 2 != 0);
           n += n < 8 ? 1 : 3)
        n_faults++;
    }
  g_test_message ("%u faults", n_faults);
  g_assert_cmpuint (n_faults, >, 60);
}

/* That the database failed is told each time, and is no news here. */
static GLogWriterOutput
write_log (GLogLevelFlags   level,
           const GLogField *fields,
           gsize            n_fields,
           gpointer         user_data)
{
  return (level & G_LOG_LEVEL_MESSAGE) != 0
         ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n_fields, user_data);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);

#define ADD(path, func) \
  g_test_add ("/server/power-cut/" path, Shop, NULL, set_up, func, tear_down)
  ADD ("cut-during-a-push-loses-nothing-acknowledged", test_cut);
  ADD ("failed-call-takes-back-one-action-and-no-more", test_error);
#undef ADD

  return g_test_run ();
}
