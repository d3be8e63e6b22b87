#include "config.h"

#include "bp-transport.h"

G_DEFINE_QUARK (bp_sync_error_quark, bp_sync_error)

G_DEFINE_ABSTRACT_TYPE (BpTransport, bp_transport, G_TYPE_OBJECT)

static void
bp_transport_class_init (BpTransportClass *klass)
{
}

static void
bp_transport_init (BpTransport *self)
{
}

/**
 * bp_answer_free:
 * @answer: (nullable) (transfer full): an answer
 */
void
bp_answer_free (BpAnswer *answer)
{
  if (answer == NULL)
    return;

  g_free (answer->epoch);
  g_clear_pointer (&answer->body, g_bytes_unref);
  bp_problem_free (answer->problem);
  g_free (answer);
}

/**
 * bp_transport_send:
 * @self: a transport
 * @endpoint: which call
 * @token: (nullable): the device's bearer token
 * @body: (nullable): JSON of the request, plain
 * @cancellable: (nullable): ends the wait
 * @error: %BP_SYNC_ERROR_NO_CONNECTION where no answer of ours came whole;
 *   %BP_SYNC_ERROR_REFUSED where the request may not be sent this way;
 *   %G_IO_ERROR_CANCELLED
 *
 * Sends one request and waits for its answer in the calling thread. After a
 * failure the server may have taken the request all the same.
 *
 * Returns: (transfer full) (nullable): the answer, of whatever status
 */
BpAnswer *
bp_transport_send (BpTransport      *self,
                   const BpEndpoint *endpoint,
                   const char       *token,
                   GBytes           *body,
                   GCancellable     *cancellable,
                   GError          **error)
{
  g_return_val_if_fail (BP_IS_TRANSPORT (self), NULL);
  g_return_val_if_fail (endpoint != NULL, NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return BP_TRANSPORT_GET_CLASS (self)->send (self, endpoint, token, body, cancellable, error);
}
