#include "config.h"

#include "bp-http-upload.h"

/* What of a file is in memory at a time. */
#define PIECE (64 * 1024)

struct _BpHttpUpload
{
  SoupServerMessage *message; /* (unowned) (nullable): %NULL when it has ended */
  BpSpoolFile *file;          /* (owned) */
  GByteArray *piece;          /* (owned): what is not written yet */
  BpHttpUploadFunc func;
  gpointer user_data;
};

static BpProblem *
make_problem (const GError *error)
{
  BpProblemCode code = BP_PROBLEM_INTERNAL;

  g_message ("A file could not be taken: %s", error->message);
  if (error->code == BP_SPOOL_ERROR_FULL || error->code == BP_SPOOL_ERROR_CLOSED)
    code = BP_PROBLEM_UNAVAILABLE;
  return bp_problem_new (code, NULL);
}

static void
upload_clear (gpointer data)
{
  BpHttpUpload *self = data;

  bp_spool_file_unref (self->file);
  g_byte_array_unref (self->piece);
}

/**
 * bp_http_upload_unref:
 * @self: (nullable) (transfer full): a file on its way
 */
void
bp_http_upload_unref (BpHttpUpload *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, upload_clear);
}

static void
on_finished (SoupServerMessage *message,
             gpointer           user_data)
{
  BpHttpUpload *self = user_data;

  self->message = NULL;
}

static void
leave (gpointer  data,
       GClosure *closure)
{
  bp_http_upload_unref (data);
}

/**
 * bp_http_upload_new:
 * @message: (transfer none): whose body it is
 * @file: (transfer full): a new one
 * @func: (scope notified): called when a piece has been written, or could not
 *   be
 * @user_data: for @func; must outlive @message
 *
 * Returns: (transfer full): what takes the body
 */
BpHttpUpload *
bp_http_upload_new (SoupServerMessage *message,
                    BpSpoolFile       *file,
                    BpHttpUploadFunc   func,
                    gpointer           user_data)
{
  BpHttpUpload *self = g_atomic_rc_box_new0 (BpHttpUpload);

  self->message = message;
  self->file = file;
  self->piece = g_byte_array_new ();
  self->func = func;
  self->user_data = user_data;
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished),
                         g_atomic_rc_box_acquire (self), leave, 0);
  return self;
}

static gboolean
write_piece (BpHttpUpload *self,
             GError      **error)
{
  gboolean is_written = bp_spool_file_append (self->file, self->piece->data, self->piece->len,
                                              error);

  g_byte_array_set_size (self->piece, 0);
  return is_written;
}

static void
write_in_thread (GTask        *task,
                 gpointer      source,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  GError *error = NULL;

  if (write_piece (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  BpHttpUpload *self = g_task_get_task_data (G_TASK (result));
  SoupServerMessage *message = self->message;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpProblem) problem = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    problem = make_problem (error);
  if (message == NULL)
    return;
  soup_server_message_unpause (message);
  self->func (message, problem, self->user_data);
}

/**
 * bp_http_upload_take_chunk:
 * @self: a file on its way
 * @chunk: what comes next
 *
 * Nothing more is read from the line while a piece is written.
 */
void
bp_http_upload_take_chunk (BpHttpUpload *self,
                           GBytes       *chunk)
{
  g_autoptr (GTask) task = NULL;
  gsize size;
  gconstpointer bytes = g_bytes_get_data (chunk, &size);

  g_byte_array_append (self->piece, bytes, (guint)size);
  if (self->piece->len < PIECE)
    return;

  soup_server_message_pause (self->message);
  task = g_task_new (NULL, NULL, on_written, NULL);
  g_task_set_source_tag (task, bp_http_upload_take_chunk);
  g_task_set_task_data (task, g_atomic_rc_box_acquire (self),
                        (GDestroyNotify)bp_http_upload_unref);
  g_task_run_in_thread (task, write_in_thread);
}

/**
 * bp_http_upload_finish:
 * @self: one whose body is there
 * @problem: (out) (transfer full): why it cannot be had
 *
 * Blocks; in any thread.
 *
 * Returns: (transfer none) (nullable): the finished file
 */
BpSpoolFile *
bp_http_upload_finish (BpHttpUpload *self,
                       BpProblem   **problem)
{
  g_autoptr (GError) error = NULL;

  if (!write_piece (self, &error))
    {
      *problem = make_problem (error);
      return NULL;
    }

  bp_spool_file_finish (self->file, NULL);
  return self->file;
}
