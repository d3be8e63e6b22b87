/* A first sync in bulk: section 5 of the contract. A snapshot of one state is
 * made once; while a store changes all the time, an older one will do, for a
 * device pulls afterwards what has changed since. */
#include "config.h"

#include "bp-rules-private.h"
#include "bp-snapshot.h"
#include "bp-table.h"

#define TYPE "application/vnd.sqlite3"

typedef struct
{
  const BpCall *call;    /* (unowned) */
  const BpStore *store;  /* (unowned): as it was when the call came */
  BpClock *clock;        /* (unowned) */
  guint tables;
} Question;

/* Unknown parameters are passed over, unknown tables are not. */
static gboolean
parse_tables (const char *text,
              guint      *tables,
              GError    **error)
{
  g_autoptr (GHashTable) parameters
    = g_uri_parse_params (text, -1, "&", G_URI_PARAMS_WWW_FORM, error);
  const char *list = parameters != NULL ? g_hash_table_lookup (parameters, "tables") : NULL;
  g_auto (GStrv) names = NULL;

  *tables = (1u << BP_N_TABLES) - 1;
  if (parameters == NULL || list == NULL)
    return parameters != NULL;

  *tables = 0;
  names = g_strsplit (list, ",", BP_N_TABLES + 1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      const BpTable *table = bp_table_require (names[i], error);

      if (table == NULL)
        return FALSE;
      *tables |= 1u << bp_table_get_index (table);
    }
  if (*tables == 0)
    bp_table_require ("", error);
  return *tables != 0;
}

static char *
make_group (const Question *question,
            const char     *epoch,
            gboolean        is_gzip)
{
  return g_strdup_printf ("snapshot %s %x%s", epoch, question->tables, is_gzip ? " gzip" : "");
}

static BpReply *
accept_file (BpSpoolFile *file)
{
  BpReply *reply = bp_rules_accept (200, NULL);

  reply->file = file;
  reply->file_type = TYPE;
  return reply;
}

/* Who goes on with a download gets what it began, for as long as it is kept. */
static BpSpoolFile *
find_begun (const Question *question)
{
  const BpCall *call = question->call;
  BpSpoolFile *file = NULL;

  for (int is_gzip = call->accepts_gzip ? 1 : 0; call->if_range != NULL && is_gzip >= 0 && !file;
       is_gzip--)
    {
      g_autofree char *group = make_group (question, question->store->epoch, is_gzip);

      file = bp_spool_find (call->spool, question->store->id, group, call->if_range);
    }
  return file;
}

/* One that was made before deletions were forgotten that it shows is of no use:
 * what is pulled after it would not bring them. */
static BpSpoolFile *
find_newest (const Question *question,
             const BpStore  *store,
             gboolean        is_gzip,
             gint64          seq)
{
  g_autofree char *group = make_group (question, store->epoch, is_gzip);
  g_autoptr (BpSpoolFile) file = bp_spool_find (question->call->spool, store->id, group, NULL);

  return file != NULL && file->number >= seq ? g_steal_pointer (&file) : NULL;
}

static BpSpoolFile *
keep (const Question *question,
      const BpStore  *store,
      BpSpoolFile    *file)
{
  g_autofree char *group = make_group (question, store->epoch, file->is_gzip);

  bp_spool_keep (question->call->spool, group, file);
  return file;
}

/* In the transaction that @store was read in. */
static BpSpoolFile *
make_file (BpBackend      *backend,
           const Question *question,
           const BpStore  *store,
           GError        **error)
{
  gboolean is_gzip = question->call->accepts_gzip;
  g_autoptr (BpSpoolFile) file = find_newest (question, store, is_gzip, store->seq);
  g_autoptr (BpSpoolFile) packed = NULL;

  if (file != NULL)
    return g_steal_pointer (&file);

  file = is_gzip ? find_newest (question, store, FALSE, store->seq) : NULL;
  if (file == NULL)
    file = bp_snapshot_build (backend, store, question->tables, question->call->spool, error);
  bp_backend_rollback (backend);
  if (file == NULL)
    return NULL;
  if (is_gzip)
    packed = bp_spool_pack (question->call->spool, store->id, file, error);
  if (is_gzip && packed == NULL)
    return NULL;

  return keep (question, store, is_gzip ? g_steal_pointer (&packed) : g_steal_pointer (&file));
}

static BpReply *
build (BpBackend      *backend,
       const Question *question)
{
  gint64 began_at = bp_clock_get_monotonic (question->clock);
  g_autoptr (BpStore) store = NULL;
  BpSpoolFile *file = NULL;
  GError *error = NULL;
  BpReply *reply;

  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, &error)
      || !bp_backend_call (backend, load_store, question->store->id, &store, &error))
    return bp_rules_fail (backend, error);
  if (store == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAUTHORIZED, NULL);

  file = make_file (backend, question, store, &error);
  bp_spool_charge (question->call->spool, store->id,
                   bp_clock_get_monotonic (question->clock) - began_at);
  if (file == NULL)
    return bp_rules_refuse_spool (backend, error);

  bp_backend_rollback (backend);
  reply = accept_file (file);
  reply->epoch = g_steal_pointer (&store->epoch);
  reply->bytes_made = file->size;
  return reply;
}

/**
 * bp_rules_snapshot:
 * @backend: not in a transaction
 * @clock: the time
 * @store: the device's
 * @call: which tables
 *
 * Two calls for one store at a time may build the same file twice; who hands
 * out the work sees to it that they come one after the other.
 *
 * Returns: (transfer full): a file with the living rows of one state
 */
BpReply *
bp_rules_snapshot (BpBackend     *backend,
                   BpClock       *clock,
                   const BpStore *store,
                   const BpCall  *call)
{
  Question question = { .call = call, .store = store, .clock = clock };
  g_autofree char *text = g_strndup (call->body, call->length);
  g_autoptr (GError) refusal = NULL;
  BpSpoolFile *file;

  if (call->spool == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_NOT_FOUND, NULL);
  if (!parse_tables (text, &question.tables, &refusal))
    return bp_rules_refuse (backend, BP_PROBLEM_INVALID, refusal->message);

  bp_spool_drop_old (call->spool);
  file = find_begun (&question);
  if (file == NULL)
    file = find_newest (&question, store, call->accepts_gzip, store->seq);
  if (file != NULL)
    return accept_file (file);
  if (bp_spool_get_wait (call->spool, store->id) == 0)
    return build (backend, &question);

  file = find_newest (&question, store, call->accepts_gzip, store->horizon);
  return file != NULL ? accept_file (file)
                      : bp_rules_refuse (backend, BP_PROBLEM_UNAVAILABLE, NULL);
}
