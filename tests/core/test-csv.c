#include "config.h"

#include <string.h>

#include "bp-csv.h"
#include "bp-error.h"

/* The records as text: cells between brackets, a line each. */
static char *
read_all (const char *data,
          gsize       length,
          GError    **error)
{
  g_autoptr (BpCsvReader) reader = bp_csv_reader_new (data, length, error);
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;

  if (reader == NULL)
    return NULL;
  while (bp_csv_reader_next (reader, cells, &local_error))
    {
      g_string_append_printf (text, "%u:", bp_csv_reader_get_line (reader));
      for (guint i = 0; i < cells->len; i++)
        g_string_append_printf (text, "[%s]", (const char *)cells->pdata[i]);
      g_string_append_c (text, '\n');
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      g_assert_false (bp_csv_reader_next (reader, cells, NULL));
      return NULL;
    }

  return g_strdup (text->str);
}

static void
test_read (void)
{
  static const struct
  {
    const char *csv;
    const char *records;
  } cases[] = {
    { "", "" },
    { "\n\n", "" },
    { "a,b\n1,2\n", "1:[a][b]\n2:[1][2]\n" },
    { "a,b\r\n1,2\r\n", "1:[a][b]\n2:[1][2]\n" },
    { "a,b\r1,2\r", "1:[a][b]\n2:[1][2]\n" },
    { "a,b\n1,2", "1:[a][b]\n2:[1][2]\n" },
    { "a,b\n\n1,\n,2\n,\n", "1:[a][b]\n3:[1][]\n4:[][2]\n5:[][]\n" },
    { "a;b\n1,5;2\n", "1:[a][b]\n2:[1,5][2]\n" },
    { "a\tb\n1,5\t2\n", "1:[a][b]\n2:[1,5][2]\n" },
    { "a|b\n1|2\n", "1:[a][b]\n2:[1][2]\n" },
    { "\"x,y,z\";b\n1;2\n", "1:[x,y,z][b]\n2:[1][2]\n" },
    { "a\n1;2\n", "1:[a]\n2:[1;2]\n" },
    { "\n\na;b;c\n", "3:[a][b][c]\n" },
    { "\357\273\277a,b\n", "1:[a][b]\n" },
    { "\"a\"\"b\",\"\"\n", "1:[a\"b][]\n" },
    { "\"a\nb\",c\nd,e\n", "1:[a\nb][c]\n3:[d][e]\n" },
    { "\"a\r\nb\",c\r\nd,e\r\n", "1:[a\r\nb][c]\n3:[d][e]\n" },
    { "\"a,b\",c\n", "1:[a,b][c]\n" },
    { "5\" pipe,x\n", "1:[5\" pipe][x]\n" },
    { "\"a\"b,c\n", "1:[ab][c]\n" },
    { " a , b \n", "1:[ a ][ b ]\n" },
    { "a,b,c\n1\n1,2,3,4\n", "1:[a][b][c]\n2:[1]\n3:[1][2][3][4]\n" },
    { "name\nनमक\n", "1:[name]\n2:[नमक]\n" },
    { "name\nCaf\xe9 \x80 \x93x\x94\n", "1:[name]\n2:[Café € “x”]\n" },
    { "a,b\n'=1+1,'+91\n'x,'\n", "1:[a][b]\n2:[=1+1][+91]\n3:['x][']\n" },
    { "a,b\n''=1,-5\n", "1:[a][b]\n2:['=1][-5]\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *records = read_all (cases[i].csv, strlen (cases[i].csv), &error);

      g_assert_no_error (error);
      g_assert_cmpstr (records, ==, cases[i].records);
    }
}

static void
assert_unreadable (const char *csv,
                   gsize       length,
                   const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (read_all (csv, length, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_malformed (void)
{
  assert_unreadable ("a,b\n1,\"2\n3,4\n", 13, "line 2");
  assert_unreadable ("\"", 1, "line 1");
  assert_unreadable ("a\n\n\n\"x\"\"", 8, "line 4");
  assert_unreadable ("a\0b", 3, "neither");
  assert_unreadable ("a\x81 \xff", 4, "neither");
  assert_unreadable ("\xff\xfe" "a\0,\0", 6, "neither");
}

static void
test_write (void)
{
  g_autoptr (GString) csv = g_string_new (NULL);

  bp_csv_append_start (csv);
  bp_csv_append_cell (csv, "name", TRUE);
  bp_csv_append_cell (csv, "price", FALSE);
  bp_csv_append_end_of_row (csv);
  bp_csv_append_cell (csv, "Salt, \"fine\"", TRUE);
  bp_csv_append_cell (csv, "-50.00", FALSE);
  bp_csv_append_end_of_row (csv);
  bp_csv_append_cell (csv, "=1+1", TRUE);
  bp_csv_append_cell (csv, NULL, FALSE);
  bp_csv_append_end_of_row (csv);
  bp_csv_append_cell (csv, "@x,y", TRUE);
  bp_csv_append_cell (csv, "two\nlines", TRUE);
  bp_csv_append_end_of_row (csv);
  bp_csv_append_cell (csv, "", TRUE);
  bp_csv_append_end_of_row (csv);

  g_assert_cmpstr (csv->str, ==,
                   "\357\273\277name,price\r\n"
                   "\"Salt, \"\"fine\"\"\",-50.00\r\n"
                   "'=1+1,\r\n"
                   "\"'@x,y\",\"two\nlines\"\r\n"
                   "\"\"\r\n");
}

static void
test_formulas (void)
{
  static const char *const texts[] = { "=1", "+1", "-1", "@a", "\tx", "\rx", "'=1", "''+" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GString) csv = g_string_new (NULL);
      const char *cell;

      bp_csv_append_cell (csv, texts[i], TRUE);
      cell = csv->str[0] == '"' ? csv->str + 1 : csv->str;
      g_assert_cmpint (cell[0], ==, '\'');
      g_assert_true (g_str_has_prefix (cell + 1, texts[i]));
    }
}

/* Whatever the text, it comes back byte for byte. */
static void
test_round_trip (void)
{
  static const char alphabet[] = "a,;\t|\"'=+-@\r\n \303\251";
  g_autoptr (GRand) random = g_rand_new_with_seed (9);
  g_autoptr (GString) csv = g_string_new (NULL);
  g_autoptr (GPtrArray) written = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpCsvReader) reader = NULL;
  g_autoptr (GError) error = NULL;

  bp_csv_append_start (csv);
  for (int i = 0; i < 3; i++)
    bp_csv_append_cell (csv, "header", TRUE);
  bp_csv_append_end_of_row (csv);
  for (int row = 0; row < 3000; row++)
    {
      for (int column = 0; column < 3; column++)
        {
          g_autoptr (GString) text = g_string_new (NULL);
          int length = g_rand_int_range (random, 0, 7);

          for (int i = 0; i < length; i++)
            {
              int at = g_rand_int_range (random, 0, sizeof alphabet - 2);

              g_string_append_len (text, alphabet + at - (at == 15), at >= 14 ? 2 : 1);
            }
          bp_csv_append_cell (csv, text->str, TRUE);
          g_ptr_array_add (written, g_strdup (text->str));
        }
      bp_csv_append_end_of_row (csv);
    }

  reader = bp_csv_reader_new (csv->str, csv->len, &error);
  g_assert_no_error (error);
  g_assert_true (bp_csv_reader_next (reader, cells, NULL));
  for (int row = 0; row < 3000; row++)
    {
      g_assert_true (bp_csv_reader_next (reader, cells, &error));
      g_assert_cmpuint (cells->len, ==, 3);
      for (int column = 0; column < 3; column++)
        g_assert_cmpstr (cells->pdata[column], ==, written->pdata[row * 3 + column]);
    }
  g_assert_false (bp_csv_reader_next (reader, cells, &error));
  g_assert_no_error (error);
}

/* A quote left open over a long file, and many rows: both in linear time. */
static void
test_large (void)
{
  g_autoptr (GString) csv = g_string_new ("a,b\n");
  g_autofree char *records = NULL;

  for (int i = 0; i < 300000; i++)
    g_string_append (csv, "x,\"y\"\"z\"\n");
  records = read_all (csv->str, csv->len, NULL);
  g_assert_true (g_str_has_suffix (records, "300001:[x][y\"z]\n"));
  g_string_append (csv, "\"");
  for (int i = 0; i < 300000; i++)
    g_string_append (csv, "x,y\n");
  assert_unreadable (csv->str, csv->len, "line 300002");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/csv/reads-what-spreadsheets-write", test_read);
  g_test_add_func ("/core/csv/says-where-a-quote-stays-open", test_malformed);
  g_test_add_func ("/core/csv/writes-rfc-4180", test_write);
  g_test_add_func ("/core/csv/makes-formulas-harmless", test_formulas);
  g_test_add_func ("/core/csv/reads-what-it-writes", test_round_trip);
  g_test_add_func ("/core/csv/takes-linear-time", test_large);
  return g_test_run ();
}
