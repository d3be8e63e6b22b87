/* Tokens: each edit writes one of its own, so that a lost one is seen. */
#include "config.h"

#include "sim.h"

#include <string.h>

/**
 * sim_token_free:
 * @token: (transfer full): a token
 */
void
sim_token_free (SimToken *token)
{
  g_free (token->text);
  g_free (token);
}

/**
 * sim_token_new:
 * @device: whose edit it is
 * @is_fact: whether it goes into a fact
 *
 * Returns: (transfer full): text for a field
 */
char *
sim_token_new (SimDevice *device,
               gboolean   is_fact)
{
  Sim *sim = device->sim;
  SimToken *token = g_new0 (SimToken, 1);

  token->number = sim->n_tokens++;
  token->text = g_strdup_printf ("~%u-%u~", device->index, token->number);
  token->device = device->index;
  token->group = sim->n_saves;
  token->is_fact = is_fact;
  g_ptr_array_add (sim->tokens, token);
  g_hash_table_insert (sim->token_index, token->text, token);
  return g_strdup (token->text);
}

/**
 * sim_token_drop_last:
 * @sim: a simulation
 * @n_before: how many tokens there were before an edit that was not
 *   acknowledged: nobody is told that it holds
 */
void
sim_token_drop_last (Sim  *sim,
                     guint n_before)
{
  while (sim->tokens->len > n_before)
    {
      SimToken *token = sim->tokens->pdata[sim->tokens->len - 1];

      g_hash_table_remove (sim->token_index, token->text);
      g_ptr_array_remove_index (sim->tokens, sim->tokens->len - 1);
    }
}

static const char *
find_token (const char *text,
            gsize      *length)
{
  for (const char *start = strchr (text, '~'); start != NULL; start = strchr (start + 1, '~'))
    {
      gsize n = 1;

      while (g_ascii_isdigit (start[n]) || start[n] == '-')
        n++;
      if (start[n] == '~' && n > 1)
        {
          *length = n + 1;
          return start;
        }
    }

  return NULL;
}

/**
 * sim_token_write_over:
 * @device: who writes
 * @text: (nullable): what was shown where it writes
 *
 * The user's own tokens in @text need not be found any more.
 */
void
sim_token_write_over (SimDevice  *device,
                      const char *text)
{
  gsize length;

  for (const char *start = text != NULL ? find_token (text, &length) : NULL; start != NULL;
       start = find_token (start + length, &length))
    {
      g_autofree char *name = g_strndup (start, length);
      SimToken *token = g_hash_table_lookup (device->sim->token_index, name);

      if (token != NULL && token->device == device->index)
        token->is_over = TRUE;
    }
}

/**
 * sim_token_give_up:
 * @device: whose folder was put back
 * @first: which number was the first since
 *
 * What it wrote since need not be found any more.
 */
void
sim_token_give_up (SimDevice *device,
                   guint      first)
{
  GPtrArray *tokens = device->sim->tokens;

  for (guint i = 0; i < tokens->len; i++)
    {
      SimToken *token = tokens->pdata[i];

      if (token->device == device->index && token->number >= first)
        token->is_over = TRUE;
    }
}

/**
 * sim_token_add:
 * @found: tokens, and how often
 * @text: (nullable): gets the tokens in it added
 */
void
sim_token_add (GHashTable *found,
               const char *text)
{
  gsize length;

  for (const char *start = text != NULL ? find_token (text, &length) : NULL; start != NULL;
       start = find_token (start + length, &length))
    {
      char *name = g_strndup (start, length);
      gsize n = GPOINTER_TO_SIZE (g_hash_table_lookup (found, name));

      g_hash_table_insert (found, name, GSIZE_TO_POINTER (n + 1));
    }
}

/**
 * sim_token_collect:
 * @statement: (transfer none): a query
 *
 * Returns: (transfer full): the tokens in all its columns, with how often
 */
GHashTable *
sim_token_collect (sqlite3_stmt *statement)
{
  GHashTable *found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  while (sqlite3_step (statement) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count (statement); i++)
      sim_token_add (found, (const char *)sqlite3_column_text (statement, i));
  sqlite3_reset (statement);
  return found;
}

static const char rows[] =
  "SELECT name, category, unit, tax_code, note FROM products"
  " UNION ALL SELECT name, phone, coalesce (email, '') || coalesce (address, ''), tax_id, note"
  "  FROM customers"
  " UNION ALL SELECT customer_name, note, '', '', '' FROM sales"
  " UNION ALL SELECT note, '', '', '', '' FROM payments"
  " UNION ALL SELECT note, '', '', '', '' FROM stock_movements"
  " UNION ALL SELECT value, '', '', '', '' FROM settings"
  " UNION ALL SELECT data, '', '', '', '' FROM reports"
  " UNION ALL SELECT metric, '', '', '', '' FROM analytics";

/**
 * sim_token_end_past:
 * @sim: a simulation whose server is about to lose what it has
 *
 * An edit that the server applied and that someone, who saw it, wrote over
 * there was over before the past ended: who knows the later state fills the
 * server with that. Edits that the server's rows still show are not.
 */
void
sim_token_end_past (Sim *sim)
{
  SimReader *server = sim_server_read (sim);
  g_autoptr (GHashTable) applied = NULL;
  g_autoptr (GHashTable) there = sim_token_collect (sim_reader_prepare (server, rows));

  applied = sim_token_collect (sim_reader_prepare (server, "SELECT data FROM operations"));
  for (guint i = 0; i < sim->tokens->len; i++)
    {
      SimToken *token = sim->tokens->pdata[i];

      if (g_hash_table_contains (applied, token->text)
          && !g_hash_table_contains (there, token->text))
        token->is_over = TRUE;
    }
}
