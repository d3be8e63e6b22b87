/* Who listens to a store is told its seq, a moment after the commit and once
 * for all commits of that moment. Nobody is waited for: who does not take what
 * is sent, does not answer a ping or talks too much is dropped. */
#include "config.h"

#include "bp-live.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bp-hint.h"

/* A burst of commits is told once; far below the second that a hint may take. */
#define GATHER_MS 40

#define TICK_S 1
#define SLOW_US (20 * G_USEC_PER_SEC)
#define CLOSING_US (2 * G_USEC_PER_SEC)
#define MAX_WAITING_BYTES (64 * 1024)

/* A device has nothing to say but answers to pings. */
#define MAX_INCOMING_FRAME 1024
#define INCOMING_BYTES (8 * 1024)
#define INCOMING_BYTES_PER_S 256

/* Who listens to one store. */
typedef struct
{
  BpLive *live;  /* (unowned) */
  char *store_id;
  GQueue sockets; /* (element-type Socket): the oldest first */
  gint64 seq;    /* the last one heard of */
  guint tell_id;
} Room;

typedef struct
{
  Room *room;                          /* (unowned) */
  char *device_id;                     /* (owned) */
  SoupWebsocketConnection *connection; /* (owned) */
  GSocket *line;                       /* (owned) */
  gint64 told;                         /* seq */
  gint64 began_at;
  gint64 heard_at;
  gint64 stuck_at;   /* since when it takes nothing; 0 where it does */
  gint64 closing_at; /* 0 where open */
  guint64 received;  /* bytes before it was a socket of ours */
  guint64 taken;     /* bytes it had taken when it was looked at last */
} Socket;

struct _BpLive
{
  GObject parent_instance;

  BpLiveLimits limits;
  GHashTable *rooms; /* (owned): store id → Room */
  guint n_sockets;
  guint tick_id;
  gboolean is_stopped;
};

G_DEFINE_FINAL_TYPE (BpLive, bp_live, G_TYPE_OBJECT)

enum
{
  SIGNAL_STORE_CHANGED,
  SIGNAL_EMPTY,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
room_free (gpointer data)
{
  Room *room = data;

  g_assert (room->sockets.length == 0);
  g_clear_handle_id (&room->tell_id, g_source_remove);
  g_free (room->store_id);
  g_free (room);
}

/* Nothing of it changes where the line is gone. */
static struct tcp_info
get_info (const Socket *socket)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  getsockopt (g_socket_get_fd (socket->line), IPPROTO_TCP, TCP_INFO, &info, &length);
  return info;
}

/* What it was sent and has not taken. */
static int
get_waiting (const Socket *socket)
{
  int waiting = 0;

  if (ioctl (g_socket_get_fd (socket->line), SIOCOUTQ, &waiting) < 0)
    return 0;
  return waiting;
}

/* The room goes with its last socket. */
static void
forget_socket (Socket *socket)
{
  Room *room = socket->room;
  BpLive *self = room->live;

  g_signal_handlers_disconnect_by_data (socket->connection, socket);
  g_queue_remove (&room->sockets, socket);
  self->n_sockets--;
  g_clear_object (&socket->connection);
  g_clear_object (&socket->line);
  g_free (socket->device_id);
  g_free (socket);
  if (room->sockets.length == 0)
    {
      g_autofree char *store_id = g_strdup (room->store_id);

      g_hash_table_remove (self->rooms, store_id);
      g_signal_emit (self, signals[SIGNAL_STORE_CHANGED], 0, store_id, FALSE);
    }
  if (self->n_sockets > 0)
    return;

  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_EMPTY], 0);
}

/* Without a word: it would not take it. */
static void
drop_socket (Socket *socket)
{
  g_socket_shutdown (socket->line, TRUE, TRUE, NULL);
  forget_socket (socket);
}

static void
close_socket (Socket *socket,
              gushort code)
{
  if (socket->closing_at != 0)
    return;

  socket->closing_at = g_get_monotonic_time ();
  if (soup_websocket_connection_get_state (socket->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (socket->connection, code, NULL);
}

static void
on_closed (SoupWebsocketConnection *connection,
           gpointer                 user_data)
{
  forget_socket (user_data);
}

static void
on_pong (SoupWebsocketConnection *connection,
         GBytes                  *message,
         gpointer                 user_data)
{
  Socket *socket = user_data;

  socket->heard_at = g_get_monotonic_time ();
}

/* A socket that takes nothing for now is told the latest when it does again. */
static void
tell_socket (Socket *socket,
             GBytes *text)
{
  if (socket->told >= socket->room->seq || socket->stuck_at != 0 || socket->closing_at != 0
      || soup_websocket_connection_get_state (socket->connection) != SOUP_WEBSOCKET_STATE_OPEN)
    return;

  socket->told = socket->room->seq;
  soup_websocket_connection_send_message (socket->connection, SOUP_WEBSOCKET_DATA_TEXT, text);
}

static GBytes *
make_hint (gint64 seq)
{
  char *text = bp_hint_to_text (seq);

  return g_bytes_new_take (text, strlen (text));
}

/* Neither sending nor closing takes anyone off the list: libsoup does both
 * later. */
static gboolean
tell_room (gpointer user_data)
{
  Room *room = user_data;
  g_autoptr (GBytes) text = make_hint (room->seq);

  room->tell_id = 0;
  for (GList *l = room->sockets.head; l != NULL; l = l->next)
    tell_socket (l->data, text);
  return G_SOURCE_REMOVE;
}

static void
look_at_socket (BpLive *self,
                Socket *socket,
                gint64  now)
{
  gint64 silence_us = (gint64)self->limits.ping_s * G_USEC_PER_SEC * 5 / 2;
  gint64 allowed = INCOMING_BYTES + INCOMING_BYTES_PER_S * (now - socket->began_at)
                   / G_USEC_PER_SEC;
  const struct tcp_info info = get_info (socket);
  int waiting = get_waiting (socket);

  /* What was sent a moment ago waits, too: stuck is who takes nothing. */
  if (waiting == 0 || info.tcpi_bytes_acked != socket->taken)
    socket->stuck_at = 0;
  else if (socket->stuck_at == 0)
    socket->stuck_at = now;
  socket->taken = info.tcpi_bytes_acked;

  if ((socket->closing_at != 0 && now - socket->closing_at > CLOSING_US)
      || (socket->stuck_at != 0 && now - socket->stuck_at > SLOW_US)
      || waiting > MAX_WAITING_BYTES || now - socket->heard_at > silence_us
      || (gint64)(info.tcpi_bytes_received - socket->received) > allowed)
    {
      drop_socket (socket);
      return;
    }
  if (socket->told < socket->room->seq && socket->room->tell_id == 0)
    {
      g_autoptr (GBytes) text = make_hint (socket->room->seq);

      tell_socket (socket, text);
    }
}

static GPtrArray *
list_sockets (BpLive *self)
{
  GPtrArray *all = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer room;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    {
      for (GList *l = ((Room *)room)->sockets.head; l != NULL; l = l->next)
        g_ptr_array_add (all, l->data);
    }

  return all;
}

static gboolean
on_tick (gpointer user_data)
{
  g_autoptr (BpLive) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) all = list_sockets (self);
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < all->len; i++)
    look_at_socket (self, all->pdata[i], now);
  return self->n_sockets > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static Room *
get_room (BpLive     *self,
          const char *store_id,
          gint64      seq)
{
  Room *room = g_hash_table_lookup (self->rooms, store_id);

  if (room != NULL)
    return room;

  room = g_new0 (Room, 1);
  room->live = self;
  room->store_id = g_strdup (store_id);
  room->seq = seq;
  g_queue_init (&room->sockets);
  g_hash_table_insert (self->rooms, room->store_id, room);
  return room;
}

/* The oldest of a device is the one most likely to be dead. */
static void
make_room (BpLive     *self,
           Room       *room,
           const char *device_id)
{
  Socket *oldest = NULL;
  guint n_open = 0;

  for (GList *l = room->sockets.head; l != NULL; l = l->next)
    {
      Socket *socket = l->data;

      if (socket->closing_at != 0 || !g_str_equal (socket->device_id, device_id))
        continue;
      if (oldest == NULL)
        oldest = socket;
      n_open++;
    }
  if (n_open >= self->limits.max_of_device)
    close_socket (oldest, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
}

/**
 * bp_live_tell:
 * @self: the sockets
 * @store_id: what has changed
 * @seq: up to which it can be pulled
 *
 * Tells whoever listens to it, soon; a seq already told of is no news.
 */
void
bp_live_tell (BpLive     *self,
              const char *store_id,
              gint64      seq)
{
  Room *room = g_hash_table_lookup (self->rooms, store_id);

  if (room == NULL || seq <= room->seq)
    return;

  room->seq = seq;
  if (room->tell_id == 0)
    room->tell_id = g_timeout_add (GATHER_MS, tell_room, room);
}

/**
 * bp_live_has_room:
 * @self: the sockets
 *
 * Returns: whether one more is welcome
 */
gboolean
bp_live_has_room (BpLive *self)
{
  return !self->is_stopped && self->n_sockets < self->limits.max_sockets;
}

/**
 * bp_live_get_n_sockets:
 * @self: the sockets
 *
 * Returns: how many there are
 */
guint
bp_live_get_n_sockets (BpLive *self)
{
  return self->n_sockets;
}

/**
 * bp_live_add:
 * @self: the sockets
 * @connection: (transfer none): of a device that may listen
 * @line: (transfer none): what it goes over
 * @store_id: to what
 * @device_id: who
 * @seq: of the store when it began to ask
 *
 * Tells it from now on of every seq above @seq. Where the device has too many
 * already, its oldest is closed.
 */
void
bp_live_add (BpLive                  *self,
             SoupWebsocketConnection *connection,
             GSocket                 *line,
             const char              *store_id,
             const char              *device_id,
             gint64                   seq)
{
  Room *room = get_room (self, store_id, seq);
  Socket *socket = g_new0 (Socket, 1);

  bp_live_tell (self, store_id, seq);
  make_room (self, room, device_id);
  socket->room = room;
  socket->device_id = g_strdup (device_id);
  socket->connection = g_object_ref (connection);
  socket->line = g_object_ref (line);
  socket->told = seq;
  socket->began_at = g_get_monotonic_time ();
  socket->heard_at = socket->began_at;
  socket->received = get_info (socket).tcpi_bytes_received;
  g_socket_set_timeout (line, 0);
  g_queue_push_tail (&room->sockets, socket);
  self->n_sockets++;

  soup_websocket_connection_set_max_incoming_payload_size (connection, MAX_INCOMING_FRAME);
  soup_websocket_connection_set_keepalive_interval (connection, self->limits.ping_s);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), socket);
  g_signal_connect (connection, "pong", G_CALLBACK (on_pong), socket);
  if (self->tick_id == 0)
    self->tick_id = g_timeout_add_seconds (TICK_S, on_tick, self);
  g_signal_emit (self, signals[SIGNAL_STORE_CHANGED], 0, store_id, TRUE);
}

/**
 * bp_live_shut_others:
 * @self: the sockets
 * @store_id: of a store
 * @device_ids: (element-type utf8): who may listen to it
 *
 * Closes those of other devices.
 */
void
bp_live_shut_others (BpLive     *self,
                     const char *store_id,
                     GHashTable *device_ids)
{
  Room *room = g_hash_table_lookup (self->rooms, store_id);

  for (GList *l = room != NULL ? room->sockets.head : NULL; l != NULL; l = l->next)
    {
      Socket *socket = l->data;

      if (!g_hash_table_contains (device_ids, socket->device_id))
        close_socket (socket, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
    }
}

/**
 * bp_live_stop:
 * @self: the sockets
 *
 * Closes all, and takes no more. Signal "empty" comes when the last one is
 * gone, which takes a moment; it does not come where there is none.
 */
void
bp_live_stop (BpLive *self)
{
  g_autoptr (GPtrArray) all = list_sockets (self);

  self->is_stopped = TRUE;
  for (guint i = 0; i < all->len; i++)
    close_socket (all->pdata[i], SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
}

static void
bp_live_dispose (GObject *object)
{
  BpLive *self = BP_LIVE (object);
  g_autoptr (GPtrArray) all = list_sockets (self);

  self->is_stopped = TRUE;
  for (guint i = 0; i < all->len; i++)
    drop_socket (all->pdata[i]);
  g_clear_handle_id (&self->tick_id, g_source_remove);

  G_OBJECT_CLASS (bp_live_parent_class)->dispose (object);
}

static void
bp_live_finalize (GObject *object)
{
  g_hash_table_unref (BP_LIVE (object)->rooms);

  G_OBJECT_CLASS (bp_live_parent_class)->finalize (object);
}

static void
bp_live_class_init (BpLiveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_live_dispose;
  object_class->finalize = bp_live_finalize;

  /**
   * BpLive::store-changed:
   * @store_id: of a store
   * @is_heard: whether anybody listens to it
   */
  signals[SIGNAL_STORE_CHANGED] = g_signal_new ("store-changed", BP_TYPE_LIVE, G_SIGNAL_RUN_LAST,
                                                0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                                G_TYPE_STRING, G_TYPE_BOOLEAN);

  /**
   * BpLive::empty:
   *
   * No socket is left.
   */
  signals[SIGNAL_EMPTY] = g_signal_new ("empty", BP_TYPE_LIVE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 0);
}

static void
bp_live_init (BpLive *self)
{
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, room_free);
}

/**
 * bp_live_new:
 * @limits: copied
 *
 * Returns: (transfer full): sockets, none yet
 */
BpLive *
bp_live_new (const BpLiveLimits *limits)
{
  BpLive *self = g_object_new (BP_TYPE_LIVE, NULL);

  self->limits = *limits;
  return self;
}
