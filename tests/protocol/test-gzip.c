#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bp-error.h"
#include "bp-gzip.h"

#define MEGABYTE (1024 * 1024)

static void
assert_refused (const guint8 *data,
                gsize         length,
                gsize         max_length,
                BpDataError   code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bp_gzip_unpack ((const char *)data, length, max_length, &error));
  g_assert_error (error, BP_DATA_ERROR, (int)code);
}

static void
round_trip (void)
{
  static const gsize sizes[] = { 0, 1, 1023, 16 * 1024, 16 * 1024 + 1, MEGABYTE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *data = g_malloc (sizes[i] + 1);
      g_autoptr (GBytes) packed = NULL;
      g_autoptr (GBytes) unpacked = NULL;
      g_autoptr (GError) error = NULL;

      for (gsize b = 0; b < sizes[i]; b++)
        data[b] = (char)(b * 7 + b / 251);
      packed = bp_gzip_pack (data, sizes[i]);
      unpacked = bp_gzip_unpack (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed),
                                 sizes[i], &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (unpacked, NULL), g_bytes_get_size (unpacked), data,
                       sizes[i]);
      g_assert_cmpint (((const char *)g_bytes_get_data (unpacked, NULL))[sizes[i]], ==, 0);
    }
}

static void
bomb (void)
{
  g_autofree char *zeroes = g_malloc0 (64 * MEGABYTE);
  g_autoptr (GBytes) packed = bp_gzip_pack (zeroes, 64 * MEGABYTE);

  g_assert_cmpuint (g_bytes_get_size (packed), <, MEGABYTE);
  assert_refused (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), 8 * MEGABYTE,
                  BP_DATA_ERROR_TOO_LARGE);
}

static void
one_byte_too_many (void)
{
  g_autoptr (GBytes) packed = bp_gzip_pack ("12345", 5);

  assert_refused (g_bytes_get_data (packed, NULL), g_bytes_get_size (packed), 4,
                  BP_DATA_ERROR_TOO_LARGE);
}

static void
damage (void)
{
  const char *text = "what is on the wire, and more of what is on the wire";
  g_autoptr (GBytes) packed = bp_gzip_pack (text, strlen (text));
  gsize length;
  const guint8 *data = g_bytes_get_data (packed, &length);
  g_autofree guint8 *copy = g_malloc0 (length + 1);

  for (gsize cut = 0; cut < length; cut++)
    assert_refused (data, cut, 1024, BP_DATA_ERROR_MALFORMED);

  memcpy (copy, data, length);
  assert_refused (copy, length + 1, 1024, BP_DATA_ERROR_MALFORMED);
  copy[length - 5] ^= 1;
  assert_refused (copy, length, 1024, BP_DATA_ERROR_MALFORMED);
  assert_refused ((const guint8 *)text, strlen (text), 1024, BP_DATA_ERROR_MALFORMED);
}

static void
two_members (void)
{
  g_autoptr (GBytes) packed = bp_gzip_pack ("12345", 5);
  g_autoptr (GByteArray) twice = g_byte_array_new ();

  g_byte_array_append (twice, g_bytes_get_data (packed, NULL), (guint)g_bytes_get_size (packed));
  g_byte_array_append (twice, g_bytes_get_data (packed, NULL), (guint)g_bytes_get_size (packed));
  assert_refused (twice->data, twice->len, 1024, BP_DATA_ERROR_MALFORMED);
}

/* Unpacks @length bytes of @data from file to file. */
static GBytes *
unpack_file (const char *data,
             gsize       length,
             gint64      max_length,
             GError    **error)
{
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  g_autofree char *text = NULL;
  int in = g_file_open_tmp (NULL, &from, NULL), out = g_file_open_tmp (NULL, &to, NULL);
  gboolean ok;
  gsize size;

  g_assert_cmpint (write (in, data, length), ==, (gssize)length);
  lseek (in, 0, SEEK_SET);
  ok = bp_gzip_unpack_file (in, out, max_length, error);
  close (in);
  close (out);
  g_file_get_contents (to, &text, &size, NULL);
  g_unlink (from);
  g_unlink (to);
  g_assert_cmpint ((gint64)size, <=, max_length);
  return ok ? g_bytes_new_take (g_steal_pointer (&text), size) : NULL;
}

static void
files (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) unpacked = NULL;
  g_autoptr (GByteArray) more = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  const char *data;
  gsize length;

  for (guint i = 0; i < 30000; i++)
    g_string_append_printf (text, "%u ", i * 2654435761u);
  packed = bp_gzip_pack (text->str, text->len);
  data = g_bytes_get_data (packed, &length);
  unpacked = unpack_file (data, length, (gint64)text->len, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (unpacked, NULL), g_bytes_get_size (unpacked), text->str,
                   text->len);

  g_assert_null (unpack_file (data, length, (gint64)text->len - 1, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE);
  g_clear_error (&error);
  for (guint i = 0; i < 3; i++)
    {
      gsize cut[] = { 0, length / 2, length - 1 };

      g_assert_null (unpack_file (data, cut[i], G_MAXINT32, &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
      g_clear_error (&error);
    }
  g_byte_array_append (more, (const guint8 *)data, (guint)length);
  g_byte_array_append (more, (const guint8 *)"x", 1);
  g_assert_null (unpack_file ((char *)more->data, more->len, G_MAXINT32, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/gzip/round-trip", round_trip);
  g_test_add_func ("/protocol/gzip/a-bomb-is-refused", bomb);
  g_test_add_func ("/protocol/gzip/one-byte-too-many-is-refused", one_byte_too_many);
  g_test_add_func ("/protocol/gzip/damage-is-refused", damage);
  g_test_add_func ("/protocol/gzip/two-members-are-refused", two_members);
  g_test_add_func ("/protocol/gzip/unpacks-files", files);
  return g_test_run ();
}
