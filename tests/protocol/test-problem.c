#include "config.h"

#include <string.h>

#include "bp-backup.h"
#include "bp-endpoint.h"
#include "bp-error.h"
#include "bp-problem.h"

static void
round_trip (void)
{
  for (int code = BP_PROBLEM_MALFORMED; code <= BP_PROBLEM_UNAVAILABLE; code++)
    {
      g_autoptr (BpProblem) problem = bp_problem_new ((BpProblemCode)code, "Why “it” failed");
      g_autoptr (BpProblem) back = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      problem->epoch = g_strdup ("e2");
      problem->attempt = 412;
      text = bp_problem_to_text (problem);
      back = bp_problem_new_from_text (text, strlen (text), &error);
      g_assert_no_error (error);
      g_assert_cmpint (back->code, ==, code);
      g_assert_cmpstr (back->detail, ==, "Why “it” failed");
      if (code == BP_PROBLEM_STALE)
        g_assert_cmpint (back->attempt, ==, 412);
      if (code == BP_PROBLEM_EPOCH_CHANGED)
        g_assert_cmpstr (back->epoch, ==, "e2");
    }
}

static void
unknown_code (void)
{
  const char *text = "{\"status\":503,\"code\":\"maintenance\"}";
  g_autoptr (BpProblem) problem = bp_problem_new_from_text (text, strlen (text), NULL);

  g_assert_cmpint (problem->code, ==, BP_PROBLEM_UNAVAILABLE);
}

static void
hostile (void)
{
  static const char *const texts[] = {
    "", "[]", "<html>", "{}", "{\"code\":7}", "{\"code\":\"odd\"}",
    "{\"code\":\"odd\",\"status\":418}", "{\"code\":\"stale\"}",
    "{\"code\":\"stale\",\"attempt\":\"1\"}", "{\"code\":\"epoch_changed\"}",
    "{\"code\":\"stale\",\"attempt\":1}x",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bp_problem_new_from_text (texts[i], strlen (texts[i]), &error));
      g_assert_true (error != NULL && error->domain == BP_DATA_ERROR);
    }
}

static void
endpoints (void)
{
  g_assert_cmpint (bp_endpoint_find ("POST", "/v1/push")->id, ==, BP_ENDPOINT_PUSH);
  g_assert_null (bp_endpoint_find ("GET", "/v1/push"));
  g_assert_null (bp_endpoint_find (NULL, "/v1/push"));
  g_assert_null (bp_endpoint_find ("POST", "/v1/push/"));
  g_assert_null (bp_endpoint_find ("POST", NULL));
  for (int id = 0; id < BP_N_ENDPOINTS; id++)
    {
      const BpEndpoint *endpoint = bp_endpoint_get ((BpEndpointId)id);
      g_autofree char *path = g_str_has_suffix (endpoint->path, "/")
                                ? g_strconcat (endpoint->path, "one", NULL)
                                : g_strdup (endpoint->path);

      g_assert_cmpint (bp_endpoint_find (endpoint->method, path)->id, ==, id);
    }
}

static void
methods (void)
{
  g_autofree char *pull = bp_endpoint_list_methods ("/v1/pull");
  g_autofree char *backup = bp_endpoint_list_methods ("/v1/backups/one");
  g_autofree char *snapshot = bp_endpoint_list_methods ("/v1/snapshot");

  g_assert_cmpstr (pull, ==, "POST");
  g_assert_cmpstr (snapshot, ==, "GET");
  g_assert_cmpstr (backup, ==, "GET, PUT");
  g_assert_null (bp_endpoint_list_methods ("/v1/backups/"));
  g_assert_null (bp_endpoint_list_methods ("/v1/backups/a/b"));
  g_assert_null (bp_endpoint_list_methods ("/v1/other"));
  g_assert_null (bp_endpoint_list_methods (NULL));
}

static void
backup_names (void)
{
  static const char *const good[] = {
    "a", "Books_2026-11-23.db", "-", "_", "a.", "a..b",
    "0123456789012345678901234567890123456789012345678901234567890123",
  };
  static const char *const bad[] = {
    "", ".", "..", ".a", "a b", "a/b", "ä", "a\n", "%41",
    "01234567890123456789012345678901234567890123456789012345678901234",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (bp_backup_name_is_valid (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bp_backup_name_is_valid (bad[i]));
  g_assert_false (bp_backup_name_is_valid (NULL));
}

static void
names (void)
{
  const BpEndpoint *put = bp_endpoint_get (BP_ENDPOINT_PUT_BACKUP);
  g_autofree char *plain = bp_endpoint_dup_name (put, "/v1/backups/one");
  g_autofree char *escaped = bp_endpoint_dup_name (put, "/v1/backups/%41%2Fb");

  g_assert_cmpstr (plain, ==, "one");
  g_assert_cmpstr (escaped, ==, "A/b");
  g_assert_null (bp_endpoint_dup_name (put, "/v1/backups/%zz"));
  g_assert_null (bp_endpoint_dup_name (bp_endpoint_get (BP_ENDPOINT_PULL), "/v1/pull"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/problem/round-trip", round_trip);
  g_test_add_func ("/protocol/problem/an-unknown-code-counts-as-its-status", unknown_code);
  g_test_add_func ("/protocol/problem/other-texts-are-refused", hostile);
  g_test_add_func ("/protocol/endpoint/found-by-method-and-path", endpoints);
  g_test_add_func ("/protocol/endpoint/tells-what-can-be-asked-for", methods);
  g_test_add_func ("/protocol/endpoint/takes-a-name-off-a-path", names);
  g_test_add_func ("/protocol/backup/names", backup_names);
  return g_test_run ();
}
