#include "config.h"

#include "store-fixture.h"

typedef struct
{
  const char *id;
  gboolean deleted;
} Synced;

static gboolean
write_synced (BpStore *store,
              gpointer user_data,
              GError **error)
{
  const Synced *synced = user_data;
  const BpTable *table = bp_table_find ("customers");
  g_autoptr (BpState) state = bp_state_new (table, synced->id);

  bp_change_set_text (state->data, "name", "Old");
  bp_change_complete (state->data);
  state->version = 3;
  state->seq = 30;
  state->is_deleted = synced->deleted;
  state->modified_at = 500;
  return bp_store_write_row (store, table, state, BP_RECORD_SYNCED, error);
}

/* A record of the server's, as a pull leaves it. */
static void
add_synced (StoreFixture *fixture,
            const char   *id,
            gboolean      deleted)
{
  Synced synced = { id, deleted };
  g_autoptr (GError) error = NULL;

  bp_store_transact (fixture->store, write_synced, &synced, &error);
  g_assert_no_error (error);
}

static void
mark (StoreFixture *fixture,
      const char   *status)
{
  g_autofree char *sql = g_strdup_printf ("UPDATE sync_queue SET status = '%s', retry_count = 2,"
                                          " next_attempt = 9, last_error = 'why'"
                                          " WHERE status = 'pending'", status);

  run_sql (fixture, sql);
}

/* What each letter of a case does to customer c:
 * i insert, u name New, U name Old again, p phone 1, d delete, r restore with
 * name Back, R restore as it was, s the row is sent, f it failed. */
static void
act (StoreFixture *fixture,
     char          what)
{
  switch (what)
    {
    case 'i':
      save (fixture, BP_OPERATION_INSERT, "customers", "c", "{\"name\":\"Old\"}");
      break;
    case 'u':
      save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"name\":\"New\"}");
      break;
    case 'U':
      save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"name\":\"Old\"}");
      break;
    case 'p':
      save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"phone\":\"1\"}");
      break;
    case 'd':
      save (fixture, BP_OPERATION_DELETE, "customers", "c", NULL);
      break;
    case 'r':
      save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"name\":\"Back\"}");
      break;
    case 'R':
      save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{}");
      break;
    case 's':
      mark (fixture, "syncing");
      break;
    case 'f':
      mark (fixture, "failed");
      break;
    default:
      g_assert_not_reached ();
    }
}

#define ALL(name, phone) \
  "{\"name\":\"" name "\",\"phone\":" phone ",\"email\":null,\"address\":null,\"tax_id\":null," \
  "\"credit_limit\":0,\"note\":null}"

typedef struct
{
  const char *base;   /* "" nothing, "s" synced, "x" synced and deleted */
  const char *acts;
  const char *queue;
  const char *status; /* NULL: no record */
} Case;

static const Case cases[] = {
  /* Nothing there before. */
  { "", "i", "A INSERT c " ALL ("Old", "null"), "pending" },
  { "", "iu", "A INSERT c " ALL ("New", "null"), "pending" },
  { "", "iup", "A INSERT c " ALL ("New", "\"1\""), "pending" },
  { "", "iuU", "A INSERT c " ALL ("Old", "null"), "pending" },
  { "", "id", "", NULL },
  { "", "iud", "", NULL },
  { "", "idi", "A INSERT c " ALL ("Old", "null"), "pending" },
  { "", "if", "A INSERT c failed " ALL ("Old", "null"), "failed" },
  { "", "ifu", "A INSERT c " ALL ("New", "null"), "pending" },
  { "", "ifd", "", NULL },
  { "", "is", "A INSERT c syncing " ALL ("Old", "null"), "pending" },
  { "", "isu", "A INSERT c syncing " ALL ("Old", "null") "\nB UPDATE c {\"name\":\"New\"}",
    "pending" },
  { "", "isup",
    "A INSERT c syncing " ALL ("Old", "null") "\nB UPDATE c {\"name\":\"New\",\"phone\":\"1\"}",
    "pending" },
  { "", "isuU", "A INSERT c syncing " ALL ("Old", "null"), "pending" },
  { "", "isd", "A INSERT c syncing " ALL ("Old", "null") "\nB DELETE c", "pending" },
  { "", "isdR", "A INSERT c syncing " ALL ("Old", "null"), "pending" },
  { "", "isdr", "A INSERT c syncing " ALL ("Old", "null") "\nB UPDATE c {\"name\":\"Back\"}",
    "pending" },
  /* A record the server has. */
  { "s", "u", "A UPDATE c {\"name\":\"New\"}", "pending" },
  { "s", "U", "", "synced" },
  { "s", "uu", "A UPDATE c {\"name\":\"New\"}", "pending" },
  { "s", "up", "A UPDATE c {\"name\":\"New\",\"phone\":\"1\"}", "pending" },
  { "s", "uU", "", "synced" },
  { "s", "upU", "A UPDATE c {\"phone\":\"1\"}", "pending" },
  { "s", "d", "A DELETE c", "pending" },
  { "s", "ud", "A DELETE c", "pending" },
  { "s", "dR", "", "synced" },
  { "s", "dr", "A UPDATE c {\"name\":\"Back\"}", "pending" },
  { "s", "drd", "A DELETE c", "pending" },
  { "s", "uf", "A UPDATE c failed {\"name\":\"New\"}", "failed" },
  { "s", "ufp", "A UPDATE c {\"name\":\"New\",\"phone\":\"1\"}", "pending" },
  { "s", "ufU", "", "synced" },
  { "s", "us", "A UPDATE c syncing {\"name\":\"New\"}", "pending" },
  { "s", "usu", "A UPDATE c syncing {\"name\":\"New\"}", "pending" },
  { "s", "usU", "A UPDATE c syncing {\"name\":\"New\"}\nB UPDATE c {\"name\":\"Old\"}",
    "pending" },
  { "s", "usUp",
    "A UPDATE c syncing {\"name\":\"New\"}\nB UPDATE c {\"name\":\"Old\",\"phone\":\"1\"}",
    "pending" },
  { "s", "usUu", "A UPDATE c syncing {\"name\":\"New\"}", "pending" },
  { "s", "ds", "A DELETE c syncing", "pending" },
  { "s", "dsr", "A DELETE c syncing\nB UPDATE! c " ALL ("Back", "null"), "pending" },
  { "s", "dsrd", "A DELETE c syncing", "pending" },
  { "s", "dsrp", "A DELETE c syncing\nB UPDATE! c " ALL ("Back", "\"1\""), "pending" },
  { "s", "usf", "A UPDATE c syncing {\"name\":\"New\"}", "pending" },
  /* One the server has deleted. */
  { "x", "r", "A UPDATE! c " ALL ("Back", "null"), "pending" },
  { "x", "i", "A UPDATE! c " ALL ("Old", "null"), "pending" },
  { "x", "rp", "A UPDATE! c " ALL ("Back", "\"1\""), "pending" },
  { "x", "rd", "", "synced" },
  { "x", "d", "", "synced" },
  { "x", "rs", "A UPDATE! c syncing " ALL ("Back", "null"), "pending" },
  { "x", "rsp",
    "A UPDATE! c syncing " ALL ("Back", "null") "\nB UPDATE c {\"phone\":\"1\"}", "pending" },
  { "x", "rsd", "A UPDATE! c syncing " ALL ("Back", "null") "\nB DELETE c", "pending" },
};

static void
test_case (StoreFixture *fixture,
           gconstpointer data)
{
  const Case *each = data;

  if (each->base[0] != '\0')
    add_synced (fixture, "c", each->base[0] == 'x');
  for (const char *what = each->acts; *what != '\0'; what++)
    {
      bp_test_clock_advance (fixture->clock, 1);
      act (fixture, *what);
      if (*what == 'f' || *what == 's')
        {
          g_autoptr (GError) error = NULL;

          bp_store_refresh_status (fixture->store, bp_table_find ("customers"), "c", &error);
          g_assert_no_error (error);
        }
    }

  assert_queue (fixture, each->queue);
  assert_status (fixture, "customers", "c", each->status);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_base"), ==, each->queue[0] != '\0');
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue WHERE status = 'pending'"
                        " AND (retry_count > 0 OR next_attempt > 0 OR last_error IS NOT NULL)"),
                   ==, 0);
}

static void
test_clean_again (StoreFixture *fixture,
                  gconstpointer data)
{
  add_synced (fixture, "c", FALSE);
  bp_test_clock_advance (fixture->clock, 5000);
  act (fixture, 'u');
  assert_field (fixture, "customers", "c", "last_modified", "6000");
  assert_field (fixture, "customers", "c", "version", "3");
  act (fixture, 'U');
  assert_field (fixture, "customers", "c", "last_modified", "500");
  assert_field (fixture, "customers", "c", "version", "3");
  assert_field (fixture, "customers", "c", "user", NULL);
}

static void
test_op_id_stays (StoreFixture *fixture,
                  gconstpointer data)
{
  g_autofree char *before = NULL, *after = NULL;

  act (fixture, 'i');
  before = ask_text (fixture, "SELECT op_id || action_id || id FROM sync_queue");
  act (fixture, 'f');
  act (fixture, 'u');
  after = ask_text (fixture, "SELECT op_id || action_id || id FROM sync_queue");
  g_assert_cmpstr (before, ==, after);
}

static void
add_customers (GPtrArray  *writes,
               const char *prefix,
               int         n)
{
  for (int i = 0; i < n; i++)
    {
      g_autofree char *id = g_strdup_printf ("%s%d", prefix, i);

      writes_add (writes, BP_OPERATION_INSERT, "customers", id, "{\"name\":\"N\"}");
    }
}

static void
save_customers (StoreFixture *fixture,
                const char   *prefix,
                int           n)
{
  g_autoptr (GPtrArray) writes = writes_new ();

  add_customers (writes, prefix, n);
  save_writes (fixture, writes);
}

static void
update (StoreFixture *fixture,
        const char   *ids)
{
  g_autoptr (GPtrArray) writes = writes_new ();
  g_auto (GStrv) list = g_strsplit (ids, " ", -1);

  for (guint i = 0; list[i] != NULL; i++)
    writes_add (writes, BP_OPERATION_UPDATE, "customers", list[i], "{\"name\":\"M\"}");
  save_writes (fixture, writes);
}

static gint64
count_actions (StoreFixture *fixture)
{
  return ask (fixture, "SELECT count (DISTINCT action_id) FROM sync_queue"
              " WHERE status <> 'synced'");
}

static void
test_actions_join (StoreFixture *fixture,
                   gconstpointer data)
{
  g_autofree char *oldest = NULL, *joined = NULL;

  save_customers (fixture, "a", 2);
  save_customers (fixture, "b", 2);
  add_synced (fixture, "c", FALSE);
  oldest = ask_text (fixture, "SELECT action_id FROM sync_queue WHERE id = 1");
  g_assert_cmpint (count_actions (fixture), ==, 2);

  update (fixture, "b0 a1 c");
  g_assert_cmpint (count_actions (fixture), ==, 1);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 5);
  joined = ask_text (fixture, "SELECT DISTINCT action_id FROM sync_queue");
  g_assert_cmpstr (oldest, ==, joined);
}

static void
test_join_keeps_limit (StoreFixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GPtrArray) writes = writes_new ();

  save_customers (fixture, "a", 60);
  save_customers (fixture, "b", 40);
  save_customers (fixture, "c", 1);
  update (fixture, "a0 b0");
  g_assert_cmpint (count_actions (fixture), ==, 2);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 101);

  /* 101 would be too many: rows of their own, behind the others. */
  update (fixture, "a1 c0");
  g_assert_cmpint (count_actions (fixture), ==, 3);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 103);

  /* What is in the full action by itself still folds. */
  update (fixture, "b1");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 103);

  add_customers (writes, "d", 100);
  save_writes (fixture, writes);
  writes_add (writes, BP_OPERATION_INSERT, "customers", "e", "{\"name\":\"N\"}");
  {
    g_autoptr (GError) error = NULL;

    g_assert_false (bp_store_save (fixture->store, writes, NULL, &error));
    g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT);
  }
}

/* A and C are full; x waits in both A (older) and the joint action of z. If z's
 * action took in y of A as well, it would hold back what it waits for. */
static void
test_no_record_twice (StoreFixture *fixture,
                      gconstpointer data)
{
  save_customers (fixture, "a", 100);
  save_customers (fixture, "b", 1);
  update (fixture, "a0 b0");
  g_assert_cmpint (count_actions (fixture), ==, 3);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue WHERE record_id = 'a0'"), ==, 2);

  run_sql (fixture, "DELETE FROM sync_queue WHERE record_id IN ('a5', 'a6', 'a7', 'a8')");
  update (fixture, "a0 a1");
  g_assert_cmpint (ask (fixture, "SELECT max (n) FROM (SELECT count (*) AS n FROM sync_queue"
                        " GROUP BY action_id, record_id)"), ==, 1);
}

/* Every action must be free to go once those it waits for are gone. */
static void
assert_no_circle (StoreFixture *fixture)
{
  while (ask (fixture, "SELECT count (*) FROM sync_queue") > 0)
    {
      g_autofree char *free_action = NULL, *sql = NULL;

      free_action = ask_text (fixture,
                              "SELECT action_id FROM sync_queue GROUP BY action_id"
                              " HAVING NOT EXISTS (SELECT 1 FROM sync_queue q JOIN sync_queue o"
                              "  ON o.record_id = q.record_id AND o.id < q.id"
                              "  WHERE q.action_id = sync_queue.action_id) LIMIT 1");
      g_assert_nonnull (free_action);
      sql = g_strdup_printf ("DELETE FROM sync_queue WHERE action_id = '%s'", free_action);
      run_sql (fixture, sql);
    }
}

static void
test_no_circle (StoreFixture *fixture,
                gconstpointer data)
{
  save_customers (fixture, "a", 100);
  save_customers (fixture, "b", 100);
  update (fixture, "a0 b1");
  update (fixture, "b0 a1");
  run_sql (fixture, "DELETE FROM sync_queue WHERE CAST (substr (record_id, 2) AS INTEGER) > 20");
  update (fixture, "a2 b0");
  update (fixture, "b2 a0");
  update (fixture, "a3 b3");
  assert_no_circle (fixture);
}

static void
test_random_joins (StoreFixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (int i = 0; i < 6; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("%c", 'a' + i);

      save_customers (fixture, prefix, 40);
    }

  for (int i = 0; i < 150; i++)
    {
      g_autoptr (GPtrArray) writes = writes_new ();
      int n = g_rand_int_range (random, 1, 4);

      for (int k = 0; k < n; k++)
        {
          g_autofree char *id = g_strdup_printf ("%c%d", 'a' + g_rand_int_range (random, 0, 6),
                                                 g_rand_int_range (random, 0, 40));
          g_autofree char *json = g_strdup_printf ("{\"name\":\"%d-%d\"}", i, k);

          writes_add (writes, BP_OPERATION_UPDATE, "customers", id, json);
        }
      save_writes (fixture, writes);
      if (i % 10 == 3)
        run_sql (fixture,
                 "UPDATE sync_queue SET status = 'syncing' WHERE action_id = (SELECT action_id"
                 " FROM sync_queue s WHERE NOT EXISTS (SELECT 1 FROM sync_queue q"
                 " JOIN sync_queue o ON o.record_id = q.record_id AND o.id < q.id"
                 " WHERE q.action_id = s.action_id) ORDER BY id DESC LIMIT 1)");
      if (i % 10 == 8)
        run_sql (fixture, "UPDATE sync_queue SET status = 'pending'");
      g_assert_cmpint (ask (fixture, "SELECT max (n) FROM (SELECT count (*) AS n FROM sync_queue"
                            " GROUP BY action_id)"), <=, 100);
      g_assert_cmpint (ask (fixture, "SELECT max (n) FROM (SELECT count (*) AS n FROM sync_queue"
                            " GROUP BY action_id, record_id)"), ==, 1);
    }

  assert_no_circle (fixture);
}

static void
test_priority (StoreFixture *fixture,
               gconstpointer data)
{
  g_autoptr (GPtrArray) writes = writes_new ();

  save_customers (fixture, "a", 1);
  g_assert_cmpint (ask (fixture, "SELECT priority FROM sync_queue"), ==, BP_PRIORITY_MEDIUM);

  writes_add (writes, BP_OPERATION_UPDATE, "customers", "a0", "{\"name\":\"M\"}");
  writes_add (writes, BP_OPERATION_INSERT, "payments", "p",
              "{\"amount\":5,\"method\":\"cash\",\"customer_id\":\"a0\"}");
  save_writes (fixture, writes);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue WHERE priority = 0"), ==, 2);

  g_assert_true (bp_store_set_device_setting (fixture->store, "sync.priorities",
                                              "products=low,customers=high", NULL));
  save_customers (fixture, "b", 1);
  save (fixture, BP_OPERATION_INSERT, "products", "p", "{\"name\":\"P\"}");
  g_assert_cmpint (ask (fixture, "SELECT priority FROM sync_queue WHERE record_id = 'b0'"), ==,
                   BP_PRIORITY_HIGH);
  g_assert_cmpint (ask (fixture, "SELECT priority FROM sync_queue WHERE table_name = 'products'"),
                   ==, BP_PRIORITY_LOW);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/store/fold/from-%s/%s",
                                               cases[i].base[0] == '\0' ? "nothing"
                                               : cases[i].base[0] == 's' ? "synced"
                                                                         : "deleted",
                                               cases[i].acts);

      g_test_add (path, StoreFixture, &cases[i], store_fixture_init, test_case,
                  store_fixture_clear);
    }
#define ADD(path, func) \
  g_test_add ("/store/fold/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("taken-back-leaves-record-as-the-server-has-it", test_clean_again);
  ADD ("operation-keeps-its-ids", test_op_id_stays);
  ADD ("actions-become-one-in-the-older-place", test_actions_join);
  ADD ("join-keeps-the-limit", test_join_keeps_limit);
  ADD ("action-never-holds-a-record-twice", test_no_record_twice);
  ADD ("actions-never-wait-in-a-circle", test_no_circle);
  ADD ("any-joins-leave-a-queue-that-can-go", test_random_joins);
  ADD ("action-has-its-most-urgent-priority", test_priority);
#undef ADD

  return g_test_run ();
}
