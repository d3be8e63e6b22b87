#include "config.h"

#include "bp-conflict-words.h"

#include "bp-id.h"
#include "bp-line.h"
#include "bp-merge.h"
#include "bp-money.h"

#include <glib/gi18n.h>

#define MAX_LINES 8
#define MAX_CHANGES 6
#define N_SIDES 4

struct _BpConflictWords
{
  BpFormat *format;          /* (owned) */
  BpConflictCase *contested; /* (owned) */
  BpRecord *sides[N_SIDES];  /* (owned) (nullable) */
};

static BpRecord *
make_record (const BpTable *table,
             const BpState *state)
{
  BpRow row = { 0, (BpState *)state, BP_RECORD_SYNCED };
  BpRecord *record;

  if (state == NULL)
    return NULL;

  record = bp_record_new (table);
  bp_record_fill (record, &row);
  return record;
}

/**
 * bp_conflict_words_new:
 * @format: how values are written
 * @contested: (transfer full): a case with a conflict
 *
 * Returns: (transfer full): its words
 */
BpConflictWords *
bp_conflict_words_new (BpFormat       *format,
                       BpConflictCase *contested)
{
  BpConflictWords *self = g_new0 (BpConflictWords, 1);
  const BpConflict *conflict = contested->conflict;

  self->format = g_object_ref (format);
  self->contested = contested;
  self->sides[BP_CONFLICT_BEFORE] = make_record (conflict->table, conflict->base);
  self->sides[BP_CONFLICT_LOCAL] = make_record (conflict->table, conflict->local);
  self->sides[BP_CONFLICT_SERVER] = make_record (conflict->table, conflict->server);
  self->sides[BP_CONFLICT_NOW]
    = make_record (conflict->table, contested->row != NULL ? contested->row->state : NULL);
  return self;
}

/**
 * bp_conflict_words_free:
 * @self: (nullable) (transfer full): words
 */
void
bp_conflict_words_free (BpConflictWords *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < N_SIDES; i++)
    g_clear_object (&self->sides[i]);
  bp_conflict_case_free (self->contested);
  g_object_unref (self->format);
  g_free (self);
}

/**
 * bp_conflict_words_get_case:
 * @self: words
 *
 * Returns: (transfer none): what they are about
 */
const BpConflictCase *
bp_conflict_words_get_case (BpConflictWords *self)
{
  return self->contested;
}

/**
 * bp_conflict_words_get_format:
 * @self: words
 *
 * Returns: (transfer none): how values are written
 */
BpFormat *
bp_conflict_words_get_format (BpConflictWords *self)
{
  return self->format;
}

/**
 * bp_conflict_words_has:
 * @self: words
 * @side: which state
 *
 * Returns: whether there is such a state
 */
gboolean
bp_conflict_words_has (BpConflictWords *self,
                       BpConflictSide   side)
{
  return self->sides[side] != NULL;
}

/**
 * bp_conflict_words_get_value:
 * @self: words
 * @side: which state
 * @field: the index of a field
 *
 * Returns: (transfer none): its value there; null where there is no such state
 */
const BpValue *
bp_conflict_words_get_value (BpConflictWords *self,
                             BpConflictSide   side,
                             guint            field)
{
  static const BpValue null_value;

  if (self->sides[side] == NULL)
    return &null_value;

  return &bp_record_get_state (self->sides[side])->data->values[field];
}

static void
append_line (BpConflictWords *self,
             GString         *text,
             BpRecord        *record,
             const BpLine    *line)
{
  g_autofree char *quantity = bp_quantity_format (line->quantity);
  g_autofree char *total = bp_format_money (self->format, record, line->total);

  /* Translators: quantity, name and total of a line of a bill. */
  g_string_append_printf (text, _("%s × %s: %s"), quantity, line->name != NULL ? line->name : "",
                          total);
  g_string_append_c (text, '\n');
}

/* A bill's lines and what they come to. */
static char *
make_lines (BpConflictWords *self,
            BpRecord        *record,
            const BpValue   *value)
{
  g_autoptr (GPtrArray) lines = value->text != NULL ? bp_lines_parse (value->text, NULL) : NULL;
  g_autofree char *total
    = bp_format_money (self->format, record, bp_record_get_integer (record, "total_amount"));
  GString *text = g_string_new (NULL);
  guint more;

  for (guint i = 0; lines != NULL && i < lines->len && i < MAX_LINES; i++)
    append_line (self, text, record, lines->pdata[i]);
  more = lines != NULL && lines->len > MAX_LINES ? lines->len - MAX_LINES : 0;
  if (more > 0)
    {
      g_string_append_printf (text, ngettext ("and %u more", "and %u more", more), more);
      g_string_append_c (text, '\n');
    }
  g_string_append_printf (text, _("Total %s"), total);
  return g_string_free (text, FALSE);
}

static char *
make_plain_value (BpConflictWords *self,
                  BpConflictSide   side,
                  const BpField   *field,
                  const BpValue   *value)
{
  const char *title = NULL;

  if (value->kind == BP_VALUE_NULL)
    return g_strdup ("");
  if (field->type == BP_FIELD_LINES)
    return make_lines (self, self->sides[side], value);
  if (field->type == BP_FIELD_FLAG)
    return g_strdup (value->integer != 0 ? _("Yes") : _("No"));
  if (field->type == BP_FIELD_REFERENCE)
    title = g_hash_table_lookup (self->contested->titles, value->text);
  if (title != NULL)
    return g_strdup (title);

  return bp_format_field (self->format, self->sides[side], field);
}

/**
 * bp_conflict_words_make_value:
 * @self: words
 * @side: which state
 * @unit: the index of a field; for one of a sale's amounts, all of them
 *
 * Returns: (transfer full): what people read; a dash where there is nothing
 */
char *
bp_conflict_words_make_value (BpConflictWords *self,
                              BpConflictSide   side,
                              guint            unit)
{
  const BpField *field = &self->contested->conflict->table->fields[unit];
  g_autofree char *text
    = make_plain_value (self, side, field, bp_conflict_words_get_value (self, side, unit));

  return text[0] != '\0' ? g_steal_pointer (&text) : g_strdup ("–");
}

/**
 * bp_conflict_words_make_label:
 * @self: words
 * @unit: the index of a field
 *
 * Returns: (transfer full): what people call it
 */
char *
bp_conflict_words_make_label (BpConflictWords *self,
                              guint            unit)
{
  const BpField *field = &self->contested->conflict->table->fields[unit];

  if (field->flags & BP_FIELD_AMOUNTS)
    return g_strdup (_("Items and Amounts"));
  return g_strdup (field->label != NULL ? _(field->label) : field->name);
}

static const char *
find_name (const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_SEARCHED) && state->data->values[i].text != NULL)
        return state->data->values[i].text;
    }

  return NULL;
}

/**
 * bp_conflict_words_make_title:
 * @self: words
 *
 * Returns: (transfer full): what people know the record by
 */
char *
bp_conflict_words_make_title (BpConflictWords *self)
{
  const BpConflict *conflict = self->contested->conflict;
  const BpState *states[] = { conflict->local, conflict->server, conflict->base };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    {
      const char *name = states[i] != NULL ? find_name (states[i]) : NULL;

      if (name != NULL)
        return g_strdup (name);
    }

  return g_strdup (bp_id_is_uuid (conflict->record_id) ? _(conflict->table->label)
                                                       : conflict->record_id);
}

static void
append_part (GString    *text,
             const char *part)
{
  if (part == NULL || part[0] == '\0')
    return;
  if (text->len > 0)
    g_string_append (text, " · ");
  g_string_append (text, part);
}

/**
 * bp_conflict_words_make_who:
 * @self: words
 * @side: which state
 *
 * Returns: (transfer full): who made it, on which device, when, as far as it
 *   is known
 */
char *
bp_conflict_words_make_who (BpConflictWords *self,
                            BpConflictSide   side)
{
  GString *text = g_string_new (NULL);
  const BpState *state
    = self->sides[side] != NULL ? bp_record_get_state (self->sides[side]) : NULL;

  if (state != NULL)
    {
      g_autofree char *when = bp_format_time (self->format, state->modified_at);

      append_part (text, state->user);
      if (side != BP_CONFLICT_LOCAL)
        append_part (text, state->device_name);
      if (state->modified_at != 0)
        append_part (text, when);
    }

  return g_string_free (text, FALSE);
}

/* What one side changed, a line for each field. */
static void
append_changes (BpConflictWords *self,
                GString         *text,
                BpConflictSide   side)
{
  const BpConflict *conflict = self->contested->conflict;
  BpMergeSide changed = side == BP_CONFLICT_LOCAL ? BP_MERGE_SIDE_LOCAL : BP_MERGE_SIDE_SERVER;
  guint n = 0;

  if (!bp_conflict_words_has (self, BP_CONFLICT_BEFORE) || !bp_conflict_words_has (self, side))
    return;

  for (guint i = 0; i < conflict->table->n_fields && n < MAX_CHANGES; i++)
    {
      const BpField *field = &conflict->table->fields[i];
      BpMergeSide found = bp_merge_get_side (conflict, i);
      g_autofree char *label = NULL;
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;

      if ((found != changed && found != BP_MERGE_SIDE_BOTH && found != BP_MERGE_SIDE_SAME)
          || (field->flags & BP_FIELD_PROJECTION)
          || ((field->flags & BP_FIELD_AMOUNTS) && field->type != BP_FIELD_LINES))
        continue;
      label = bp_conflict_words_make_label (self, i);
      before = bp_conflict_words_make_value (self, BP_CONFLICT_BEFORE, i);
      after = bp_conflict_words_make_value (self, side, i);
      /* Translators: a field's label, its value before and after. */
      g_string_append_printf (text, _("%s: %s → %s"), label, before, after);
      g_string_append_c (text, '\n');
      n++;
    }
}

static void
append_who (BpConflictWords *self,
            GString         *text,
            const char      *format,
            BpConflictSide   side)
{
  g_autofree char *who = bp_conflict_words_make_who (self, side);

  if (who[0] == '\0')
    return;
  g_string_append_printf (text, format, who);
  g_string_append_c (text, '\n');
}

static void
append_references (BpConflictWords *self,
                   GString         *text)
{
  const GArray *references = self->contested->references;
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < references->len; i++)
    {
      const BpReferences *one = &g_array_index (references, BpReferences, i);
      /* Translators: the name of a list and how many of it: “Sales: 12”. */
      g_autofree char *part = g_strdup_printf (_("%s: %d"), _(one->table->label),
                                               (int)MIN (one->n, G_MAXINT));

      append_part (list, part);
    }
  if (list->len > 0)
    g_string_append_printf (text, _("What refers to it: %s"), list->str);
  else
    g_string_append (text, _("Nothing refers to it."));
}

/**
 * bp_conflict_words_make_heading:
 * @self: words of a deletion against a change
 *
 * Returns: (transfer full): what happened, in a line
 */
char *
bp_conflict_words_make_heading (BpConflictWords *self)
{
  g_autofree char *title = bp_conflict_words_make_title (self);

  if (self->contested->conflict->type == BP_CONFLICT_UPDATE_DELETE)
    return g_strdup_printf (_("“%s” was changed on the server, but deleted here"), title);
  if (!bp_conflict_words_has (self, BP_CONFLICT_SERVER))
    return g_strdup_printf (_("The server does not know “%s”, which was changed here"), title);

  return g_strdup_printf (_("“%s” was deleted on the server, but changed here"), title);
}

/**
 * bp_conflict_words_make_body:
 * @self: words of a deletion against a change
 *
 * Returns: (transfer full): who did what, and what refers to the record
 */
char *
bp_conflict_words_make_body (BpConflictWords *self)
{
  GString *text = g_string_new (NULL);

  if (self->contested->conflict->type == BP_CONFLICT_UPDATE_DELETE)
    {
      append_who (self, text, _("Changed there: %s"), BP_CONFLICT_SERVER);
      append_changes (self, text, BP_CONFLICT_SERVER);
      append_who (self, text, _("Deleted here: %s"), BP_CONFLICT_LOCAL);
    }
  else
    {
      append_who (self, text, _("Changed here: %s"), BP_CONFLICT_LOCAL);
      append_changes (self, text, BP_CONFLICT_LOCAL);
      append_who (self, text, _("Deleted there: %s"), BP_CONFLICT_SERVER);
    }
  append_references (self, text);
  return g_string_free (text, FALSE);
}

/**
 * bp_conflict_words_decision_to_text:
 * @decision: (nullable): as it is kept
 *
 * Returns: (transfer full): what people read
 */
char *
bp_conflict_words_decision_to_text (const char *decision)
{
  static const struct
  {
    const char *word;
    const char *label;
  } words[] = {
    { "merged", N_("Merged") },
    { "server", N_("The server’s was taken") },
    { "local", N_("This device’s was kept") },
    { "renumbered", N_("Both were kept, this one under a new number") },
    { "joined", N_("The two became one") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_strcmp0 (words[i].word, decision) == 0)
        return g_strdup (_(words[i].label));
    }

  return g_strdup (decision != NULL ? decision : _("Waits for a decision"));
}

/**
 * bp_conflict_words_make_decision:
 * @self: words of a decided conflict
 *
 * Returns: (transfer full): what was decided, and when
 */
char *
bp_conflict_words_make_decision (BpConflictWords *self)
{
  const BpConflict *conflict = self->contested->conflict;
  g_autofree char *what = bp_conflict_words_decision_to_text (conflict->decision);
  g_autofree char *when = bp_format_time (self->format, conflict->resolved);

  return g_strdup_printf ("%s · %s", what, when);
}
