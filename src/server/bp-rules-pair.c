/* Pairing: a code, or the token of a device that is in already, makes a new
 * device of the store. */
#include "config.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-number.h"
#include "bp-pair.h"
#include "bp-rules-private.h"
#include "bp-token.h"

#define MAX_TRIES 1000

typedef struct
{
  BpBackend *backend;            /* (unowned) */
  BpClock *clock;                /* (unowned) */
  const BpPairRequest *request;  /* (unowned) */
  char *credential;              /* (owned): the code, or the token shown */
  BpPairingCode *code;           /* (owned) (nullable) */
  BpStore *store;                /* (owned) (nullable) */
} Pairing;

static void
pairing_clear (Pairing *pairing)
{
  g_free (pairing->credential);
  bp_pairing_code_free (pairing->code);
  bp_store_free (pairing->store);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pairing, pairing_clear)

static gboolean
choose_prefix (Pairing *pairing,
               char   **prefix,
               GError **error)
{
  g_autofree char *wanted = g_strdup (pairing->request->prefix);

  for (guint i = 0; i < MAX_TRIES; i++)
    {
      gboolean is_taken = TRUE;

      if (!bp_number_is_prefix (wanted))
        {
          g_free (wanted);
          wanted = bp_number_make_prefix (pairing->clock);
        }
      if (!bp_backend_call (pairing->backend, has_prefix, pairing->store->id, wanted, &is_taken,
                            error))
        return FALSE;
      if (!is_taken)
        {
          *prefix = g_steal_pointer (&wanted);
          return TRUE;
        }
      g_clear_pointer (&wanted, g_free);
    }

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_OVERFLOW, "No prefix is left in store %s",
               pairing->store->id);
  return FALSE;
}

static gboolean
add_device (Pairing  *pairing,
            BpDevice *device,
            GError  **error)
{
  const BpPairRequest *request = pairing->request;
  g_autofree char *token = NULL;
  g_autofree char *token_hash = NULL;
  g_autofree char *request_hash = NULL;

  device->store_id = g_strdup (pairing->store->id);
  device->id = bp_id_new (pairing->clock);
  device->name = g_strdup (request->device_name);
  device->created_at = bp_clock_get_now (pairing->clock);
  if (!choose_prefix (pairing, &device->prefix, error))
    return FALSE;

  token = bp_token_make (pairing->store->secret, device->store_id, device->id,
                         pairing->credential, request->request);
  token_hash = bp_token_hash (token);
  request_hash = bp_token_hash_request (pairing->credential, request->request);
  return bp_backend_call (pairing->backend, add_device, device, token_hash, request_hash, error)
         && (pairing->code == NULL
             || bp_backend_call (pairing->backend, use_code, pairing->code, device->id, error));
}

static BpReply *
make_answer (Pairing        *pairing,
             const BpDevice *device)
{
  BpPairAnswer *answer = g_new0 (BpPairAnswer, 1);
  BpReply *reply;

  answer->token = bp_token_make (pairing->store->secret, device->store_id, device->id,
                                 pairing->credential, pairing->request->request);
  answer->epoch = g_strdup (pairing->store->epoch);
  answer->store_id = g_strdup (pairing->store->id);
  answer->store_name = g_strdup (pairing->store->name);
  answer->currency = g_strdup (pairing->store->currency);
  answer->time_zone = g_strdup (pairing->store->time_zone);
  answer->device_id = g_strdup (device->id);
  answer->device_name = g_strdup (device->name);
  answer->prefix = g_strdup (device->prefix);
  reply = bp_rules_accept (201, bp_pair_answer_to_text (answer));
  bp_pair_answer_free (answer);
  return reply;
}

static BpReply *
refuse_code (BpBackend *backend)
{
  BpReply *reply = bp_rules_refuse (backend, BP_PROBLEM_NOT_FOUND,
                                    "The code is wrong, used or expired");

  reply->wrong_code = TRUE;
  return reply;
}

/* The same request again gets the same answer, as long as its device is not
 * shut out. */
static BpReply *
finish (Pairing *pairing)
{
  g_autofree char *request_hash = bp_token_hash_request (pairing->credential,
                                                         pairing->request->request);
  g_autoptr (BpDevice) device = NULL;
  GError *error = NULL;

  if (pairing->request->store != NULL
      && !g_str_equal (pairing->request->store, pairing->store->id))
    return bp_rules_refuse (pairing->backend, BP_PROBLEM_OTHER_STORE,
                            "This folder belongs to another store than the code");
  if (!bp_backend_call (pairing->backend, find_device_by_request, pairing->store->id, request_hash,
                        &device, &error))
    return bp_rules_fail (pairing->backend, error);
  if (device != NULL && device->revoked_at != 0)
    return refuse_code (pairing->backend);
  if (device == NULL)
    {
      if (pairing->code != NULL && pairing->code->device_id != NULL)
        return refuse_code (pairing->backend);
      device = g_new0 (BpDevice, 1);
      if (!add_device (pairing, device, &error))
        return bp_rules_fail (pairing->backend, error);
    }
  if (!BP_BACKEND_GET_CLASS (pairing->backend)->commit (pairing->backend, &error))
    return bp_rules_fail (pairing->backend, error);

  return make_answer (pairing, device);
}

/* A code tells its store, so it is looked up twice: before the store is locked,
 * and then, when nobody else can use it any more. */
static BpReply *
pair_with_code (Pairing *pairing)
{
  g_autofree char *normal = bp_code_normalize (pairing->request->code);
  g_autofree char *hash = bp_token_hash (normal);
  GError *error = NULL;

  pairing->credential = g_steal_pointer (&normal);
  if (!bp_backend_call (pairing->backend, begin_write, NULL, &error)
      || !bp_backend_call (pairing->backend, find_code, hash, &pairing->code, &error))
    return bp_rules_fail (pairing->backend, error);
  if (pairing->code == NULL
      || pairing->code->expires_at <= bp_clock_get_now (pairing->clock))
    return refuse_code (pairing->backend);
  if (!bp_backend_call (pairing->backend, load_store, pairing->code->store_id, &pairing->store,
                        &error))
    return bp_rules_fail (pairing->backend, error);
  g_clear_pointer (&pairing->code, bp_pairing_code_free);
  if (!bp_backend_call (pairing->backend, find_code, hash, &pairing->code, &error))
    return bp_rules_fail (pairing->backend, error);

  return pairing->store != NULL && pairing->code != NULL ? finish (pairing)
                                                         : refuse_code (pairing->backend);
}

static BpReply *
pair_with_token (Pairing        *pairing,
                 const BpDevice *device,
                 const char     *token)
{
  g_autoptr (BpDevice) fresh = NULL;
  GError *error = NULL;

  pairing->credential = g_strdup (token);
  if (!bp_backend_call (pairing->backend, begin_write, device->store_id, &error)
      || !bp_backend_call (pairing->backend, load_store, device->store_id, &pairing->store, &error)
      || !bp_backend_call (pairing->backend, find_device_by_id, device->store_id, device->id,
                           &fresh, &error))
    return bp_rules_fail (pairing->backend, error);
  if (pairing->store == NULL || fresh == NULL)
    return bp_rules_refuse (pairing->backend, BP_PROBLEM_UNAUTHORIZED, NULL);
  if (fresh->revoked_at != 0)
    return bp_rules_refuse (pairing->backend, BP_PROBLEM_REVOKED, NULL);

  return finish (pairing);
}

/**
 * bp_rules_pair:
 * @backend: not in a transaction
 * @clock: time and randomness
 * @device: (nullable): whose valid token was shown
 * @call: the request
 *
 * Returns: (transfer full): who the new device is
 */
BpReply *
bp_rules_pair (BpBackend      *backend,
               BpClock        *clock,
               const BpDevice *device,
               const BpCall   *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPairRequest) request = bp_pair_request_parse (call->body, call->length, &error);
  g_auto (Pairing) pairing = { .backend = backend, .clock = clock, .request = request };

  if (request == NULL)
    return bp_rules_refuse_text (error);
  if (request->code != NULL)
    return pair_with_code (&pairing);
  if (device == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAUTHORIZED, NULL);

  return pair_with_token (&pairing, device, call->token);
}
