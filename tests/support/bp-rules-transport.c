#include "config.h"

#include "bp-rules-transport.h"

#include <string.h>
#include <unistd.h>

#include "bp-check.h"
#include "bp-id.h"
#include "bp-gzip.h"
#include "bp-made-snapshot.h"
#include "bp-rules.h"
#include "bp-sqlite-backend.h"
#include "bp-token.h"

#define CODE_LIFE_MS (15 * 60 * 1000)

struct _BpRulesServer
{
  BpBackend *backend; /* (owned) */
  BpClock *clock;     /* (owned) */
};

struct _BpRulesTransport
{
  BpTransport parent_instance;

  BpRulesServer *server; /* (unowned) */
  BpRulesHook hook;      /* (nullable) */
  gpointer hook_data;
  BpRulesFiles files;
  guint n_files;         /* sent so far */
  GPtrArray *requests;   /* (owned) (element-type utf8): PATH, a space, the body */
};

G_DEFINE_FINAL_TYPE (BpRulesTransport, bp_rules_transport, BP_TYPE_TRANSPORT)

/**
 * bp_rules_server_new:
 * @path: of its database, made where missing
 * @clock: its clock
 *
 * Returns: (transfer full): a server; for one thread
 */
BpRulesServer *
bp_rules_server_new (const char *path,
                     BpClock    *clock)
{
  g_autoptr (GError) error = NULL;
  BpRulesServer *self = g_new0 (BpRulesServer, 1);

  self->backend = bp_sqlite_backend_new (path, &error);
  g_assert_no_error (error);
  self->clock = g_object_ref (clock);
  return self;
}

/**
 * bp_rules_server_free:
 * @self: (nullable) (transfer full): a server
 */
void
bp_rules_server_free (BpRulesServer *self)
{
  if (self == NULL)
    return;

  g_object_unref (self->backend);
  g_object_unref (self->clock);
  g_free (self);
}

/**
 * bp_rules_server_add_store:
 * @self: a server
 * @name: what people call the store
 * @currency: ISO 4217
 *
 * Returns: (transfer full): the id of a new store
 */
char *
bp_rules_server_add_store (BpRulesServer *self,
                           const char    *name,
                           const char    *currency)
{
  g_autoptr (BpStore) store = g_new0 (BpStore, 1);
  g_autoptr (GError) error = NULL;

  store->id = bp_id_new (self->clock);
  store->name = g_strdup (name);
  store->currency = g_strdup (currency);
  store->time_zone = g_strdup ("Asia/Kolkata");
  store->epoch = bp_id_new (self->clock);
  store->secret = bp_token_make_secret (self->clock);
  store->created_at = bp_clock_get_now (self->clock);
  bp_backend_call (self->backend, begin_write, NULL, &error);
  g_assert_no_error (error);
  bp_backend_call (self->backend, add_store, store, &error);
  g_assert_no_error (error);
  BP_BACKEND_GET_CLASS (self->backend)->commit (self->backend, &error);
  g_assert_no_error (error);

  return g_strdup (store->id);
}

/**
 * bp_rules_server_make_code:
 * @self: a server
 * @store_id: one of its stores
 *
 * Returns: (transfer full): a code for one device
 */
char *
bp_rules_server_make_code (BpRulesServer *self,
                           const char    *store_id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = bp_code_make (self->clock);
  g_autofree char *normal = bp_code_normalize (text);
  g_autofree char *hash = bp_token_hash (normal);
  gint64 now = bp_clock_get_now (self->clock);
  BpPairingCode code = { (char *)store_id, hash, now + CODE_LIFE_MS, NULL };

  bp_backend_call (self->backend, begin_write, store_id, &error);
  g_assert_no_error (error);
  bp_backend_call (self->backend, add_code, &code, now, &error);
  g_assert_no_error (error);
  BP_BACKEND_GET_CLASS (self->backend)->commit (self->backend, &error);
  g_assert_no_error (error);

  return g_steal_pointer (&text);
}

/**
 * bp_rules_server_begin_epoch:
 * @self: a server
 * @store_id: whose past has changed
 */
void
bp_rules_server_begin_epoch (BpRulesServer *self,
                             const char    *store_id)
{
  g_autoptr (BpStore) store = NULL;
  g_autoptr (GError) error = NULL;

  bp_backend_call (self->backend, begin_write, store_id, &error);
  g_assert_no_error (error);
  bp_backend_call (self->backend, load_store, store_id, &store, &error);
  g_assert_no_error (error);
  bp_rules_begin_epoch (self->backend, self->clock, store, &error);
  g_assert_no_error (error);
  BP_BACKEND_GET_CLASS (self->backend)->commit (self->backend, &error);
  g_assert_no_error (error);
}

/**
 * bp_rules_server_revoke_all:
 * @self: a server
 * @store_id: whose devices are shut out
 */
void
bp_rules_server_revoke_all (BpRulesServer *self,
                            const char    *store_id)
{
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  devices = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_device_free);
  bp_backend_call (self->backend, begin_write, store_id, &error);
  g_assert_no_error (error);
  bp_backend_call (self->backend, list_devices, store_id, devices, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < devices->len; i++)
    {
      BpDevice *device = devices->pdata[i];

      device->revoked_at = bp_clock_get_now (self->clock);
      bp_backend_call (self->backend, write_device, device, &error);
      g_assert_no_error (error);
    }
  BP_BACKEND_GET_CLASS (self->backend)->commit (self->backend, &error);
  g_assert_no_error (error);
}

static void
note_fault (const char *fault,
            const char *table,
            const char *id,
            gpointer    user_data)
{
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s: %s", table, id, fault));
}

/**
 * bp_rules_server_find_faults:
 * @self: a server
 *
 * Returns: (transfer full) (element-type utf8): what the server's check finds
 */
GPtrArray *
bp_rules_server_find_faults (BpRulesServer *self)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *faults = g_ptr_array_new_with_free_func (g_free);

  bp_check_backend (self->backend, note_fault, faults, &error);
  g_assert_no_error (error);
  return faults;
}

/**
 * bp_rules_server_forget_deletions:
 * @self: a server
 *
 * What the server does once a day.
 */
void
bp_rules_server_forget_deletions (BpRulesServer *self)
{
  g_autoptr (GError) error = NULL;

  bp_rules_forget_deletions (self->backend, self->clock, &error);
  g_assert_no_error (error);
}

static BpAnswer *
ask_rules (BpRulesTransport *self,
           const BpEndpoint *endpoint,
           const char       *token,
           GBytes           *body)
{
  BpAnswer *answer = g_new0 (BpAnswer, 1);
  g_autoptr (BpReply) reply = NULL;
  BpCall call = { 0 };

  call.endpoint = endpoint->id;
  call.token = token;
  call.body = body != NULL ? g_bytes_get_data (body, &call.length) : "";
  reply = bp_rules_answer (self->server->backend, self->server->clock, &call);
  answer->status = reply->status;
  answer->epoch = g_strdup (reply->epoch);
  answer->problem = g_steal_pointer (&reply->problem);
  answer->bytes_sent = call.length;
  answer->bytes_received = strlen (reply->body);
  answer->body = g_bytes_new (reply->body, answer->bytes_received);
  return answer;
}

static BpAnswer *
bp_rules_transport_send (BpTransport      *transport,
                         const BpEndpoint *endpoint,
                         const char       *token,
                         GBytes           *body,
                         GCancellable     *cancellable,
                         GError          **error)
{
  BpRulesTransport *self = BP_RULES_TRANSPORT (transport);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  BpAnswer *other = NULL;
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : "";

  g_ptr_array_add (self->requests, g_strdup_printf ("%s %.*s", endpoint->path, (int)length, text));
  if (self->hook != NULL)
    other = self->hook (endpoint, NULL, self->hook_data, &local_error);
  if (other == NULL && local_error == NULL)
    {
      answer = ask_rules (self, endpoint, token, body);
      if (self->hook != NULL)
        other = self->hook (endpoint, answer, self->hook_data, &local_error);
    }

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return other != NULL ? other : g_steal_pointer (&answer);
}

/* The file as it is on the wire. */
static GBytes *
wrap_file (BpRulesTransport     *self,
           const BpMadeSnapshot *made)
{
  gsize length;
  const char *data = g_bytes_get_data (made->file, &length);
  g_autofree char *bytes = g_memdup2 (data, length);

  if (self->files.damage_at > 0)
    bytes[(gsize)self->files.damage_at % length] ^= 0x20;
  return self->files.is_packed ? bp_gzip_pack (bytes, length)
                               : g_bytes_new_take (g_steal_pointer (&bytes), length);
}

static guint
parse_tables (const char *query)
{
  g_auto (GStrv) names = g_strsplit (strchr (query, '=') + 1, ",", -1);
  guint tables = 0;

  for (guint i = 0; names[i] != NULL; i++)
    tables |= 1u << bp_table_get_index (bp_table_find (names[i]));
  return tables;
}

/* Returns whether all of it came that was to come. */
static gboolean
send_pieces (BpRulesTransport *self,
             BpDownload       *download,
             GBytes           *file)
{
  gsize size = g_bytes_get_size (file);
  const char *data = g_bytes_get_data (file, NULL);
  gsize piece = self->files.piece > 0 ? self->files.piece : 64 * 1024;
  gboolean goes_on = download->begun == NULL || download->begun (download, download->user_data);

  while (goes_on && (gsize)download->offset < size)
    {
      gsize length = MIN (piece, size - (gsize)download->offset);

      if (self->files.cut_after > 0)
        length = MIN (length, (gsize)MAX (self->files.cut_after - download->received, 0));
      if (length == 0)
        return FALSE;
      g_assert_cmpint (pwrite (download->fd, data + download->offset, length,
                               (off_t)download->offset), ==, (gssize)length);
      download->offset += (gint64)length;
      download->received += (gint64)length;
      goes_on = download->moved == NULL || download->moved (download, download->user_data);
    }

  return TRUE;
}

static BpAnswer *
send_file (BpRulesTransport *self,
           const char       *token,
           BpDownload       *download,
           GError          **error)
{
  g_autoptr (BpRulesTransport) wire = bp_rules_transport_new (self->server);
  g_autoptr (BpMadeSnapshot) made = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autofree char *etag = NULL;
  BpAnswer *answer;

  if (!self->files.is_missing)
    made = bp_snapshot_make (BP_TRANSPORT (wire), token, parse_tables (download->query),
                             self->files.is_lossy);
  if (made == NULL)
    return bp_rules_make_problem (BP_PROBLEM_NOT_FOUND, NULL);

  file = wrap_file (self, made);
  etag = g_strdup_printf ("\"%s-%" G_GINT64_FORMAT "-%u\"", made->epoch, made->seq,
                          self->files.is_other ? self->n_files++ : 0);
  if (g_strcmp0 (etag, download->etag) != 0)
    download->offset = 0;
  g_free (download->etag);
  download->etag = g_steal_pointer (&etag);
  download->size = (gint64)g_bytes_get_size (file);
  download->is_packed = self->files.is_packed;
  download->status = 200;
  download->is_begun = TRUE;
  if (!send_pieces (self, download, file))
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, "The file is cut");
      return NULL;
    }

  answer = g_new0 (BpAnswer, 1);
  answer->status = 200;
  answer->epoch = g_strdup (made->epoch);
  answer->body = g_bytes_new_static ("", 0);
  answer->bytes_received = (gsize)download->received;
  return answer;
}

static BpAnswer *
bp_rules_transport_download (BpTransport      *transport,
                             const BpEndpoint *endpoint,
                             const char       *token,
                             BpDownload       *download,
                             GCancellable     *cancellable,
                             GError          **error)
{
  BpRulesTransport *self = BP_RULES_TRANSPORT (transport);
  g_autoptr (GError) local_error = NULL;
  BpAnswer *other = NULL;

  g_ptr_array_add (self->requests, g_strdup_printf ("%s %s %" G_GINT64_FORMAT, endpoint->path,
                                                    download->query, download->offset));
  if (self->hook != NULL)
    other = self->hook (endpoint, NULL, self->hook_data, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return other != NULL ? other : send_file (self, token, download, error);
}

static void
bp_rules_transport_finalize (GObject *object)
{
  BpRulesTransport *self = BP_RULES_TRANSPORT (object);

  g_ptr_array_unref (self->requests);

  G_OBJECT_CLASS (bp_rules_transport_parent_class)->finalize (object);
}

static void
bp_rules_transport_class_init (BpRulesTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_rules_transport_finalize;
  BP_TRANSPORT_CLASS (klass)->send = bp_rules_transport_send;
  BP_TRANSPORT_CLASS (klass)->download = bp_rules_transport_download;
}

static void
bp_rules_transport_init (BpRulesTransport *self)
{
  self->requests = g_ptr_array_new_with_free_func (g_free);
}

/**
 * bp_rules_transport_new:
 * @server: (transfer none): must outlive the transport
 *
 * Returns: (transfer full): one device's way to the server
 */
BpRulesTransport *
bp_rules_transport_new (BpRulesServer *server)
{
  BpRulesTransport *self = g_object_new (BP_TYPE_RULES_TRANSPORT, NULL);

  self->server = server;
  return self;
}

/**
 * bp_rules_transport_set_hook:
 * @self: a transport
 * @hook: (nullable): stands between
 * @user_data: for @hook
 */
void
bp_rules_transport_set_hook (BpRulesTransport *self,
                             BpRulesHook       hook,
                             gpointer          user_data)
{
  self->hook = hook;
  self->hook_data = user_data;
}

/**
 * bp_rules_transport_get_files:
 * @self: a transport
 *
 * Returns: (transfer none): what becomes of files, to be changed by the test
 */
BpRulesFiles *
bp_rules_transport_get_files (BpRulesTransport *self)
{
  return &self->files;
}

/**
 * bp_rules_transport_get_requests:
 * @self: a transport
 *
 * Returns: (transfer none) (element-type utf8): what was sent so far: the path,
 *   a space, the body; to be emptied by the test as it likes
 */
GPtrArray *
bp_rules_transport_get_requests (BpRulesTransport *self)
{
  return self->requests;
}

/**
 * bp_rules_make_problem:
 * @code: why
 * @detail: (nullable): in words
 *
 * Returns: (transfer full): an answer that refuses the whole request
 */
BpAnswer *
bp_rules_make_problem (BpProblemCode code,
                       const char   *detail)
{
  BpAnswer *answer = g_new0 (BpAnswer, 1);
  char *text;

  answer->problem = bp_problem_new (code, detail);
  answer->status = bp_problem_get_status (code);
  text = bp_problem_to_text (answer->problem);
  answer->body = g_bytes_new_take (text, strlen (text));
  return answer;
}
