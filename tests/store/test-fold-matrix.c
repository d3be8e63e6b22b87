/* Folding against the words of the contract, section 6 "Queue": every sequence
 * of up to four edits from every starting state, with what waits left alone,
 * sent, refused, or refused after an answer was lost, at every point of it, and
 * later applied or tried again, at every point after that.
 *
 * The oracle below is written from those words alone: it keeps a base, a
 * record and a list of rows, and knows nothing of how the store does it. */
#include "config.h"

#include <string.h>

#include "bp-store-sync.h"
#include "store-fixture.h"

#define MAX_EDITS 4
#define MAX_ROWS 8

typedef enum
{
  EXISTS_NOT,
  LIVES,
  DELETED,
} Existence;

/* A record of two fields, name and phone; NULL is null. */
typedef struct
{
  Existence existence;
  const char *name;
  const char *phone;
} Record;

typedef enum
{
  ROW_PENDING,
  ROW_SYNCING,
  ROW_FAILED,
} RowStatus;

typedef struct
{
  char *text;       /* kind and data; (owned) */
  Record after;     /* what the record is once it is applied */
  RowStatus status;
  gboolean is_sent; /* and no answer has told what became of it */
} Row;

typedef struct
{
  Record base;
  Record record;
  Row rows[MAX_ROWS];
  guint n_rows;
} Model;

/* What a step of a path does: an edit, or something that happens to the oldest
 * row that waits. */
static const char edits[] = "iabodr";
static const char first_marks[] = "sfx";
static const char second_marks[] = "kp";

static const char *const names[] = {
  ['i'] = "insert", ['a'] = "update-a", ['b'] = "update-b", ['o'] = "back-to-base",
  ['d'] = "delete", ['r'] = "restore", ['s'] = "SENT", ['f'] = "FAILED",
  ['x'] = "SENT-AND-FAILED", ['k'] = "APPLIED", ['p'] = "RETRIED"
};

static void
model_copy (Model       *to,
            const Model *from)
{
  *to = *from;
  for (guint i = 0; i < from->n_rows; i++)
    to->rows[i].text = g_strdup (from->rows[i].text);
}

static void
model_clear (Model *model)
{
  for (guint i = 0; i < model->n_rows; i++)
    g_free (model->rows[i].text);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Model, model_clear)

static char *
quote (const char *text)
{
  return text != NULL ? g_strdup_printf ("\"%s\"", text) : g_strdup ("null");
}

static char *
write_all (const char   *kind,
           const Record *record)
{
  g_autofree char *name = quote (record->name);
  g_autofree char *phone = quote (record->phone);

  return g_strdup_printf ("%s {\"name\":%s,\"phone\":%s,\"email\":null,\"address\":null,"
                          "\"tax_id\":null,\"credit_limit\":0,\"note\":null}", kind, name, phone);
}

/* "The difference between base and record as it is now (no base: INSERT, or
 * nothing if deleted; deleted base: UPDATE with `restore`; no difference:
 * nothing)". */
static char *
find_difference (const Record *base,
                 const Record *record)
{
  g_autofree char *name = NULL;
  g_autofree char *phone = NULL;
  gboolean has_name, has_phone;

  if (record->existence != LIVES)
    return base->existence == LIVES ? g_strdup ("DELETE") : NULL;
  if (base->existence == EXISTS_NOT)
    return write_all ("INSERT", record);
  if (base->existence == DELETED)
    return write_all ("UPDATE restore", record);

  has_name = g_strcmp0 (base->name, record->name) != 0;
  has_phone = g_strcmp0 (base->phone, record->phone) != 0;
  if (!has_name && !has_phone)
    return NULL;

  name = quote (record->name);
  phone = quote (record->phone);
  return g_strdup_printf ("UPDATE {%s%s%s%s%s}", has_name ? "\"name\":" : "", has_name ? name : "",
                          has_name && has_phone ? "," : "", has_phone ? "\"phone\":" : "",
                          has_phone ? phone : "");
}

/* "whose row is `pending` or `failed` and was never sent without an answer". */
static gboolean
is_foldable (const Row *row)
{
  return row->status != ROW_SYNCING && !row->is_sent;
}

static void
model_queue (Model *model)
{
  gboolean folds = model->n_rows > 0 && is_foldable (&model->rows[model->n_rows - 1]);
  guint n_kept = model->n_rows - (folds ? 1 : 0);
  const Record *before = n_kept > 0 ? &model->rows[n_kept - 1].after : &model->base;
  char *difference = find_difference (before, &model->record);
  Record after = model->record;

  /* A deletion tells nothing of what was edited before it. */
  if (after.existence == DELETED)
    after = (Record){ DELETED, before->name, before->phone }
  ;
  if (folds)
    g_free (model->rows[n_kept].text);
  model->n_rows = n_kept;
  if (difference != NULL)
    model->rows[model->n_rows++] = (Row){ difference, after, ROW_PENDING, FALSE }
  ;

  /* Nothing waits: the record is as the server has it, or gone. */
  if (model->n_rows == 0)
    model->record = model->base;
}

/* What an edit makes of the record; FALSE where it must be refused. */
static gboolean
edit_record (Record *record,
             char    edit)
{
  if (edit == 'i')
    {
      if (record->existence == LIVES)
        return FALSE;
      *record = (Record){ LIVES, "Made", NULL };
      return TRUE;
    }
  if (record->existence == EXISTS_NOT)
    return FALSE;

  record->existence = edit == 'd' ? DELETED : LIVES;
  if (edit == 'a')
    record->name = "New";
  else if (edit == 'b')
    record->phone = "1";
  else if (edit == 'o')
    record->name = "Old";
  return TRUE;
}

static gboolean
is_same (const Record *a,
         const Record *b)
{
  return a->existence == b->existence
         && (a->existence == DELETED
             || (g_strcmp0 (a->name, b->name) == 0 && g_strcmp0 (a->phone, b->phone) == 0));
}

static gboolean
model_edit (Model *model,
            char   edit)
{
  Record before = model->record;

  if (!edit_record (&model->record, edit))
    return FALSE;
  if (!is_same (&before, &model->record))
    model_queue (model);
  return TRUE;
}

/* "`applied` makes what was sent the base of what waits". */
static void
model_apply (Model *model)
{
  g_free (model->rows[0].text);
  model->base = model->rows[0].after;
  model->n_rows--;
  memmove (model->rows, model->rows + 1, model->n_rows * sizeof (Row));
  if (model->n_rows == 0)
    model->record = model->base;
}

/* FALSE where there is nothing that it could happen to. */
static gboolean
model_mark (Model *model,
            char   mark)
{
  if (model->n_rows == 0
      || (mark == 'k' && model->rows[0].status != ROW_SYNCING)
      || (mark == 'p' && model->rows[0].status != ROW_FAILED))
    return FALSE;

  if (mark == 'k')
    model_apply (model);
  else if (mark == 'p')
    model->rows[0].status = ROW_PENDING;
  if (strchr (second_marks, mark) != NULL)
    return TRUE;

  model->rows[0].status = mark == 's' ? ROW_SYNCING : ROW_FAILED;
  model->rows[0].is_sent = mark != 'f';
  return TRUE;
}

static char *
model_describe (const Model *model)
{
  static const char *const statuses[] = { "pending", "syncing", "failed" };
  GString *text = g_string_new (NULL);
  const char *status = "synced";

  for (guint i = 0; i < model->n_rows; i++)
    {
      const Row *row = &model->rows[i];

      if (row->status == ROW_FAILED)
        status = "failed";
      else if (!g_str_equal (status, "failed"))
        status = "pending";
    }
  if (model->record.existence == EXISTS_NOT)
    g_string_append (text, "none");
  else if (model->record.existence == DELETED)
    g_string_append_printf (text, "%s deleted", status);
  else
    g_string_append_printf (text, "%s %s %s", status, model->record.name,
                            model->record.phone != NULL ? model->record.phone : "-");
  g_string_append_printf (text, ", base %d", model->n_rows > 0);

  for (guint i = 0; i < model->n_rows; i++)
    g_string_append_printf (text, "\n  %s%s %s", statuses[model->rows[i].status],
                            model->rows[i].is_sent ? " sent" : "", model->rows[i].text);
  return g_string_free (text, FALSE);
}

/* --- The store --- */

typedef struct
{
  StoreFixture *fixture;
  const Model *model;
  GString *path;
  guint n_edits;
  guint n_marks;
  guint *n_checked;
  char step;
} Walk;

static char *
store_describe (StoreFixture *fixture)
{
  return ask_text (fixture,
                   "SELECT coalesce ((SELECT sync_status ||"
                   "   iif (is_deleted, ' deleted', ' ' || name || ' ' || coalesce (phone, '-'))"
                   "  FROM customers_local WHERE id = 'c'), 'none')"
                   " || ', base ' || (SELECT count (*) FROM sync_base)"
                   " || coalesce ((SELECT group_concat (char (10) || '  ' || line, '') FROM"
                   "  (SELECT status || iif (unanswered > 0, ' sent ', ' ') || operation"
                   "    || iif (restore, ' restore', '') || coalesce (' ' || data, '') AS line"
                   "   FROM sync_queue WHERE status <> 'synced' ORDER BY id)), '')");
}

static gboolean
store_edit (StoreFixture *fixture,
            char          edit,
            GError      **error)
{
  switch (edit)
    {
    case 'i':
      return try_save (fixture, BP_OPERATION_INSERT, "customers", "c", "{\"name\":\"Made\"}",
                       error);
    case 'a':
      return try_save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"name\":\"New\"}",
                       error);
    case 'b':
      return try_save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"phone\":\"1\"}",
                       error);
    case 'o':
      return try_save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{\"name\":\"Old\"}",
                       error);
    case 'd':
      return try_save (fixture, BP_OPERATION_DELETE, "customers", "c", NULL, error);
    case 'r':
      return try_save (fixture, BP_OPERATION_UPDATE, "customers", "c", "{}",
                       error);
    default:
      g_assert_not_reached ();
    }
}

static BpClaim *
claim (StoreFixture *fixture,
       BpClaimScope  scope)
{
  g_autoptr (GError) error = NULL;
  BpClaim *claimed = bp_store_claim (fixture->store, scope, 100, 100, &error);

  g_assert_no_error (error);
  g_assert_nonnull (claimed);
  g_assert_cmpuint (claimed->operations->len, ==, 1);
  return claimed;
}

static void
answer (StoreFixture  *fixture,
        BpClaim       *claimed,
        BpResultStatus status)
{
  const BpOperation *operation = claimed->operations->pdata[0];
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_autoptr (GError) error = NULL;
  BpResult *result = bp_result_new (operation->op_id);
  BpAnswerSummary summary;

  result->status = status;
  result->code = g_strdup ("invalid_value");
  result->detail = g_strdup ("No");
  result->version = operation->base_version + 1;
  result->seq = 40;
  g_ptr_array_add (results, result);
  bp_store_apply_answer (fixture->store, claimed, results, &summary, &error);
  g_assert_no_error (error);
}

static void
store_mark (StoreFixture *fixture,
            char          mark)
{
  g_autoptr (BpClaim) first = NULL;
  g_autoptr (BpClaim) second = NULL;
  g_autoptr (GError) error = NULL;

  if (mark == 'p')
    bp_store_retry (fixture->store, NULL, &error);
  else
    first = claim (fixture, mark == 'k' ? BP_CLAIM_UNANSWERED : BP_CLAIM_ALL);
  g_assert_no_error (error);
  if (mark == 'k')
    answer (fixture, first, BP_RESULT_APPLIED);
  if (mark == 'f')
    answer (fixture, first, BP_RESULT_REJECTED);
  if (mark != 'x')
    return;

  second = claim (fixture, BP_CLAIM_UNANSWERED);
  bp_store_fail_claim (fixture->store, second, "too_large", &error);
  g_assert_no_error (error);
}

static void
check (const Walk  *walk,
       const Model *model)
{
  g_autofree char *expected = model_describe (model);
  g_autofree char *found = store_describe (walk->fixture);

  *walk->n_checked += 1;
  if (g_str_equal (expected, found))
    return;
  g_error ("%s:\nexpected %s\nfound %s", walk->path->str, expected, found);
}

static void walk_on (Walk *walk);

static gboolean
take_step (BpStore *store,
           gpointer user_data,
           GError **error)
{
  Walk *walk = user_data;
  gboolean is_edit = strchr (edits, walk->step) != NULL;
  g_auto (Model) model = { 0 };
  g_autoptr (GError) refusal = NULL;
  Walk next = *walk;
  gboolean allowed;

  model_copy (&model, walk->model);
  bp_test_clock_advance (walk->fixture->clock, 1);
  allowed = is_edit ? model_edit (&model, walk->step) : model_mark (&model, walk->step);
  if (is_edit)
    g_assert_true (store_edit (walk->fixture, walk->step, &refusal) == allowed);
  else if (allowed)
    store_mark (walk->fixture, walk->step);
  if (allowed || is_edit)
    check (walk, &model);

  next.model = &model;
  next.n_edits += is_edit;
  next.n_marks += !is_edit;
  if (allowed)
    walk_on (&next);

  /* Back to where it was. */
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Back");
  return FALSE;
}

static void
walk_on (Walk *walk)
{
  gsize length = walk->path->len;
  g_autofree char *steps = g_strconcat (walk->n_edits < MAX_EDITS ? edits : "",
                                        walk->n_marks == 0 ? first_marks
                                        : walk->n_marks == 1 ? second_marks : "",
                                        NULL);

  for (const char *step = steps; *step != '\0'; step++)
    {
      g_autoptr (GError) error = NULL;

      walk->step = *step;
      g_string_append_printf (walk->path, " %s", names[(guint)*step]);
      g_assert_false (bp_store_transact (walk->fixture->store, take_step, walk, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_string_truncate (walk->path, length);
    }
}

static gboolean
walk_all (BpStore *store,
          gpointer user_data,
          GError **error)
{
  walk_on (user_data);
  return TRUE;
}

static gboolean
write_synced (BpStore *store,
              gpointer user_data,
              GError **error)
{
  const Record *base = user_data;
  g_autoptr (BpState) state = bp_state_new (bp_table_find ("customers"), "c");

  bp_change_set_text (state->data, "name", base->name);
  bp_change_complete (state->data);
  state->version = 3;
  state->seq = 30;
  state->is_deleted = base->existence == DELETED;
  return bp_store_write_row (store, state->data->table, state, BP_RECORD_SYNCED, error);
}

static const Record bases[] = {
  { EXISTS_NOT, NULL, NULL },
  { LIVES, "Old", NULL },
  { DELETED, "Old", NULL },
};

static void
test_matrix (StoreFixture *fixture,
             gconstpointer data)
{
  Model model = { 0 };
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  guint n_checked = 0;
  Walk walk = { fixture, &model, path, 0, 0, &n_checked, 0 };

  model.base = model.record = bases[GPOINTER_TO_UINT (data)];
  if (model.base.existence != EXISTS_NOT)
    bp_store_transact (fixture->store, write_synced, &model.base, &error);
  g_assert_no_error (error);
  check (&walk, &model);

  /* One transaction, each step a savepoint in it: nothing of it is written. */
  bp_store_transact (fixture->store, walk_all, &walk, &error);
  g_assert_no_error (error);
  g_test_message ("%u states compared", n_checked);
  g_assert_cmpuint (n_checked, >, 1500);
}

#define ADD(name, base) \
  g_test_add ("/store/fold-matrix/" name, StoreFixture, GUINT_TO_POINTER (base), \
              store_fixture_init, test_matrix, store_fixture_clear)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("any-edits-of-what-the-server-has-not", 0);
  ADD ("any-edits-of-what-the-server-has", 1);
  ADD ("any-edits-of-what-the-server-has-deleted", 2);

  return g_test_run ();
}
