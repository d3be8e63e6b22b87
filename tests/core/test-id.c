#include "config.h"

#include <string.h>

#include "bp-id.h"
#include "fixed-clock.h"

static void
assert_uuid (const char *id,
             char        version)
{
  g_assert_true (g_uuid_string_is_valid (id));
  g_assert_cmpint (id[14], ==, version);
  g_assert_nonnull (strchr ("89ab", id[19]));
  g_assert_true (bp_id_is_valid (id));
}

static void
test_order (void)
{
  g_autoptr (FixedClock) clock = fixed_clock_new (0, 1);
  g_autofree char *previous = NULL;

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *id = NULL;

      fixed_clock_set_now (clock, G_GINT64_CONSTANT (1763800000000) + i * (gint64)i + i);
      id = bp_id_new (BP_CLOCK (clock));
      assert_uuid (id, '7');
      g_assert_true (previous == NULL || strcmp (previous, id) < 0);
      g_free (previous);
      previous = g_steal_pointer (&id);
    }
}

static void
test_time (void)
{
  g_autoptr (FixedClock) clock = fixed_clock_new (G_GINT64_CONSTANT (0x017F22E279B0), 1);
  g_autofree char *id = bp_id_new (BP_CLOCK (clock));
  g_autofree char *other = bp_id_new (BP_CLOCK (clock));

  g_assert_true (g_str_has_prefix (id, "017f22e2-79b0-7"));
  g_assert_cmpstr (id, !=, other);
}

static void
test_system_clock (void)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gint64 before = bp_clock_get_monotonic (clock);

  for (int i = 0; i < 1000; i++)
    g_assert_true (g_hash_table_add (seen, bp_id_new (clock)));
  g_assert_cmpint (bp_clock_get_monotonic (clock), >=, before);
  g_assert_cmpint (ABS (bp_clock_get_now (clock) - g_get_real_time () / 1000), <, 5000);
  for (int i = 0; i < 1000; i++)
    {
      gint64 random = bp_clock_random_range (clock, 7);

      g_assert_true (random >= 0 && random < 7);
    }
}

/* The same on every device and in every version, for ever. */
static void
test_from_name (void)
{
  g_autofree char *sale = bp_id_new_from_name ("sales", "536365");
  g_autofree char *again = bp_id_new_from_name ("sales", "536365");
  g_autofree char *product = bp_id_new_from_name ("products", "536365");
  g_autofree char *shifted = bp_id_new_from_name ("sales5", "36365");

  assert_uuid (sale, '8');
  g_assert_cmpstr (sale, ==, "726cc71b-59c1-8f2a-b4b0-3d7f069e4184");
  g_assert_cmpstr (sale, ==, again);
  g_assert_cmpstr (sale, !=, product);
  g_assert_cmpstr (sale, !=, shifted);
}

static void
test_is_valid (void)
{
  g_autofree char *longest = g_strnfill (BP_ID_MAX_LENGTH, 'x');
  g_autofree char *too_long = g_strnfill (BP_ID_MAX_LENGTH + 1, 'x');

  g_assert_true (bp_id_is_valid ("p1"));
  g_assert_true (bp_id_is_valid ("shop.name"));
  g_assert_true (bp_id_is_valid (longest));
  g_assert_false (bp_id_is_valid (too_long));
  g_assert_false (bp_id_is_valid (NULL));
  g_assert_false (bp_id_is_valid (""));
  g_assert_false (bp_id_is_valid ("a b"));
  g_assert_false (bp_id_is_valid ("a\n"));
  g_assert_false (bp_id_is_valid ("é"));
  g_assert_false (bp_id_is_valid ("\x7f"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/id/sorts-by-time", test_order);
  g_test_add_func ("/core/id/begins-with-the-time", test_time);
  g_test_add_func ("/core/id/never-comes-twice", test_system_clock);
  g_test_add_func ("/core/id/is-the-same-for-the-same-name", test_from_name);
  g_test_add_func ("/core/id/knows-a-valid-one", test_is_valid);
  return g_test_run ();
}
