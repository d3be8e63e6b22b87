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

/**
 * bp_download_clear:
 * @download: a download, of no use afterwards; its file stays open
 */
void
bp_download_clear (BpDownload *download)
{
  g_clear_pointer (&download->etag, g_free);
}

static BpAnswer *
make_problem (BpProblemCode code,
              const char   *detail)
{
  BpAnswer *answer = g_new0 (BpAnswer, 1);

  answer->problem = bp_problem_new (code, detail);
  answer->status = bp_problem_get_status (code);
  answer->body = g_bytes_new_static ("", 0);
  return answer;
}

/**
 * bp_transport_download:
 * @self: a transport
 * @endpoint: which call; one that answers with a file
 * @token: (nullable): the device's bearer token
 * @download: what is there of the file, and where the rest goes
 * @cancellable: (nullable): ends the wait
 * @error: %BP_SYNC_ERROR_NO_CONNECTION where no answer of ours came, or it
 *   broke off; %BP_SYNC_ERROR_REFUSED where the file is longer than allowed;
 *   %G_IO_ERROR_CANCELLED; other errors of #GIOErrorEnum where it could not be
 *   written
 *
 * Fetches a file, or what is missing of it, in the calling thread. Where the
 * server's file is another one than that whose beginning is there, it comes
 * anew, and what was there is gone. In any case the first `offset` bytes are
 * of the file with `etag` afterwards; they are the whole where `offset` is
 * `size`.
 *
 * Returns: (transfer full) (nullable): the answer, of whatever status; without
 *   a problem where the file came to its end, or a function ended it
 */
BpAnswer *
bp_transport_download (BpTransport      *self,
                       const BpEndpoint *endpoint,
                       const char       *token,
                       BpDownload       *download,
                       GCancellable     *cancellable,
                       GError          **error)
{
  BpTransportClass *klass;

  g_return_val_if_fail (BP_IS_TRANSPORT (self), NULL);
  g_return_val_if_fail (endpoint != NULL, NULL);
  g_return_val_if_fail (download != NULL, NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  download->received = 0;
  download->status = 0;
  download->is_begun = FALSE;
  klass = BP_TRANSPORT_GET_CLASS (self);
  return klass->download != NULL
         ? klass->download (self, endpoint, token, download, cancellable, error)
         : make_problem (BP_PROBLEM_NOT_FOUND, NULL);
}

/**
 * bp_transport_upload:
 * @self: a transport
 * @endpoint: which call; one that takes a file
 * @token: (nullable): the device's bearer token
 * @upload: what is sent
 * @cancellable: (nullable): ends the wait
 * @error: %BP_SYNC_ERROR_NO_CONNECTION where no answer of ours came whole;
 *   %BP_SYNC_ERROR_REFUSED where the request may not be sent this way;
 *   %G_IO_ERROR_CANCELLED; other errors of #GIOErrorEnum where the file could
 *   not be read
 *
 * Sends a file, in the calling thread and in little memory, and waits for the
 * answer. One that is larger than the endpoint takes is not sent: the answer is
 * then %BP_PROBLEM_TOO_LARGE. After a failure the server may have taken the
 * file all the same, but never a part of it.
 *
 * Returns: (transfer full) (nullable): the answer, of whatever status
 */
BpAnswer *
bp_transport_upload (BpTransport      *self,
                     const BpEndpoint *endpoint,
                     const char       *token,
                     BpUpload         *upload,
                     GCancellable     *cancellable,
                     GError          **error)
{
  BpTransportClass *klass;

  g_return_val_if_fail (BP_IS_TRANSPORT (self), NULL);
  g_return_val_if_fail (endpoint != NULL, NULL);
  g_return_val_if_fail (upload != NULL && upload->size >= 0, NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  upload->sent = 0;
  if ((guint64)upload->size > endpoint->max_body)
    return make_problem (BP_PROBLEM_TOO_LARGE, "The file is too large");
  klass = BP_TRANSPORT_GET_CLASS (self);
  return klass->upload != NULL
         ? klass->upload (self, endpoint, token, upload, cancellable, error)
         : make_problem (BP_PROBLEM_NOT_FOUND, NULL);
}

/* What a person can do about it, where there is something. */
static const char *
get_advice (BpProblemCode code)
{
  switch (code)
    {
    case BP_PROBLEM_UNAUTHORIZED:
    case BP_PROBLEM_REVOKED:
      return "; everything is kept: pair this device again";
    case BP_PROBLEM_NOT_FOUND:
      return "; is the server's address right?";
    case BP_PROBLEM_UPGRADE_REQUIRED:
      return "; this version is too old or too new for the server";
    case BP_PROBLEM_OTHER_STORE:
      return "; this folder belongs to another store";
    default:
      return "";
    }
}

/**
 * bp_answer_to_error:
 * @answer: one with a problem
 * @error: of #BpSyncError: UNAUTHORIZED, REVOKED, UPGRADE_REQUIRED,
 *   OTHER_STORE, RETRY_LATER where trying again can help, else REFUSED
 *
 * Sets @error to what the server said.
 */
void
bp_answer_to_error (const BpAnswer *answer,
                    GError        **error)
{
  const char *detail = answer->problem->detail;
  int code;

  switch (answer->problem->code)
    {
    case BP_PROBLEM_UNAUTHORIZED:
      code = BP_SYNC_ERROR_UNAUTHORIZED;
      break;
    case BP_PROBLEM_REVOKED:
      code = BP_SYNC_ERROR_REVOKED;
      break;
    case BP_PROBLEM_UPGRADE_REQUIRED:
      code = BP_SYNC_ERROR_UPGRADE_REQUIRED;
      break;
    case BP_PROBLEM_OTHER_STORE:
      code = BP_SYNC_ERROR_OTHER_STORE;
      break;
    default:
      code = answer->status >= 500 || answer->status == 429 ? BP_SYNC_ERROR_RETRY_LATER
                                                            : BP_SYNC_ERROR_REFUSED;
    }

  g_set_error (error, BP_SYNC_ERROR, code, "The server says: %s%s",
               detail != NULL ? detail : bp_problem_code_to_string (answer->problem->code),
               get_advice (answer->problem->code));
}

/**
 * bp_sync_error_set_unusable:
 * @error: set to %BP_SYNC_ERROR_NO_CONNECTION
 * @reason: what is wrong with an answer
 *
 * An answer that cannot be read is none.
 */
void
bp_sync_error_set_unusable (GError      **error,
                            const GError *reason)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
               "The server's answer cannot be used: %s", reason->message);
}
