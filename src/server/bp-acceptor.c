/* The accept loop that SoupServer lacks: it goes on after a failed accept (no
 * file descriptor left, say), accepts no more than it can serve, and ends a
 * connection whose deadline has passed, whoever reads from it. */
#include "config.h"

#include "bp-acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define RETRY_MS 100
#define SILENCE_S 30
#define BACKLOG 512

typedef struct
{
  BpAcceptor *acceptor;          /* (unowned) */
  GSocketConnection *connection; /* (unowned): watched by a weak reference */
  char *remote;                  /* (owned) */
  guint deadline_id;
} Connection;

struct _BpAcceptor
{
  GSocketListener *listener; /* (owned) */
  GCancellable *cancellable; /* (owned) */
  GHashTable *connections;   /* (owned): remote address → Connection */
  BpAcceptFunc func;
  gpointer user_data;
  guint max_connections;
  guint16 port;
  guint retry_id;
  gboolean is_accepting;
  gboolean is_stopped;
  gboolean is_failing;
};

static void accept_next (BpAcceptor *self);

static void
forget_connection (gpointer data,
                   GObject *where_the_object_was)
{
  Connection *connection = data;
  BpAcceptor *self = connection->acceptor;

  connection->connection = NULL;
  g_hash_table_remove (self->connections, connection->remote);
  accept_next (self);
}

static void
connection_free (Connection *connection)
{
  if (connection->connection != NULL)
    g_object_weak_unref (G_OBJECT (connection->connection), forget_connection, connection);
  g_clear_handle_id (&connection->deadline_id, g_source_remove);
  g_free (connection->remote);
  g_free (connection);
}

/**
 * bp_acceptor_new:
 * @max_connections: more wait in the kernel until one ends
 * @func: (scope forever): gets each connection; who keeps it keeps it open
 * @user_data: for @func
 *
 * Returns: (transfer full): an acceptor for the thread's main context
 */
BpAcceptor *
bp_acceptor_new (guint        max_connections,
                 BpAcceptFunc func,
                 gpointer     user_data)
{
  BpAcceptor *self = g_new0 (BpAcceptor, 1);

  self->listener = g_socket_listener_new ();
  g_socket_listener_set_backlog (self->listener, BACKLOG);
  self->cancellable = g_cancellable_new ();
  self->connections = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                             (GDestroyNotify)connection_free);
  self->max_connections = max_connections;
  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * bp_acceptor_free:
 * @self: (nullable) (transfer full): a stopped acceptor, none of whose calls
 *   is under way
 */
void
bp_acceptor_free (BpAcceptor *self)
{
  if (self == NULL)
    return;

  bp_acceptor_stop (self);
  g_hash_table_unref (self->connections);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self);
}

static char *
describe_address (GSocketAddress *address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
  g_autofree char *host = g_inet_address_to_string (g_inet_socket_address_get_address (inet));

  return g_strdup_printf ("%s %u", host, g_inet_socket_address_get_port (inet));
}

static void
take_connection (BpAcceptor        *self,
                 GSocketConnection *stream)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (stream, NULL);
  GSocket *socket = g_socket_connection_get_socket (stream);
  Connection *connection;

  if (!G_IS_INET_SOCKET_ADDRESS (remote))
    return;

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_timeout (socket, SILENCE_S);
  connection = g_new0 (Connection, 1);
  connection->acceptor = self;
  connection->connection = stream;
  connection->remote = describe_address (remote);
  g_object_weak_ref (G_OBJECT (stream), forget_connection, connection);
  g_hash_table_replace (self->connections, connection->remote, connection);
  self->func (stream, self->user_data);
}

static gboolean
retry (gpointer user_data)
{
  BpAcceptor *self = user_data;

  self->retry_id = 0;
  accept_next (self);
  return G_SOURCE_REMOVE;
}

static void
on_accepted (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  BpAcceptor *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream = NULL;

  stream = g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self->is_accepting = FALSE;
  if (stream == NULL)
    {
      if (!self->is_failing)
        g_message ("A connection could not be accepted: %s", error->message);
      self->is_failing = TRUE;
      self->retry_id = g_timeout_add (RETRY_MS, retry, self);
      return;
    }

  self->is_failing = FALSE;
  take_connection (self, stream);
  accept_next (self);
}

static void
accept_next (BpAcceptor *self)
{
  if (self->is_accepting || self->is_stopped || self->port == 0 || self->retry_id != 0
      || g_hash_table_size (self->connections) >= self->max_connections)
    return;

  self->is_accepting = TRUE;
  g_socket_listener_accept_async (self->listener, self->cancellable, on_accepted, self);
}

/**
 * bp_acceptor_listen:
 * @self: an acceptor
 * @address: of the internet; port 0 takes any
 * @error: of GIO
 *
 * Returns: whether it listens
 */
gboolean
bp_acceptor_listen (BpAcceptor     *self,
                    GSocketAddress *address,
                    GError        **error)
{
  g_autoptr (GSocketAddress) effective = NULL;

  if (!g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &effective, error))
    return FALSE;

  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  accept_next (self);
  return TRUE;
}

/**
 * bp_acceptor_get_port:
 * @self: an acceptor
 *
 * Returns: where it listens; 0 where it does not
 */
guint16
bp_acceptor_get_port (BpAcceptor *self)
{
  return self->port;
}

/**
 * bp_acceptor_stop:
 * @self: an acceptor
 *
 * Accepts no more; connections stay.
 */
void
bp_acceptor_stop (BpAcceptor *self)
{
  if (self->is_stopped)
    return;

  self->is_stopped = TRUE;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_socket_listener_close (self->listener);
}

/**
 * bp_acceptor_get_n_connections:
 * @self: an acceptor
 *
 * Returns: how many are open
 */
guint
bp_acceptor_get_n_connections (BpAcceptor *self)
{
  return g_hash_table_size (self->connections);
}

/**
 * bp_acceptor_get_socket:
 * @self: an acceptor
 * @remote: the other end of a connection
 *
 * Returns: (transfer none) (nullable): its socket; %NULL where it is gone
 */
GSocket *
bp_acceptor_get_socket (BpAcceptor     *self,
                        GSocketAddress *remote)
{
  g_autofree char *key = describe_address (remote);
  Connection *connection = g_hash_table_lookup (self->connections, key);

  return connection != NULL ? g_socket_connection_get_socket (connection->connection) : NULL;
}

/* Not closed, only shut: who reads from it finds the end and closes it. */
static gboolean
on_deadline (gpointer user_data)
{
  Connection *connection = user_data;

  connection->deadline_id = 0;
  g_socket_shutdown (g_socket_connection_get_socket (connection->connection), TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

/**
 * bp_acceptor_set_deadline:
 * @self: an acceptor
 * @remote: the other end of a connection; nothing happens where it is gone
 * @milliseconds: from now; takes the place of the last one; 0 for none
 */
void
bp_acceptor_set_deadline (BpAcceptor     *self,
                          GSocketAddress *remote,
                          guint           milliseconds)
{
  g_autofree char *key = describe_address (remote);
  Connection *connection = g_hash_table_lookup (self->connections, key);

  if (connection == NULL)
    return;

  g_clear_handle_id (&connection->deadline_id, g_source_remove);
  if (milliseconds > 0)
    connection->deadline_id = g_timeout_add (milliseconds, on_deadline, connection);
}
