#include "config.h"

#include "bp-record.h"

struct _BpRecord
{
  GObject parent_instance;

  const BpTable *table; /* (unowned) */
  BpState *state;       /* (owned) (nullable): until it has been read */
  BpRecordStatus status;
  guint32 row;
  GPtrArray *titles;    /* (owned) (nullable) (element-type utf8) */
};

G_DEFINE_FINAL_TYPE (BpRecord, bp_record, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
bp_record_finalize (GObject *object)
{
  BpRecord *self = BP_RECORD (object);

  g_clear_pointer (&self->state, bp_state_free);
  g_clear_pointer (&self->titles, g_ptr_array_unref);

  G_OBJECT_CLASS (bp_record_parent_class)->finalize (object);
}

static void
bp_record_class_init (BpRecordClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bp_record_finalize;

  /**
   * BpRecord::changed:
   * @self: the record
   *
   * Emitted when it shows something else than before.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_RECORD, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_record_init (BpRecord *self)
{
}

/**
 * bp_record_new:
 * @table: a table
 *
 * Returns: (transfer full): a record of which nothing has been read
 */
BpRecord *
bp_record_new (const BpTable *table)
{
  BpRecord *self = g_object_new (BP_TYPE_RECORD, NULL);

  self->table = table;
  return self;
}

/**
 * bp_record_get_table:
 * @self: a record
 *
 * Returns: (transfer none): its table
 */
const BpTable *
bp_record_get_table (BpRecord *self)
{
  return self->table;
}

/**
 * bp_record_is_loaded:
 * @self: a record
 *
 * Returns: whether it has been read; until then all it shows is empty
 */
gboolean
bp_record_is_loaded (BpRecord *self)
{
  return self->state != NULL;
}

/**
 * bp_record_get_id:
 * @self: a record
 *
 * Returns: (transfer none) (nullable): its id; %NULL until it has been read
 */
const char *
bp_record_get_id (BpRecord *self)
{
  return self->state != NULL ? self->state->id : NULL;
}

/**
 * bp_record_get_status:
 * @self: a record
 *
 * Returns: its way to the server
 */
BpRecordStatus
bp_record_get_status (BpRecord *self)
{
  return self->status;
}

/**
 * bp_record_get_state:
 * @self: a record
 *
 * Returns: (transfer none) (nullable): all of it; %NULL until it has been read.
 *   Valid until the next "changed"
 */
const BpState *
bp_record_get_state (BpRecord *self)
{
  return self->state;
}

/**
 * bp_record_get_integer:
 * @self: a record
 * @field: a field's name
 *
 * Returns: its value; 0 where it is null or has not been read
 */
gint64
bp_record_get_integer (BpRecord   *self,
                       const char *field)
{
  return self->state != NULL ? bp_change_get_integer (self->state->data, field) : 0;
}

/**
 * bp_record_get_text:
 * @self: a record
 * @field: a field's name
 *
 * Returns: (transfer none) (nullable): its value; %NULL where it is null or has
 *   not been read
 */
const char *
bp_record_get_text (BpRecord   *self,
                    const char *field)
{
  return self->state != NULL ? bp_change_get_text (self->state->data, field) : NULL;
}

/**
 * bp_record_get_title:
 * @self: a record
 * @field: the name of a reference
 *
 * Returns: (transfer none) (nullable): what people read of the record it
 *   refers to; %NULL where it refers to none, or that one is not here
 */
const char *
bp_record_get_title (BpRecord   *self,
                     const char *field)
{
  int i = bp_table_find_field (self->table, field);

  g_return_val_if_fail (i >= 0, NULL);
  return self->titles != NULL ? self->titles->pdata[i] : NULL;
}

/**
 * bp_record_dup_row:
 * @self: a record
 *
 * Returns: (transfer full) (nullable): what it shows, for another record; %NULL
 *   until it has been read
 */
BpRow *
bp_record_dup_row (BpRecord *self)
{
  BpRow *row;

  if (self->state == NULL)
    return NULL;

  row = g_new0 (BpRow, 1);
  row->row = self->row;
  row->state = bp_state_copy (self->state);
  row->status = self->status;
  row->titles = self->titles != NULL ? g_ptr_array_ref (self->titles) : NULL;
  return row;
}

static gboolean
shows_titles (BpRecord    *self,
              const BpRow *row)
{
  if (self->titles == NULL || row->titles == NULL)
    return self->titles == row->titles;

  for (guint i = 0; i < self->table->n_fields; i++)
    {
      if (g_strcmp0 (self->titles->pdata[i], row->titles->pdata[i]) != 0)
        return FALSE;
    }

  return TRUE;
}

/* Projections count here: they are shown, too. */
static gboolean
shows (BpRecord    *self,
       const BpRow *row)
{
  const BpState *state = row->state;

  if (self->state == NULL || self->status != row->status || self->row != row->row
      || self->state->version != state->version
      || self->state->modified_at != state->modified_at
      || self->state->is_deleted != state->is_deleted
      || !g_str_equal (self->state->id, state->id) || !shows_titles (self, row))
    return FALSE;

  for (guint i = 0; i < self->table->n_fields; i++)
    {
      if (!bp_value_equal (&self->state->data->values[i], &state->data->values[i]))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_record_fill:
 * @self: a record
 * @row: (nullable): what it shows from now on, copied; nothing where %NULL
 *
 * Emits "changed" where that is something else than before.
 */
void
bp_record_fill (BpRecord    *self,
                const BpRow *row)
{
  if (row == NULL ? self->state == NULL : shows (self, row))
    return;

  g_clear_pointer (&self->state, bp_state_free);
  g_clear_pointer (&self->titles, g_ptr_array_unref);
  self->status = BP_RECORD_SYNCED;
  self->row = 0;
  if (row != NULL)
    {
      g_assert (row->state->data->table == self->table);
      self->state = bp_state_copy (row->state);
      self->status = row->status;
      self->row = row->row;
      self->titles = row->titles != NULL ? g_ptr_array_ref (row->titles) : NULL;
    }
  g_signal_emit (self, signals[CHANGED], 0);
}
