/* Where the server keeps everything: abstract, so that the rules run over any
 * database. Records are read and written in sets; what to do is decided in
 * memory between the two. */
#pragma once

#include "bp-history.h"
#include "bp-operation.h"

G_BEGIN_DECLS

#define BP_MAX_PROJECTIONS 4

/**
 * BpStore:
 * @id: its id
 * @name: what people call it
 * @currency: ISO 4217
 * @time_zone: IANA
 * @epoch: changes when its past changes
 * @secret: hexadecimal; tokens are derived with it
 * @seq: the change counter
 * @horizon: the greatest seq of a deletion that is forgotten; 0 where none is
 * @purged_at: when deletions were last forgotten, in milliseconds
 * @created_at: in milliseconds
 */
typedef struct
{
  char *id;
  char *name;
  char *currency;
  char *time_zone;
  char *epoch;
  char *secret;
  gint64 seq;
  gint64 horizon;
  gint64 purged_at;
  gint64 created_at;
} BpStore;

/**
 * BpDevice:
 * @store_id: its store
 * @id: its id
 * @name: what people call it
 * @prefix: of its numbers; no other device of the store has it
 * @attempt: the last one seen
 * @last_seen: in milliseconds; 0 where never
 * @revoked_at: in milliseconds; 0 where it is not shut out
 * @created_at: in milliseconds
 */
typedef struct
{
  char *store_id;
  char *id;
  char *name;
  char *prefix;
  gint64 attempt;
  gint64 last_seen;
  gint64 revoked_at;
  gint64 created_at;
} BpDevice;

/**
 * BpPairingCode:
 * @store_id: whose code it is
 * @hash: of the code
 * @expires_at: in milliseconds
 * @device_id: (nullable): which device used it
 */
typedef struct
{
  char *store_id;
  char *hash;
  gint64 expires_at;
  char *device_id;
} BpPairingCode;

/**
 * BpRemembered:
 * @op_id: an applied operation
 * @hash: of what it was
 * @version: what its record became
 * @seq: of the change
 */
typedef struct
{
  char *op_id;
  char *hash;
  gint64 version;
  gint64 seq;
} BpRemembered;

/**
 * BpOpRecord:
 * @operation: (unowned): what was applied
 * @hash: of it
 * @data: (nullable): its data as canonical JSON
 * @version: what its record became
 * @seq: of the change
 */
typedef struct
{
  const BpOperation *operation; /* (unowned) */
  char *hash;
  char *data;
  gint64 version;
  gint64 seq;
} BpOpRecord;

/**
 * BpMatch:
 * @text: the value of the field that was looked for
 * @id: a living record that has it
 */
typedef struct
{
  char *text;
  char *id;
} BpMatch;

/**
 * BpAmounts:
 * @id: a record that may not exist yet
 * @exists: whether it does, deleted or not
 * @is_deleted: whether it is a tombstone
 * @seq: what its row's seq becomes when written; 0 where that stays
 * @values: its projections, in the order of its table's fields
 */
typedef struct
{
  char *id;
  gboolean exists;
  gboolean is_deleted;
  gint64 seq;
  gint64 values[BP_MAX_PROJECTIONS];
} BpAmounts;

/**
 * BpFieldQuery:
 * @store_id: (unowned): whose records
 * @table: (unowned): of which table
 * @field: index of a field of text
 */
typedef struct
{
  const char *store_id;
  const BpTable *table;
  guint field;
} BpFieldQuery;

/**
 * BpRowQuery:
 * @store_id: (unowned): whose rows
 * @table: (unowned): of which table
 * @since: rows above this seq
 * @living: whether tombstones are left out
 * @by_id: whether rows come in the order of their ids instead of their seq
 * @from_text: (unowned) (nullable): the least value of the table's date
 * @from_time: the same for a table whose date is a time
 */
typedef struct
{
  const char *store_id;
  const BpTable *table;
  gint64 since;
  gboolean living;
  gboolean by_id;
  const char *from_text;
  gint64 from_time;
} BpRowQuery;

/**
 * BpNews:
 * @store_id: (nullable): of a store that may have changed; %NULL for any
 * @seq: what it has got to; −1 where that, and which of its devices may go on,
 *   has to be looked up
 */
typedef struct
{
  char *store_id;
  gint64 seq;
} BpNews;

/**
 * BpBackup:
 * @store_id: whose it is
 * @id: made by the server
 * @device_id: who brought it
 * @device_name: (nullable): what people call that device
 * @name: what it calls it
 * @size: in bytes
 * @sha256: of them, in hexadecimal
 * @created_at: in milliseconds
 * @is_complete: whether it can be had
 */
typedef struct
{
  char *store_id;
  char *id;
  char *device_id;
  char *device_name;
  char *name;
  gint64 size;
  char *sha256;
  gint64 created_at;
  gboolean is_complete;
} BpBackup;

#define BP_TYPE_BACKEND (bp_backend_get_type ())

G_DECLARE_DERIVABLE_TYPE (BpBackend, bp_backend, BP, BACKEND, GObject)

/**
 * BpBackendClass:
 * @is_temporary: whether trying again later can help
 * @begin_read: begins to read one state of everything
 * @begin_write: begins to write and locks the counter row of @store_id
 *   (nullable: no store's)
 * @commit: ends it durably, or, on failure, without effect
 * @rollback: ends it without effect; nothing where none is under way
 * @load_store: @store is %NULL where there is none
 * @list_stores: (element-type BpStore) by time of creation
 * @add_store: a new one
 * @write_store: its epoch, seq, horizon and @purged_at
 * @find_device: by the hash of its token; @device is %NULL where there is none
 * @find_device_by_request: by the hash of the request that paired it
 * @find_device_by_id: in a store; in any, where that is %NULL
 * @list_devices: (element-type BpDevice) of a store, by time of creation
 * @has_prefix: whether a device of the store has it, or had
 * @add_device: a new one, with the hashes of its token and its request
 * @write_device: its attempt, @last_seen and @revoked_at
 * @load_pulls: by table index, when the device last began a pull from 0
 * @write_pull: the same for one table
 * @find_code: by its hash; @code is %NULL where there is none
 * @add_code: a new one; forgets those that have expired before @now
 * @use_code: by which device it was used
 * @load_states: adds those of @ids that exist to @states
 * @load_operations: adds those of @op_ids that are remembered to @remembered
 * @find_records: adds a match for each living record that has one of @texts in
 *   the field asked for
 * @load_amounts: adds one for each of @ids, in their order; what waits for a
 *   record that does not exist counts
 * @write_states: all columns of records, new or not
 * @write_amounts: projections of records that exist
 * @write_pending: amounts that wait for records that do not exist; 0 forgets
 * @write_operations: remembers what was applied, for good
 * @load_history: adds the newest @limit operations of a record below a seq
 *   (element-type BpHistoryEntry), newest first
 * @thin_history: of the next @limit remembered operations of a store by their
 *   ids, above @place, those received before @before lose their data and who
 *   did them; @place becomes the last one looked at, %NULL at the end
 * @open_rows: records of a query in its order
 * @next_row: @state is %NULL at the end
 * @close_rows: ends it
 * @list_backups: (element-type BpBackup): of a store, newest first, those that
 *   are not complete included
 * @add_backup: a new one, without pieces, not complete
 * @complete_backup: whether it is
 * @remove_backup: one that has no pieces left
 * @write_backup_chunk: a new piece of one, by its number
 * @read_backup_chunk: @data is %NULL where there is none
 * @remove_backup_chunks: those from @first on, below @end
 * @purge: forgets tombstones changed before @before; what they amounted to
 *   waits for their return. @horizon becomes the greatest seq forgotten, or stays
 * @check_file: adds a text for each fault of the database itself
 * @backup: a consistent copy in a new file
 * @await_news: waits until somebody else has committed what may matter to those
 *   who listen, or @cancellable is cancelled; adds what there is to @news. Not
 *   in a transaction. What happens between two calls is not missed; what
 *   happened while it could not listen is told as news of any store
 * @tell_news: (nullable): tells those who await news in other processes what was
 *   committed. Not in a transaction. %NULL where they see it by themselves
 *
 * All functions block; a backend belongs to one thread at a time. Those
 * before @load_store begin and end transactions, those after it run within one.
 * Each returns %FALSE with `error` set on failure, and then the transaction
 * must be rolled back.
 */
struct _BpBackendClass
{
  GObjectClass parent_class;

  gboolean (*is_temporary) (BpBackend    *self,
                            const GError *error);
  gboolean (*begin_read) (BpBackend *self,
                          GError   **error);
  gboolean (*begin_write) (BpBackend  *self,
                           const char *store_id,
                           GError    **error);
  gboolean (*commit) (BpBackend *self,
                      GError   **error);
  void (*rollback) (BpBackend *self);

  gboolean (*load_store) (BpBackend  *self,
                          const char *store_id,
                          BpStore   **store,
                          GError    **error);
  gboolean (*list_stores) (BpBackend *self,
                           GPtrArray *stores,
                           GError   **error);
  gboolean (*add_store) (BpBackend     *self,
                         const BpStore *store,
                         GError       **error);
  gboolean (*write_store) (BpBackend     *self,
                           const BpStore *store,
                           GError       **error);

  gboolean (*find_device) (BpBackend  *self,
                           const char *store_id,
                           const char *token_hash,
                           BpDevice  **device,
                           GError    **error);
  gboolean (*find_device_by_request) (BpBackend  *self,
                                      const char *store_id,
                                      const char *request_hash,
                                      BpDevice  **device,
                                      GError    **error);
  gboolean (*find_device_by_id) (BpBackend  *self,
                                 const char *store_id,
                                 const char *device_id,
                                 BpDevice  **device,
                                 GError    **error);
  gboolean (*list_devices) (BpBackend  *self,
                            const char *store_id,
                            GPtrArray  *devices,
                            GError    **error);
  gboolean (*has_prefix) (BpBackend  *self,
                          const char *store_id,
                          const char *prefix,
                          gboolean   *has,
                          GError    **error);
  gboolean (*add_device) (BpBackend      *self,
                          const BpDevice *device,
                          const char     *token_hash,
                          const char     *request_hash,
                          GError        **error);
  gboolean (*write_device) (BpBackend      *self,
                            const BpDevice *device,
                            GError        **error);
  gboolean (*load_pulls) (BpBackend      *self,
                          const BpDevice *device,
                          gint64         *began_at,
                          GError        **error);
  gboolean (*write_pull) (BpBackend      *self,
                          const BpDevice *device,
                          const BpTable  *table,
                          gint64          began_at,
                          GError        **error);

  gboolean (*find_code) (BpBackend      *self,
                         const char     *hash,
                         BpPairingCode **code,
                         GError        **error);
  gboolean (*add_code) (BpBackend           *self,
                        const BpPairingCode *code,
                        gint64               now,
                        GError             **error);
  gboolean (*use_code) (BpBackend           *self,
                        const BpPairingCode *code,
                        const char          *device_id,
                        GError             **error);

  gboolean (*load_states) (BpBackend     *self,
                           const char    *store_id,
                           const BpTable *table,
                           GPtrArray     *ids,
                           GPtrArray     *states,
                           GError       **error);
  gboolean (*load_operations) (BpBackend  *self,
                               const char *store_id,
                               GPtrArray  *op_ids,
                               GPtrArray  *remembered,
                               GError    **error);
  gboolean (*find_records) (BpBackend          *self,
                            const BpFieldQuery *query,
                            GPtrArray          *texts,
                            GPtrArray          *matches,
                            GError            **error);
  gboolean (*load_amounts) (BpBackend     *self,
                            const char    *store_id,
                            const BpTable *table,
                            GPtrArray     *ids,
                            GPtrArray     *amounts,
                            GError       **error);
  gboolean (*write_states) (BpBackend     *self,
                            const char    *store_id,
                            const BpTable *table,
                            GPtrArray     *states,
                            gint64         now,
                            GError       **error);
  gboolean (*write_amounts) (BpBackend     *self,
                             const char    *store_id,
                             const BpTable *table,
                             GPtrArray     *amounts,
                             GError       **error);
  gboolean (*write_pending) (BpBackend     *self,
                             const char    *store_id,
                             const BpTable *table,
                             GPtrArray     *amounts,
                             GError       **error);
  gboolean (*write_operations) (BpBackend      *self,
                                const BpDevice *device,
                                GPtrArray      *entries,
                                gint64          now,
                                GError        **error);

  gboolean (*load_history) (BpBackend            *self,
                            const char           *store_id,
                            const BpHistoryQuery *query,
                            guint                 limit,
                            GPtrArray            *entries,
                            GError              **error);
  gboolean (*thin_history) (BpBackend  *self,
                            const char *store_id,
                            gint64      before,
                            guint       limit,
                            char      **place,
                            GError    **error);

  gboolean (*open_rows) (BpBackend        *self,
                         const BpRowQuery *query,
                         gpointer         *rows,
                         GError          **error);
  gboolean (*next_row) (BpBackend *self,
                        gpointer   rows,
                        BpState  **state,
                        GError   **error);
  void (*close_rows) (BpBackend *self,
                      gpointer   rows);

  gboolean (*list_backups) (BpBackend  *self,
                            const char *store_id,
                            GPtrArray  *backups,
                            GError    **error);
  gboolean (*add_backup) (BpBackend      *self,
                          const BpBackup *backup,
                          GError        **error);
  gboolean (*complete_backup) (BpBackend      *self,
                               const BpBackup *backup,
                               gboolean        is_complete,
                               GError        **error);
  gboolean (*remove_backup) (BpBackend      *self,
                             const BpBackup *backup,
                             GError        **error);
  gboolean (*write_backup_chunk) (BpBackend      *self,
                                  const BpBackup *backup,
                                  guint           number,
                                  GBytes         *data,
                                  GError        **error);
  gboolean (*read_backup_chunk) (BpBackend      *self,
                                 const BpBackup *backup,
                                 guint           number,
                                 GBytes        **data,
                                 GError        **error);
  gboolean (*remove_backup_chunks) (BpBackend      *self,
                                    const BpBackup *backup,
                                    guint           first,
                                    guint           end,
                                    GError        **error);

  gboolean (*purge) (BpBackend  *self,
                     const char *store_id,
                     gint64      before,
                     gint64     *horizon,
                     GError    **error);
  gboolean (*check_file) (BpBackend *self,
                          GPtrArray *faults,
                          GError   **error);
  gboolean (*backup) (BpBackend  *self,
                      const char *path,
                      GError    **error);
  gboolean (*await_news) (BpBackend    *self,
                          GCancellable *cancellable,
                          GPtrArray    *news,
                          GError      **error);
  gboolean (*tell_news) (BpBackend *self,
                         GPtrArray *news,
                         GError   **error);
};

/**
 * bp_backend_call:
 * @self: a backend
 * @function: one of #BpBackendClass
 *
 * `bp_backend_call (backend, load_store, id, &store, error)`
 */
#define bp_backend_call(self, function, ...) \
  (BP_BACKEND_GET_CLASS (self)->function ((self), __VA_ARGS__))

void bp_backend_rollback (BpBackend *self);
guint bp_table_get_projections (const BpTable *table,
                                guint         *fields);

BpNews *bp_news_new (const char *store_id,
                     gint64      seq);
gboolean bp_news_wait (int           fd,
                       GCancellable *cancellable,
                       int           milliseconds);
void bp_news_free (BpNews *news);
void bp_store_free (BpStore *store);
void bp_device_free (BpDevice *device);
void bp_pairing_code_free (BpPairingCode *code);
void bp_remembered_free (BpRemembered *remembered);
void bp_op_record_free (BpOpRecord *entry);
void bp_match_free (BpMatch *match);
void bp_backup_free (BpBackup *backup);
BpBackup *bp_backup_copy (const BpBackup *backup);
void bp_amounts_free (BpAmounts *amounts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpBackup, bp_backup_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpStore, bp_store_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpDevice, bp_device_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPairingCode, bp_pairing_code_free)

G_END_DECLS
