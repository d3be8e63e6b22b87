#include "config.h"

#include "bp-backend.h"

G_DEFINE_ABSTRACT_TYPE (BpBackend, bp_backend, G_TYPE_OBJECT)

static void
bp_backend_class_init (BpBackendClass *klass)
{
}

static void
bp_backend_init (BpBackend *self)
{
}

/**
 * bp_backend_rollback:
 * @self: a backend
 *
 * Takes back what is under way; nothing happens where nothing is.
 */
void
bp_backend_rollback (BpBackend *self)
{
  BP_BACKEND_GET_CLASS (self)->rollback (self);
}

/**
 * bp_table_get_projections:
 * @table: a table
 * @fields: (out caller-allocates) (array fixed-size=4): indices of its
 *   projections, in order
 *
 * Returns: how many there are
 */
guint
bp_table_get_projections (const BpTable *table,
                          guint         *fields)
{
  guint n_fields = 0;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (!(table->fields[i].flags & BP_FIELD_PROJECTION))
        continue;
      g_assert (n_fields < BP_MAX_PROJECTIONS);
      fields[n_fields++] = i;
    }

  return n_fields;
}

/**
 * bp_news_new:
 * @store_id: (nullable): of a store; %NULL for any
 * @seq: what it has got to; −1 where unknown
 *
 * Returns: (transfer full): the news
 */
BpNews *
bp_news_new (const char *store_id,
             gint64      seq)
{
  BpNews *news = g_new0 (BpNews, 1);

  news->store_id = g_strdup (store_id);
  news->seq = seq;
  return news;
}

/**
 * bp_news_wait:
 * @fd: what is waited for to be readable; −1 for nothing
 * @cancellable: ends the wait
 * @milliseconds: at most; −1 for ever
 *
 * Returns: whether @cancellable has not been cancelled
 */
gboolean
bp_news_wait (int           fd,
              GCancellable *cancellable,
              int           milliseconds)
{
  GPollFD fds[2] = { { .fd = -1 }, { .fd = fd, .events = G_IO_IN } };
  gboolean has_fd = g_cancellable_make_pollfd (cancellable, &fds[0]);

  g_poll (fds, fd >= 0 ? 2 : 1, milliseconds);
  if (has_fd)
    g_cancellable_release_fd (cancellable);
  return !g_cancellable_is_cancelled (cancellable);
}

/**
 * bp_news_free:
 * @news: (nullable) (transfer full): news
 */
void
bp_news_free (BpNews *news)
{
  if (news == NULL)
    return;

  g_free (news->store_id);
  g_free (news);
}

/**
 * bp_store_free:
 * @store: (nullable) (transfer full): a store
 */
void
bp_store_free (BpStore *store)
{
  if (store == NULL)
    return;

  g_free (store->id);
  g_free (store->name);
  g_free (store->currency);
  g_free (store->time_zone);
  g_free (store->epoch);
  g_free (store->secret);
  g_free (store);
}

/**
 * bp_device_free:
 * @device: (nullable) (transfer full): a device
 */
void
bp_device_free (BpDevice *device)
{
  if (device == NULL)
    return;

  g_free (device->store_id);
  g_free (device->id);
  g_free (device->name);
  g_free (device->prefix);
  g_free (device);
}

/**
 * bp_pairing_code_free:
 * @code: (nullable) (transfer full): a code
 */
void
bp_pairing_code_free (BpPairingCode *code)
{
  if (code == NULL)
    return;

  g_free (code->store_id);
  g_free (code->hash);
  g_free (code->device_id);
  g_free (code);
}

/**
 * bp_remembered_free:
 * @remembered: (nullable) (transfer full): an operation remembered
 */
void
bp_remembered_free (BpRemembered *remembered)
{
  if (remembered == NULL)
    return;

  g_free (remembered->op_id);
  g_free (remembered->hash);
  g_free (remembered);
}

/**
 * bp_op_record_free:
 * @entry: (nullable) (transfer full): an entry
 */
void
bp_op_record_free (BpOpRecord *entry)
{
  if (entry == NULL)
    return;

  g_free (entry->hash);
  g_free (entry->data);
  g_free (entry);
}

/**
 * bp_match_free:
 * @match: (nullable) (transfer full): a match
 */
void
bp_match_free (BpMatch *match)
{
  if (match == NULL)
    return;

  g_free (match->text);
  g_free (match->id);
  g_free (match);
}

/**
 * bp_backup_free:
 * @backup: (nullable) (transfer full): a backup
 */
void
bp_backup_free (BpBackup *backup)
{
  if (backup == NULL)
    return;

  g_free (backup->store_id);
  g_free (backup->id);
  g_free (backup->device_id);
  g_free (backup->device_name);
  g_free (backup->name);
  g_free (backup->sha256);
  g_free (backup);
}

/**
 * bp_backup_copy:
 * @backup: a backup
 *
 * Returns: (transfer full): the same
 */
BpBackup *
bp_backup_copy (const BpBackup *backup)
{
  BpBackup *copy = g_memdup2 (backup, sizeof *backup);

  copy->store_id = g_strdup (backup->store_id);
  copy->id = g_strdup (backup->id);
  copy->device_id = g_strdup (backup->device_id);
  copy->device_name = g_strdup (backup->device_name);
  copy->name = g_strdup (backup->name);
  copy->sha256 = g_strdup (backup->sha256);
  return copy;
}

/**
 * bp_amounts_free:
 * @amounts: (nullable) (transfer full): amounts
 */
void
bp_amounts_free (BpAmounts *amounts)
{
  if (amounts == NULL)
    return;

  g_free (amounts->id);
  g_free (amounts);
}
