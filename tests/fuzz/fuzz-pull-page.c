/* The answer of `/v1/pull`, as a device reads it. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-line.h"
#include "bp-pull.h"

/* Where the check of what a user wrote takes lines, it must see the same. */
static void
check_lines (const char *text)
{
  g_autoptr (JsonNode) node = bp_json_parse (text, -1, NULL);
  g_autofree char *canonical = NULL;

  g_assert_nonnull (node);
  canonical = bp_lines_canonicalize (node, NULL);
  if (canonical != NULL)
    g_assert_cmpstr (canonical, ==, text);
}

static void
check_row (const BpState *state)
{
  const BpTable *table = state->data->table;

  g_assert_true (bp_id_is_valid (state->id));
  g_assert_cmpint (state->version, >=, 1);
  g_assert_cmpint (state->version, <=, BP_INTEGER_MAX);
  g_assert_cmpint (ABS (state->modified_at), <=, BP_INTEGER_MAX);
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &state->data->values[i];
      gboolean is_text = bp_field_is_text (&table->fields[i]);

      g_assert_true (bp_change_has (state->data, i));
      g_assert_true (value->kind == BP_VALUE_NULL || (value->kind == BP_VALUE_TEXT) == is_text);
      if (value->kind == BP_VALUE_TEXT)
        g_assert_true (g_utf8_validate (value->text, -1, NULL));
      if (value->kind == BP_VALUE_INTEGER)
        g_assert_cmpint (ABS (value->integer), <=, BP_INTEGER_MAX);
      if (value->kind == BP_VALUE_TEXT && table->fields[i].type == BP_FIELD_LINES)
        check_lines (value->text);
    }
}

static void
check_page (const BpPullPage    *page,
            const BpPullRequest *request)
{
  g_assert_cmpuint (page->asked, ==, request->asked);
  g_assert_cmpint (page->seq, >=, 0);
  g_assert_cmpint (page->time, >=, 0);
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      gint64 seq = request->since[t];

      if (!(page->asked & (1u << t)))
        {
          g_assert_null (page->rows[t]);
          continue;
        }
      g_assert_cmpint (page->since[t], >=, seq);
      g_assert_cmpint (page->since[t], <=, page->seq);
      for (guint i = 0; page->rows[t] != NULL && i < page->rows[t]->len; i++)
        {
          const BpState *state = page->rows[t]->pdata[i];

          g_assert_cmpint (state->seq, >, seq);
          g_assert_cmpint (state->seq, <=, page->since[t]);
          seq = state->seq;
          check_row (state);
        }
    }
}

static void
try_page (const char *text,
          gsize       length,
          guint       asked,
          gint64      since)
{
  g_autoptr (BpPullRequest) request = bp_pull_request_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPullPage) page = NULL;
  g_autoptr (BpPullPage) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  request->asked = asked;
  for (guint t = 0; t < BP_N_TABLES; t++)
    request->since[t] = asked & (1u << t) ? since : 0;
  page = bp_pull_page_parse (text, length, request, &error);
  g_assert_true ((page == NULL) == (error != NULL));
  if (page == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  check_page (page, request);
  written = bp_pull_page_to_text (page);
  back = bp_pull_page_parse (written, strlen (written), request, &error);
  g_assert_no_error (error);
  again = bp_pull_page_to_text (back);
  g_assert_cmpstr (again, ==, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  try_page (text, size, 1u << bp_table_get_index (bp_table_find ("products")), 0);
  try_page (text, size, 1u << bp_table_get_index (bp_table_find ("sales")), 0);
  try_page (text, size, (1u << BP_N_TABLES) - 1, 0);
  try_page (text, size, 3, 5);
  free (text);
  return 0;
}
