/* What a server tells of backups. */
#include "config.h"

#include <string.h>

#include "bp-backup.h"
#include "bp-error.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ENTRY "{\"name\":\"a.db\",\"device\":\"d1\",\"size\":7,\"created_at\":9," \
        "\"sha256\":\"" SHA "\"}"
#define LISTED "{\"name\":\"b\",\"device\":\"d2\",\"device_name\":\"Counter\",\"size\":0," \
        "\"created_at\":8,\"sha256\":\"" SHA "\"}"

static void
round_trip (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpBackupEntry) entry = bp_backup_entry_parse (ENTRY, strlen (ENTRY), &error);
  g_autoptr (GString) json = g_string_new (NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (entry->name, ==, "a.db");
  g_assert_cmpint (entry->size, ==, 7);
  g_assert_null (entry->device_name);
  bp_backup_entry_append (entry, json);
  g_assert_cmpstr (json->str, ==, ENTRY);
}

static void
list_in_its_order (void)
{
  static const char text[] = "{\"backups\":[" ENTRY "," LISTED "],\"more\":1}";
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = bp_backup_list_parse (text, strlen (text), &error);
  g_autoptr (GString) json = g_string_new (NULL);

  g_assert_no_error (error);
  g_assert_cmpuint (entries->len, ==, 2);
  bp_backup_entry_append (entries->pdata[1], json);
  g_assert_cmpstr (json->str, ==, LISTED);
}

static void
shape (void)
{
  static const char *const texts[] = {
    "", "[]", "{}", "{\"backups\":{}}", "{\"backups\":[1]}",
    "{\"backups\":[{\"device\":\"d\",\"size\":1,\"created_at\":1,\"sha256\":\"" SHA "\"}]}",
    "{\"backups\":[{\"name\":\"../a\",\"device\":\"d\",\"size\":1,\"created_at\":1,"
    "\"sha256\":\"" SHA "\"}]}",
    "{\"backups\":[{\"name\":\"a\",\"device\":\"a b\",\"size\":1,\"created_at\":1,"
    "\"sha256\":\"" SHA "\"}]}",
    "{\"backups\":[{\"name\":\"a\",\"device\":\"d\",\"size\":-1,\"created_at\":1,"
    "\"sha256\":\"" SHA "\"}]}",
    "{\"backups\":[{\"name\":\"a\",\"device\":\"d\",\"size\":1,\"created_at\":1,"
    "\"sha256\":\"E3\"}]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_null (bp_backup_list_parse (texts[i], strlen (texts[i]), &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == BP_DATA_ERROR);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/protocol/backup/round-trip", round_trip);
  g_test_add_func ("/protocol/backup/list-in-its-order", list_in_its_order);
  g_test_add_func ("/protocol/backup/shape", shape);

  return g_test_run ();
}
