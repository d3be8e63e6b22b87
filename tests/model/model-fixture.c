#include "config.h"

#include "model-fixture.h"

#include <glib/gstdio.h>

#include "bp-json.h"
#include "bp-shop-json.h"

void
fixture_set_up (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bizpulse-model-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->clock = fixed_clock_new (FIXTURE_NOW, 7);
  fixture->shop = bp_shop_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_assert_cmpint (g_remove (child), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

/* A thread that has just answered may hold the shop a moment longer. */
static void
close_shop (BpShop *shop)
{
  GWeakRef weak;
  gpointer alive;

  g_weak_ref_init (&weak, shop);
  g_object_unref (shop);
  while ((alive = g_weak_ref_get (&weak)) != NULL)
    {
      g_object_unref (alive);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_weak_ref_clear (&weak);
}

void
fixture_tear_down (Fixture      *fixture,
                   gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  close_shop (fixture->shop);
  g_clear_object (&fixture->clock);
  remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static JsonNode *
parse (const char *json)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = bp_json_parse_object (json, -1, &error);

  g_assert_no_error (error);
  return node;
}

char *
fixture_add (Fixture    *fixture,
             const char *table,
             const char *json)
{
  g_autoptr (JsonNode) node = parse (json);
  g_autoptr (GError) error = NULL;
  char *id = bp_shop_add_from_json (fixture->shop, bp_table_find (table),
                                    json_node_get_object (node), &error);

  g_assert_no_error (error);
  g_assert_nonnull (id);
  return id;
}

void
fixture_set (Fixture    *fixture,
             const char *table,
             const char *id,
             const char *json)
{
  g_autoptr (JsonNode) node = parse (json);
  g_autoptr (GError) error = NULL;
  gboolean done = bp_shop_set_from_json (fixture->shop, bp_table_find (table), id,
                                         json_node_get_object (node), &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

void
fixture_refuse_add (Fixture    *fixture,
                    const char *table,
                    const char *json,
                    GQuark      domain,
                    int         code)
{
  g_autoptr (JsonNode) node = parse (json);
  g_autoptr (GError) error = NULL;
  guint before = fixture_count_queue (fixture);
  char *id = bp_shop_add_from_json (fixture->shop, bp_table_find (table),
                                    json_node_get_object (node), &error);

  g_assert_error (error, domain, code);
  g_assert_null (id);
  g_assert_cmpuint (fixture_count_queue (fixture), ==, before);
}

void
fixture_refuse_set (Fixture    *fixture,
                    const char *table,
                    const char *id,
                    const char *json,
                    GQuark      domain,
                    int         code)
{
  g_autoptr (JsonNode) node = parse (json);
  g_autoptr (GError) error = NULL;
  guint before = fixture_count_queue (fixture);
  gboolean done = bp_shop_set_from_json (fixture->shop, bp_table_find (table), id,
                                         json_node_get_object (node), &error);

  g_assert_error (error, domain, code);
  g_assert_false (done);
  g_assert_cmpuint (fixture_count_queue (fixture), ==, before);
}

BpRow *
fixture_get (Fixture    *fixture,
             const char *table,
             const char *id)
{
  g_autoptr (GError) error = NULL;
  BpRow *row
    = bp_store_get (bp_shop_get_store (fixture->shop), bp_table_find (table), id, &error);

  g_assert_no_error (error);
  g_assert_nonnull (row);
  return row;
}

gint64
fixture_get_integer (Fixture    *fixture,
                     const char *table,
                     const char *id,
                     const char *field)
{
  g_autoptr (BpRow) row = fixture_get (fixture, table, id);

  return bp_change_get_integer (row->state->data, field);
}

char *
fixture_get_text (Fixture    *fixture,
                  const char *table,
                  const char *id,
                  const char *field)
{
  g_autoptr (BpRow) row = fixture_get (fixture, table, id);

  return g_strdup (bp_change_get_text (row->state->data, field));
}

typedef struct
{
  guint n_rows;
  const char *field;
  gint64 sum;
} Count;

static gboolean
count_row (const BpRow *row,
           gpointer     user_data)
{
  Count *count = user_data;

  count->n_rows++;
  if (count->field != NULL)
    count->sum += bp_change_get_integer (row->state->data, count->field);
  return TRUE;
}

static Count
count_table (Fixture    *fixture,
             const char *table,
             const char *field)
{
  g_autoptr (GError) error = NULL;
  Count count = { 0, field, 0 };

  bp_store_list (bp_shop_get_store (fixture->shop),
                 &(BpListFilter){ bp_table_find (table), NULL, FALSE, -1 }, count_row, &count,
                 &error);
  g_assert_no_error (error);
  return count;
}

guint
fixture_count (Fixture    *fixture,
               const char *table)
{
  return count_table (fixture, table, NULL).n_rows;
}

gint64
fixture_sum (Fixture    *fixture,
             const char *table,
             const char *field)
{
  return count_table (fixture, table, field).sum;
}

guint
fixture_count_queue (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = bp_store_list_queue (bp_shop_get_store (fixture->shop), &error);

  g_assert_no_error (error);
  return rows->len;
}

char *
fixture_write (Fixture    *fixture,
               const char *name,
               const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (fixture->folder, name, NULL);

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}
