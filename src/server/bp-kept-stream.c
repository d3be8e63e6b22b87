#include "config.h"

#include "bp-kept-stream.h"

#define WAITING "bp-is-waiting"
#define KEPT_TYPE_INPUT (kept_input_get_type ())

G_DECLARE_FINAL_TYPE (KeptInput, kept_input, KEPT, INPUT, GFilterInputStream)

struct _KeptInput
{
  GFilterInputStream parent_instance;

  gboolean *is_waiting; /* (owned): for the first byte of the next request */
};

static void kept_input_init_pollable (GPollableInputStreamInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (KeptInput, kept_input, G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      kept_input_init_pollable))

struct _BpKeptStream
{
  GIOStream parent_instance;

  GIOStream *base;      /* (owned) */
  GInputStream *input;  /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpKeptStream, bp_kept_stream, G_TYPE_IO_STREAM)

static GPollableInputStream *
get_pollable (gpointer input)
{
  return G_POLLABLE_INPUT_STREAM (
    g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (input)));
}

/* @n_read is what came, as of a read. */
static gssize
pass_on (KeptInput *self,
         void      *buffer,
         gsize      count,
         gssize     n_read)
{
  if (n_read == 0 && count > 0 && *self->is_waiting)
    {
      *(char *)buffer = '?';
      n_read = 1;
    }
  if (n_read > 0)
    *self->is_waiting = FALSE;

  return n_read;
}

static gssize
kept_input_read (GInputStream *stream,
                 void         *buffer,
                 gsize         count,
                 GCancellable *cancellable,
                 GError      **error)
{
  GInputStream *base = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));

  return pass_on (KEPT_INPUT (stream), buffer, count,
                  g_input_stream_read (base, buffer, count, cancellable, error));
}

static gssize
kept_input_read_nonblocking (GPollableInputStream *stream,
                             void                 *buffer,
                             gsize                 count,
                             GError              **error)
{
  return pass_on (KEPT_INPUT (stream), buffer, count,
                  g_pollable_input_stream_read_nonblocking (get_pollable (stream), buffer, count,
                                                            NULL, error));
}

static gboolean
kept_input_can_poll (GPollableInputStream *stream)
{
  return g_pollable_input_stream_can_poll (get_pollable (stream));
}

static gboolean
kept_input_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (get_pollable (stream));
}

static GSource *
kept_input_create_source (GPollableInputStream *stream,
                          GCancellable         *cancellable)
{
  g_autoptr (GSource) base = g_pollable_input_stream_create_source (get_pollable (stream), NULL);

  return g_pollable_source_new_full (stream, base, cancellable);
}

static void
kept_input_finalize (GObject *object)
{
  g_rc_box_release (KEPT_INPUT (object)->is_waiting);

  G_OBJECT_CLASS (kept_input_parent_class)->finalize (object);
}

static void
kept_input_class_init (KeptInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = kept_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = kept_input_read;
}

static void
kept_input_init_pollable (GPollableInputStreamInterface *interface)
{
  interface->can_poll = kept_input_can_poll;
  interface->is_readable = kept_input_is_readable;
  interface->create_source = kept_input_create_source;
  interface->read_nonblocking = kept_input_read_nonblocking;
}

static void
kept_input_init (KeptInput *self)
{
  self->is_waiting = g_rc_box_new0 (gboolean);
}

static GInputStream *
bp_kept_stream_get_input_stream (GIOStream *stream)
{
  return BP_KEPT_STREAM (stream)->input;
}

static GOutputStream *
bp_kept_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (BP_KEPT_STREAM (stream)->base);
}

static gboolean
bp_kept_stream_close (GIOStream    *stream,
                      GCancellable *cancellable,
                      GError      **error)
{
  return g_io_stream_close (BP_KEPT_STREAM (stream)->base, cancellable, error);
}

static void
bp_kept_stream_finalize (GObject *object)
{
  BpKeptStream *self = BP_KEPT_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->base);

  G_OBJECT_CLASS (bp_kept_stream_parent_class)->finalize (object);
}

static void
bp_kept_stream_class_init (BpKeptStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = bp_kept_stream_finalize;
  stream_class->get_input_stream = bp_kept_stream_get_input_stream;
  stream_class->get_output_stream = bp_kept_stream_get_output_stream;
  stream_class->close_fn = bp_kept_stream_close;
}

static void
bp_kept_stream_init (BpKeptStream *self)
{
}

/**
 * bp_kept_stream_new:
 * @base: (transfer none): a connection whose streams can be polled
 * @socket: (transfer none): its socket
 *
 * Returns: (transfer full): the same connection; closing it closes @base
 */
GIOStream *
bp_kept_stream_new (GIOStream *base,
                    GSocket   *socket)
{
  BpKeptStream *self = g_object_new (BP_TYPE_KEPT_STREAM, NULL);

  self->base = g_object_ref (base);
  self->input = g_object_new (KEPT_TYPE_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                              "close-base-stream", FALSE, NULL);
  g_object_set_data_full (G_OBJECT (socket), WAITING,
                          g_rc_box_acquire (KEPT_INPUT (self->input)->is_waiting),
                          g_rc_box_release);
  return G_IO_STREAM (self);
}

/**
 * bp_kept_stream_get_base:
 * @self: a stream
 *
 * Returns: (transfer none): the connection below it
 */
GIOStream *
bp_kept_stream_get_base (BpKeptStream *self)
{
  return self->base;
}

/**
 * bp_kept_stream_begin_wait:
 * @socket: of a connection on which an answer has been sent
 *
 * From now until something is read the next request is waited for, and an end
 * is preceded by a byte. Nothing where its connection is not of this kind.
 */
void
bp_kept_stream_begin_wait (GSocket *socket)
{
  gboolean *is_waiting = g_object_get_data (G_OBJECT (socket), WAITING);

  if (is_waiting != NULL)
    *is_waiting = TRUE;
}
