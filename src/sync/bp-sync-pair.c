/* Becoming a device of a store. */
#include "config.h"

#include "bp-sync-private.h"
#include "bp-sync-part.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "bp-http-session.h"
#include "bp-http-transport.h"
#include "bp-id.h"
#include "bp-pair.h"
#include "bp-setting.h"
#include "bp-store-sync.h"

static gboolean
refuse (GError    **error,
        const char *why)
{
  g_set_error_literal (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, why);
  return FALSE;
}

static gboolean
fail_unusable (GError      **error,
               const GError *reason)
{
  bp_sync_error_set_unusable (error, reason);
  return FALSE;
}

/* Whether a server of ours is there, before it is told anything. */
static gboolean
check_server (BpTransport  *transport,
              GCancellable *cancellable,
              GError      **error)
{
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  BpInfo info;
  const char *text;
  gsize length;

  answer = bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_INFO), NULL, NULL,
                              cancellable, error);
  if (answer == NULL)
    return FALSE;
  if (answer->problem != NULL && answer->problem->code == BP_PROBLEM_UPGRADE_REQUIRED)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_UPGRADE_REQUIRED,
                   "The server speaks another version");
      return FALSE;
    }
  if (answer->problem != NULL)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER, "The server says: %s",
                   answer->problem->detail != NULL ? answer->problem->detail : "not now");
      return FALSE;
    }

  text = g_bytes_get_data (answer->body, &length);
  return bp_info_parse (text, length, &info, &local_error) || fail_unusable (error, local_error);
}

/* The same for the same code, so that a pairing whose answer was lost can be
 * asked for again. */
static char *
get_request_id (BpStore    *store,
                const char *url,
                const char *code,
                GError    **error)
{
  g_autofree char *known_code = bp_store_get_value (store, BP_VALUE_PAIR_CODE);
  g_autofree char *known = bp_store_get_value (store, BP_VALUE_PAIR_REQUEST);
  g_autofree char *key = g_strdup_printf ("%s %s", url, code);

  if (known != NULL && g_strcmp0 (known_code, key) == 0)
    return g_steal_pointer (&known);

  g_free (known);
  known = bp_id_new (bp_store_get_clock (store));
  if (!bp_store_set_value (store, BP_VALUE_PAIR_CODE, key, error)
      || !bp_store_set_value (store, BP_VALUE_PAIR_REQUEST, known, error))
    return NULL;

  return g_steal_pointer (&known);
}

/**
 * bp_sync_is_becoming_new:
 * @store: of a folder
 *
 * Of a folder that was stopped in the middle, the token may be the new
 * device's already, while all else is the old one's.
 *
 * Returns: whether bp_sync_become_new_device() began and did not end
 */
gboolean
bp_sync_is_becoming_new (BpStore *store)
{
  g_autofree char *code = bp_store_get_value (store, BP_VALUE_PAIR_CODE);
  g_autofree char *url = bp_store_get_value (store, BP_VALUE_URL);
  g_autofree char *device = bp_store_get_value (store, BP_VALUE_DEVICE_ID);
  g_autofree char *key = g_strdup_printf ("%s %s", url, device);

  return code != NULL && device != NULL && g_str_equal (code, key);
}

static gboolean
take_problem (const BpProblem *problem,
              int              status,
              GError         **error)
{
  int code = BP_SYNC_ERROR_REFUSED;

  if (problem->code == BP_PROBLEM_NOT_FOUND)
    return refuse (error, "The code is wrong, was used before, or is too old");
  if (problem->code == BP_PROBLEM_OTHER_STORE)
    code = BP_SYNC_ERROR_OTHER_STORE;
  else if (problem->code == BP_PROBLEM_UNAUTHORIZED)
    code = BP_SYNC_ERROR_UNAUTHORIZED;
  else if (problem->code == BP_PROBLEM_REVOKED)
    code = BP_SYNC_ERROR_REVOKED;
  else if (problem->code == BP_PROBLEM_UPGRADE_REQUIRED)
    code = BP_SYNC_ERROR_UPGRADE_REQUIRED;
  else if (status >= 500 || status == 429)
    code = BP_SYNC_ERROR_RETRY_LATER;

  g_set_error (error, BP_SYNC_ERROR, code, "The server says: %s",
               problem->detail != NULL ? problem->detail
                                       : bp_problem_code_to_string (problem->code));
  return FALSE;
}

static BpPairAnswer *
ask (BpTransport   *transport,
     BpPairRequest *request,
     const char    *token,
     GCancellable  *cancellable,
     GError       **error)
{
  char *text = bp_pair_request_to_text (request);
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  BpPairAnswer *parsed;
  const char *bytes;
  gsize length;

  answer = bp_transport_send (transport, bp_endpoint_get (BP_ENDPOINT_PAIR), token, body,
                              cancellable, error);
  if (answer == NULL)
    return NULL;
  if (answer->problem != NULL)
    {
      take_problem (answer->problem, answer->status, error);
      return NULL;
    }

  bytes = g_bytes_get_data (answer->body, &length);
  parsed = bp_pair_answer_parse (bytes, length, &local_error);
  if (parsed == NULL)
    fail_unusable (error, local_error);
  return parsed;
}

typedef struct
{
  const char *wanted;
  const char *usual;
  char *found; /* (owned) (nullable) */
} CurrencySearch;

static gboolean
find_other_currency (const BpRow *row,
                     gpointer     user_data)
{
  CurrencySearch *search = user_data;
  const BpTable *table = row->state->data->table;
  const char *currency = search->usual;

  if (bp_table_find_field (table, "currency") >= 0)
    currency = bp_change_get_text (row->state->data, "currency");
  if (g_strcmp0 (currency, search->wanted) == 0)
    return TRUE;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &row->state->data->values[i];

      if (table->fields[i].type == BP_FIELD_MONEY && value->kind == BP_VALUE_INTEGER
          && value->integer != 0)
        {
          search->found = g_strdup (currency != NULL ? currency : search->usual);
          return FALSE;
        }
    }

  return TRUE;
}

static char *
get_usual_currency (BpStore *store)
{
  const BpTable *settings = bp_table_find ("settings");
  g_autoptr (BpRow) row = bp_store_get (store, settings, "shop.currency", NULL);
  g_autoptr (JsonNode) node = NULL;
  const char *text;

  if (row != NULL && !row->state->is_deleted)
    {
      text = bp_change_get_text (row->state->data, "value");
      node = text != NULL ? json_from_string (text, NULL) : NULL;
    }
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);

  return g_strdup (bp_setting_get_default ("shop.currency", NULL));
}

static gboolean
check_currency (BpStore    *store,
                const char *currency,
                GError    **error)
{
  g_autofree char *usual = get_usual_currency (store);
  CurrencySearch search = { currency, usual, NULL };

  for (guint i = 0; i < BP_N_TABLES && search.found == NULL; i++)
    {
      if (!bp_store_list (store, &(BpListFilter){ bp_table_get (i), NULL, FALSE, -1 },
                          find_other_currency, &search, error))
        return FALSE;
    }
  if (search.found == NULL)
    return TRUE;

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
               "The amounts here are in %s, the store's in %s", search.found, currency);
  g_free (search.found);
  return FALSE;
}

/* A currency set here before the folder had a store, in which no amount is,
 * must not become the one of everybody's amounts. */
static gboolean
drop_other_currency (BpStore    *store,
                     const char *currency,
                     GError    **error)
{
  g_autofree char *usual = get_usual_currency (store);
  g_autoptr (GPtrArray) rows = NULL;

  if (g_str_equal (usual, currency))
    return TRUE;
  rows = bp_store_list_queue (store, error);
  if (rows == NULL)
    return FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_str_equal (row->table->name, "settings")
          && g_str_equal (row->record_id, "shop.currency")
          && !bp_store_discard (store, row->op_id, error))
        return FALSE;
    }

  return TRUE;
}

/* A folder that was paired before keeps its epoch: what changed meanwhile is
 * then noticed. */
static gboolean
keep_pairing (BpStore *store,
              gpointer user_data,
              GError **error)
{
  const BpPairAnswer *answer = user_data;
  g_autofree char *epoch = bp_store_get_value (store, BP_VALUE_EPOCH);
  g_autofree char *own = bp_store_get_value (store, BP_VALUE_STORE_ID);

  if (own == NULL && !drop_other_currency (store, answer->currency, error))
    return FALSE;

  return bp_store_set_value (store, BP_VALUE_STORE_ID, answer->store_id, error)
         && bp_store_set_value (store, BP_VALUE_STORE_NAME, answer->store_name, error)
         && bp_store_set_value (store, BP_VALUE_CURRENCY, answer->currency, error)
         && bp_store_set_value (store, BP_VALUE_TIME_ZONE, answer->time_zone, error)
         && bp_store_set_value (store, BP_VALUE_DEVICE_ID, answer->device_id, error)
         && bp_store_set_value (store, BP_VALUE_DEVICE_NAME, answer->device_name, error)
         && bp_store_set_value (store, BP_VALUE_PREFIX, answer->prefix, error)
         && (epoch != NULL || bp_store_set_value (store, BP_VALUE_EPOCH, answer->epoch, error))
         && bp_store_set_value (store, BP_VALUE_PAIR_REQUEST, NULL, error)
         && bp_store_set_value (store, BP_VALUE_PAIR_CODE, NULL, error)
         && bp_store_set_value (store, BP_VALUE_LAST_ERROR, NULL, error)
         && bp_store_set_value (store, BP_VALUE_MUST_PAIR, NULL, error)
         && bp_store_set_number (store, BP_VALUE_BACKOFF_STEP, 0, error);
}

/* What is known of the server, all at once. */
typedef struct
{
  const BpPairAnswer *answer;
  const char *url;
  const char *authority; /* (nullable) */
} Acquaintance;

static gboolean
keep_server (BpStore *store,
             gpointer user_data,
             GError **error)
{
  const Acquaintance *server = user_data;

  return bp_store_set_value (store, BP_VALUE_URL, server->url, error)
         && bp_store_set_value (store, BP_VALUE_AUTHORITY, server->authority, error)
         && keep_pairing (store, (gpointer)server->answer, error);
}

static gboolean
check_store (BpStore            *store,
             const BpPairAnswer *answer,
             GError            **error)
{
  g_autofree char *own = bp_store_get_value (store, BP_VALUE_STORE_ID);

  if (own == NULL)
    return check_currency (store, answer->currency, error);
  if (g_str_equal (own, answer->store_id))
    return TRUE;

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_OTHER_STORE,
               "This folder belongs to another store");
  return FALSE;
}

/**
 * bp_sync_pair_over:
 * @store: of a folder
 * @transport: the way to the server
 * @terms: with whom and how
 * @authority: (nullable): whom the folder trusts, as of bp_sync_trust_choose()
 * @cancellable: (nullable)
 * @error: as bp_sync_pair()
 *
 * As bp_sync_pair(), over a given transport, without the folder's lock.
 *
 * Returns: whether the folder is paired
 */
gboolean
bp_sync_pair_over (BpStore           *store,
                   BpTransport       *transport,
                   const BpPairTerms *terms,
                   const char        *authority,
                   GCancellable      *cancellable,
                   GError           **error)
{
  g_autoptr (BpPairAnswer) answer = NULL;
  g_autofree char *id = NULL;
  g_autofree char *own_store = bp_store_get_value (store, BP_VALUE_STORE_ID);
  g_autofree char *prefix = bp_store_get_value (store, BP_VALUE_PREFIX);
  BpPairRequest request = { 0 };

  if (bp_store_get_number (store, BP_VALUE_DEMO, 0) != 0)
    return refuse (error, "A demonstration shop cannot be paired with a store");
  if (!bp_sync_token_check_place (store, terms->token_file, cancellable, error)
      || !check_server (transport, cancellable, error))
    return FALSE;

  id = get_request_id (store, terms->url, terms->code, error);
  if (id == NULL)
    return FALSE;
  request.code = (char *)terms->code;
  request.request = id;
  request.store = own_store;
  request.device_name = (char *)(terms->device_name != NULL ? terms->device_name
                                                            : g_get_host_name ());
  request.prefix = prefix;
  answer = ask (transport, &request, NULL, cancellable, error);
  if (answer == NULL || !check_store (store, answer, error))
    return FALSE;

  return bp_sync_token_save (store, answer->token, terms->token_file, cancellable, error)
         && bp_store_transact (store, keep_server,
                               &(Acquaintance){ answer, terms->url, authority }, error);
}

/**
 * bp_sync_become_new_device:
 * @store: of a folder that was copied, or put back
 * @transport: the way to its server
 * @token: of the device it was copied from
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_UNAUTHORIZED, %BP_SYNC_ERROR_REVOKED, and as
 *   bp_sync_pair()
 *
 * Makes the folder a device of its own, in the same store and with what waits
 * in it. The token is kept where the old one was.
 *
 * Returns: (transfer full) (nullable): the new token
 */
char *
bp_sync_become_new_device (BpStore      *store,
                           BpTransport  *transport,
                           const char   *token,
                           GCancellable *cancellable,
                           GError      **error)
{
  g_autoptr (BpPairing) pairing = bp_sync_get_pairing (store);
  g_autofree char *place = bp_store_get_value (store, BP_VALUE_TOKEN_PLACE);
  g_autoptr (BpPairAnswer) answer = NULL;
  g_autofree char *id = NULL;
  BpPairRequest request = { 0 };

  g_return_val_if_fail (pairing != NULL, NULL);

  id = get_request_id (store, pairing->url, pairing->device_id, error);
  if (id == NULL)
    return NULL;
  request.request = id;
  request.store = pairing->store_id;
  request.device_name = pairing->device_name;
  request.prefix = pairing->prefix;
  answer = ask (transport, &request, token, cancellable, error);
  if (answer == NULL || !check_store (store, answer, error)
      || !bp_sync_token_save (store, answer->token, g_str_equal (place, "file"), cancellable, error)
      || !bp_store_transact (store, keep_pairing, answer, error)
      || !bp_store_doubt_queue (store, error))
    return NULL;

  return g_strdup (answer->token);
}

static gboolean
pair (BpStore           *store,
      const BpPairTerms *terms,
      GCancellable      *cancellable,
      GError           **error)
{
  g_autofree char *authority = NULL;
  g_autoptr (GTlsDatabase) trusted = NULL;
  g_autoptr (BpTransport) transport = NULL;

  if (!bp_sync_trust_choose (store, terms, &authority, error)
      || !bp_sync_trust_open (store, authority, &trusted, error))
    return FALSE;

  transport = bp_http_transport_new (terms->url, trusted, error);
  return transport != NULL
         && bp_sync_pair_over (store, transport, terms, authority, cancellable, error);
}

/**
 * bp_sync_pair:
 * @store: of a folder
 * @terms: with whom and how
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_REFUSED (address, certificates, code, currency,
 *   demonstration),
 *   %BP_SYNC_ERROR_OTHER_STORE, %BP_SYNC_ERROR_NO_CONNECTION,
 *   %BP_SYNC_ERROR_RETRY_LATER, %BP_SYNC_ERROR_NO_KEYRING,
 *   %BP_SYNC_ERROR_UPGRADE_REQUIRED; #BpDatabaseError
 *
 * Makes the folder a device of a store; what is in it will be sent. With the
 * same store again it gets a new token. On failure the folder is as before,
 * and the same code may be tried again.
 *
 * Returns: whether the folder is paired
 */
gboolean
bp_sync_pair (BpStore           *store,
              const BpPairTerms *terms,
              GCancellable      *cancellable,
              GError           **error)
{
  gboolean is_paired;
  int lock;

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);
  g_return_val_if_fail (terms != NULL && terms->url != NULL && terms->code != NULL, FALSE);

  if (!bp_http_check_address (terms->url, error))
    return FALSE;
  lock = bp_sync_lock (store, TRUE, cancellable, error);
  if (lock < 0)
    return FALSE;
  is_paired = pair (store, terms, cancellable, error);
  bp_sync_unlock (lock);

  return is_paired;
}

/* Rows that are sent and not answered stay: nobody knows what became of them. */
static gboolean
discard_queue (BpStore *store,
               GError **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (store, error);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, row->id);
      g_autoptr (GError) local_error = NULL;

      if (bp_store_discard (store, id, &local_error)
          || g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND)
          || g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED))
        continue;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

/**
 * bp_sync_unpair:
 * @store: of a folder
 * @discard: whether what waits is given up
 * @error: %BP_SYNC_ERROR_REFUSED where something waits and @discard is %FALSE;
 *   %BP_SYNC_ERROR_NOT_PAIRED; #BpDatabaseError
 *
 * Forgets the token. The folder still belongs to its store.
 *
 * Returns: whether it is forgotten
 */
gboolean
bp_sync_unpair (BpStore *store,
                gboolean discard,
                GError **error)
{
  g_autofree char *place = NULL;
  BpQueueCounts counts = { 0 };

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);

  place = bp_store_get_value (store, BP_VALUE_TOKEN_PLACE);
  if (place == NULL)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED,
                   "This folder is not paired with a store");
      return FALSE;
    }
  if (!bp_store_count_queue (store, &counts, error))
    return FALSE;
  if (!discard && counts.n_pending + counts.n_failed > 0)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED,
                   "Not everything was sent yet: %" G_GINT64_FORMAT " waiting, %" G_GINT64_FORMAT
                   " failed", counts.n_pending, counts.n_failed);
      return FALSE;
    }

  return (!discard || discard_queue (store, error)) && bp_part_drop (store, error)
         && bp_sync_token_forget (store, error);
}

/**
 * bp_sync_get_pairing:
 * @store: of a folder
 *
 * Returns: (transfer full) (nullable): who this folder is to its server; %NULL
 *   where it is not paired
 */
BpPairing *
bp_sync_get_pairing (BpStore *store)
{
  g_autoptr (BpPairing) pairing = g_new0 (BpPairing, 1);

  g_return_val_if_fail (BP_IS_STORE (store), NULL);

  pairing->url = bp_store_get_value (store, BP_VALUE_URL);
  pairing->store_id = bp_store_get_value (store, BP_VALUE_STORE_ID);
  pairing->store_name = bp_store_get_value (store, BP_VALUE_STORE_NAME);
  pairing->currency = bp_store_get_value (store, BP_VALUE_CURRENCY);
  pairing->time_zone = bp_store_get_value (store, BP_VALUE_TIME_ZONE);
  pairing->device_id = bp_store_get_value (store, BP_VALUE_DEVICE_ID);
  pairing->device_name = bp_store_get_value (store, BP_VALUE_DEVICE_NAME);
  pairing->prefix = bp_store_get_value (store, BP_VALUE_PREFIX);
  if (!bp_sync_token_is_there (store) || pairing->url == NULL || pairing->store_id == NULL
      || pairing->store_name == NULL || pairing->currency == NULL || pairing->time_zone == NULL
      || pairing->device_id == NULL || pairing->device_name == NULL || pairing->prefix == NULL)
    return NULL;

  return g_steal_pointer (&pairing);
}

/**
 * bp_pairing_free:
 * @pairing: (nullable) (transfer full): a pairing
 */
void
bp_pairing_free (BpPairing *pairing)
{
  if (pairing == NULL)
    return;

  g_free (pairing->url);
  g_free (pairing->store_id);
  g_free (pairing->store_name);
  g_free (pairing->currency);
  g_free (pairing->time_zone);
  g_free (pairing->device_id);
  g_free (pairing->device_name);
  g_free (pairing->prefix);
  g_free (pairing);
}
