#include "config.h"

#include "bp-http-send.h"

#include <string.h>

/* What of a file is in memory at a time. */
#define CHUNK (64 * 1024)

/* Held by its message until that has ended, and by a thread while it reads. */
typedef struct
{
  SoupServerMessage *message; /* (unowned) (nullable): %NULL when it has ended */
  BpSpoolFile *file;          /* (owned) */
  gint64 offset;
  gint64 end;
  gsize written;
  BpHttpMovedFunc moved;
  gpointer user_data;
} Sending;

static void
sending_clear (gpointer data)
{
  Sending *sending = data;

  bp_spool_file_unref (sending->file);
}

static void
sending_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, sending_clear);
}

static gboolean
parse_number (const char **place,
              gint64      *number)
{
  char *end;
  guint64 value;

  if (!g_ascii_isdigit (**place))
    return FALSE;
  value = g_ascii_strtoull (*place, &end, 10);
  *place = end;
  *number = (gint64)MIN (value, (guint64)G_MAXINT64 - 1);
  return TRUE;
}

/* One range of bytes. Whatever else is written there, and several of them, are
 * no reason not to send the whole. */
static gboolean
parse_range (const char *text,
             gint64      size,
             BpHttpPart *part)
{
  gint64 first = -1;
  gint64 last = -1;
  gboolean has_first;
  gboolean has_last;

  if (!g_str_has_prefix (text, "bytes="))
    return FALSE;
  text += strlen ("bytes=");
  has_first = parse_number (&text, &first);
  if (*text++ != '-')
    return FALSE;
  has_last = parse_number (&text, &last);
  if (*text != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
    return FALSE;

  part->start = has_first ? first : MAX (size - last, 0);
  part->end = has_first && has_last ? MIN (last + 1, size) : size;
  part->status = part->start < part->end ? 206 : 416;
  return TRUE;
}

static gboolean
has_tag (const char *list,
         const char *etag)
{
  g_auto (GStrv) tags = g_strsplit (list, ",", -1);

  for (guint i = 0; tags[i] != NULL; i++)
    {
      const char *tag = g_strstrip (tags[i]);

      if (g_str_has_prefix (tag, "W/"))
        tag += 2;
      if (g_str_equal (tag, "*") || g_str_equal (tag, etag))
        return TRUE;
    }
  return FALSE;
}

/**
 * bp_http_choose_part:
 * @call: what is asked for
 * @file: what there is
 * @part: (out caller-allocates): gets what is to be sent
 *
 * The rest of a file is only sent to who has the beginning of the same one.
 */
void
bp_http_choose_part (const BpHttpCall  *call,
                     const BpSpoolFile *file,
                     BpHttpPart        *part)
{
  *part = (BpHttpPart){ 200, 0, file->size };
  if (call->if_none_match != NULL && has_tag (call->if_none_match, file->etag))
    part->status = 304;
  else if (call->range != NULL
           && (call->if_range == NULL || g_str_equal (call->if_range, file->etag)))
    parse_range (call->range, file->size, part);
}

/**
 * bp_http_describe_file:
 * @headers: of an answer
 * @file: what it is about
 * @part: which part of it
 *
 * Sets what tells about file and part.
 */
void
bp_http_describe_file (SoupMessageHeaders *headers,
                       const BpSpoolFile  *file,
                       const BpHttpPart   *part)
{
  g_autofree char *range = NULL;

  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  if (part->status == 206)
    range = g_strdup_printf ("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                             part->start, part->end - 1, file->size);
  else if (part->status == 416)
    range = g_strdup_printf ("bytes */%" G_GINT64_FORMAT, file->size);
  if (range != NULL)
    soup_message_headers_replace (headers, "Content-Range", range);
  if (part->status == 416)
    return;

  soup_message_headers_replace (headers, "ETag", file->etag);
  if (file->is_gzip)
    soup_message_headers_replace (headers, "Content-Encoding", "gzip");
  soup_message_headers_set_content_length (headers, part->end - part->start);
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  g_object_unref (source);
}

/* The length has been told: only the end of the connection says that it does
 * not hold. */
static void
give_up (SoupServerMessage *message,
         const GError      *error)
{
  GIOStream *stream = soup_server_message_steal_connection (message);

  g_message ("A file could not be sent: %s", error->message);
  if (stream != NULL)
    g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, on_closed, NULL);
}

static void
read_chunk (GTask        *task,
            gpointer      source,
            gpointer      task_data,
            GCancellable *cancellable)
{
  Sending *sending = task_data;
  gsize wanted = (gsize)MIN (sending->end - sending->offset, CHUNK);
  g_autofree guint8 *chunk = g_malloc (wanted);
  GError *error = NULL;
  gssize got = bp_spool_file_read (sending->file, sending->offset, chunk, wanted, &error);

  if (got > 0)
    g_task_return_pointer (task, g_bytes_new_take (g_steal_pointer (&chunk), (gsize)got),
                           (GDestroyNotify)g_bytes_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FAILED, "It became shorter");
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Sending *sending = g_task_get_task_data (G_TASK (result));
  SoupServerMessage *message = sending->message;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk = g_task_propagate_pointer (G_TASK (result), &error);

  if (message == NULL)
    return;
  if (chunk == NULL)
    {
      give_up (message, error);
      return;
    }

  sending->offset += (gint64)g_bytes_get_size (chunk);
  sending->written = g_bytes_get_size (chunk);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), chunk);
  soup_server_message_unpause (message);
}

static void
read_on (Sending *sending)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_read, NULL);

  g_task_set_source_tag (task, read_on);
  g_task_set_task_data (task, g_atomic_rc_box_acquire (sending), sending_unref);
  g_task_run_in_thread (task, read_chunk);
}

static void
on_wrote_chunk (SoupServerMessage *message,
                gpointer           user_data)
{
  Sending *sending = user_data;

  sending->moved (message, sending->written, sending->user_data);
  if (sending->offset < sending->end)
    read_on (sending);
}

static void
on_finished (SoupServerMessage *message,
             gpointer           user_data)
{
  Sending *sending = user_data;

  sending->message = NULL;
}

static void
leave (gpointer  data,
       GClosure *closure)
{
  sending_unref (data);
}

/**
 * bp_http_send_file:
 * @message: (transfer none): paused; its headers have been set
 * @file: (transfer none): what is sent
 * @part: which part of it
 * @moved: (scope async): called when the line has taken some more
 * @user_data: for @moved; must outlive @message
 *
 * A piece is read when the one before it has been taken.
 */
void
bp_http_send_file (SoupServerMessage *message,
                   BpSpoolFile       *file,
                   const BpHttpPart  *part,
                   BpHttpMovedFunc    moved,
                   gpointer           user_data)
{
  Sending *sending = g_atomic_rc_box_new0 (Sending);

  sending->message = message;
  sending->file = bp_spool_file_ref (file);
  sending->offset = part->start;
  sending->end = part->end;
  sending->moved = moved;
  sending->user_data = user_data;
  soup_message_body_set_accumulate (soup_server_message_get_response_body (message), FALSE);
  g_signal_connect_data (message, "wrote-chunk", G_CALLBACK (on_wrote_chunk),
                         g_atomic_rc_box_acquire (sending), leave, 0);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished), sending, leave, 0);
  if (part->start < part->end)
    read_on (sending);
  else
    soup_server_message_unpause (message);
}
