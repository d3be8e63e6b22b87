#include "config.h"

#include "bp-shop-json.h"

#include <stddef.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-shop-private.h"

/**
 * Member:
 * @offset: of the draft's member
 * @has_offset: of the flag that says it was given; 0 where there is none
 *
 * What a JSON member of a draft fills. Its type and range are those of the
 * table's (or the line's) field of the same name.
 */
typedef struct
{
  const char *name;
  gsize offset;
  gsize has_offset;
} Member;

static const Member sale_members[] = {
  { "number", offsetof (BpSaleDraft, number), 0 },
  { "customer_id", offsetof (BpSaleDraft, customer_id), 0 },
  { "customer_name", offsetof (BpSaleDraft, customer_name), 0 },
  { "kind", offsetof (BpSaleDraft, kind), 0 },
  { "status", offsetof (BpSaleDraft, status), 0 },
  { "refers_to", offsetof (BpSaleDraft, refers_to), 0 },
  { "note", offsetof (BpSaleDraft, note), 0 },
  { "sale_date", offsetof (BpSaleDraft, sale_date), 0 },
  { "discount", offsetof (BpSaleDraft, discount), 0 },
};

static const Member line_members[] = {
  { "product_id", offsetof (BpLineDraft, product_id), 0 },
  { "sku", offsetof (BpLineDraft, sku), 0 },
  { "name", offsetof (BpLineDraft, name), 0 },
  { "unit", offsetof (BpLineDraft, unit), 0 },
  { "tax_code", offsetof (BpLineDraft, tax_code), 0 },
  { "quantity", offsetof (BpLineDraft, quantity), 0 },
  { "unit_price", offsetof (BpLineDraft, unit_price), offsetof (BpLineDraft, has_unit_price) },
  { "cost", offsetof (BpLineDraft, cost), offsetof (BpLineDraft, has_cost) },
  { "discount", offsetof (BpLineDraft, discount), 0 },
  { "tax_rate", offsetof (BpLineDraft, tax_rate), offsetof (BpLineDraft, has_tax_rate) },
  { "tax_inclusive", offsetof (BpLineDraft, tax_inclusive),
    offsetof (BpLineDraft, has_tax_inclusive) },
};

static const Member payment_members[] = {
  { "method", offsetof (BpPaymentDraft, method), 0 },
  { "note", offsetof (BpPaymentDraft, note), 0 },
  { "amount", offsetof (BpPaymentDraft, amount), offsetof (BpPaymentDraft, has_amount) },
};

static const BpField *
find_field (const BpField *fields,
            guint          n_fields,
            const char    *name)
{
  for (guint i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].name, name))
        return &fields[i];
    }

  g_assert_not_reached ();
}

static gboolean
read_value (const BpField *field,
            JsonNode      *node,
            BpValue       *value,
            GError       **error)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_STRING)
    bp_value_set_text (value, json_node_get_string (node));
  else if (type == G_TYPE_INT64)
    bp_value_set_integer (value, json_node_get_int (node));
  else if (type == G_TYPE_BOOLEAN && field->type == BP_FIELD_FLAG)
    bp_value_set_integer (value, json_node_get_boolean (node));
  else if (!JSON_NODE_HOLDS_NULL (node))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "The value of “%s” is not allowed", field->name);
      return FALSE;
    }

  return bp_field_check (field, value, error);
}

static gboolean
fill_member (gpointer       draft,
             const Member  *member,
             const BpField *field,
             JsonNode      *node,
             GError       **error)
{
  g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

  if (!read_value (field, node, &value, error))
    return FALSE;
  if (value.kind == BP_VALUE_NULL)
    return TRUE;

  if (bp_field_is_text (field))
    {
      g_free (G_STRUCT_MEMBER (char *, draft, member->offset));
      G_STRUCT_MEMBER (char *, draft, member->offset) = g_steal_pointer (&value.text);
    }
  else
    {
      G_STRUCT_MEMBER (gint64, draft, member->offset) = value.integer;
    }
  if (member->has_offset != 0)
    G_STRUCT_MEMBER (gboolean, draft, member->has_offset) = TRUE;
  return TRUE;
}

typedef struct
{
  const Member *members;
  guint n_members;
  const BpField *fields;
  guint n_fields;
  const char *const *others; /* members that are read elsewhere */
  const char *what;
} Shape;

static gboolean
fill_draft (gpointer     draft,
            const Shape *shape,
            JsonObject  *object,
            GError     **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const Member *member = NULL;

      for (guint i = 0; i < shape->n_members && member == NULL; i++)
        {
          if (g_str_equal (shape->members[i].name, name))
            member = &shape->members[i];
        }
      if (member == NULL && shape->others != NULL && g_strv_contains (shape->others, name))
        continue;
      if (member == NULL)
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                       "%s cannot be given a “%.64s”", shape->what, name);
          return FALSE;
        }
      if (!fill_member (draft, member, find_field (shape->fields, shape->n_fields, name), node,
                        error))
        return FALSE;
    }

  return TRUE;
}

typedef gpointer (*NewFunc) (void);

static gpointer
new_line (void)
{
  return bp_line_draft_new ();
}

static gpointer
new_payment (void)
{
  return bp_payment_draft_new (NULL);
}

static gboolean
fill_list (GPtrArray   *list,
           NewFunc      new_draft,
           const Shape *shape,
           JsonObject  *object,
           const char  *member,
           GError     **error)
{
  JsonArray *array;

  if (!bp_json_has (object, member))
    return TRUE;
  array = bp_json_get_array (object, member, error);
  if (array == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      gpointer draft;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                       "“%s” must hold objects", member);
          return FALSE;
        }
      draft = new_draft ();
      g_ptr_array_add (list, draft);
      if (!fill_draft (draft, shape, json_node_get_object (node), error))
        {
          g_prefix_error (error, "“%s”, %u: ", member, i + 1);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_id (JsonObject *object,
         char      **id,
         GError    **error)
{
  const char *text;

  *id = NULL;
  if (!bp_json_has (object, "id"))
    return TRUE;

  text = bp_json_get_string (object, "id", 4096, error);
  *id = g_strdup (text);
  return text != NULL;
}

/**
 * bp_sale_draft_new_from_json:
 * @object: a sale as `bizpulsectl add sales` takes it
 * @error: #BpDataError; an unknown or computed member is
 *   %BP_DATA_ERROR_UNKNOWN_FIELD
 *
 * Returns: (transfer full): the sale, not worked out yet
 */
BpSaleDraft *
bp_sale_draft_new_from_json (JsonObject *object,
                             GError    **error)
{
  static const char *const others[] = { "id", "lines", "payments", NULL };
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  const BpTable *sales = bp_table_find ("sales");
  const BpTable *payments = bp_table_find ("payments");
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);
  const Shape sale = { sale_members, G_N_ELEMENTS (sale_members), sales->fields, sales->n_fields,
                       others, "A sale" };
  const Shape line = { line_members, G_N_ELEMENTS (line_members), fields, n_fields, NULL,
                       "A line" };
  const Shape payment = { payment_members, G_N_ELEMENTS (payment_members), payments->fields,
                          payments->n_fields, NULL, "A payment" };

  if (!read_id (object, &draft->id, error) || !fill_draft (draft, &sale, object, error)
      || !fill_list (draft->lines, new_line, &line, object, "lines", error)
      || !fill_list (draft->payments, new_payment, &payment, object, "payments", error))
    return NULL;

  return g_steal_pointer (&draft);
}

static char *
add_sale (BpShop     *self,
          JsonObject *object,
          GError    **error)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new_from_json (object, error);

  return draft != NULL ? bp_shop_record_sale (self, draft, error) : NULL;
}

/* Without `id`, which is no field. */
static JsonObject *
copy_fields (JsonObject *object)
{
  JsonObject *copy = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      if (!g_str_equal (name, "id"))
        json_object_set_member (copy, name, json_node_ref (node));
    }

  return copy;
}

/**
 * bp_shop_add_from_json:
 * @self: a shop
 * @table: a table
 * @object: the record's fields, and its `id` or not; a sale with its `lines`
 *   and `payments`, to be worked out
 * @error: as of bp_shop_add() and bp_shop_record_sale()
 *
 * Saves a new record and queues it. Nothing changes on failure.
 *
 * Returns: (transfer full): its id
 */
char *
bp_shop_add_from_json (BpShop        *self,
                       const BpTable *table,
                       JsonObject    *object,
                       GError       **error)
{
  g_autoptr (JsonObject) fields = NULL;
  g_autoptr (BpChange) change = NULL;
  g_autofree char *id = NULL;

  if (g_str_equal (table->name, "sales"))
    return add_sale (self, object, error);
  if (!read_id (object, &id, error))
    return NULL;

  fields = copy_fields (object);
  change = bp_change_new_from_json (table, fields, BP_CHANGE_BOOLEANS, error);
  return change != NULL ? bp_shop_add (self, table, id, change, error) : NULL;
}

/**
 * bp_shop_set_from_json:
 * @self: a shop
 * @table: a table
 * @id: a record
 * @object: the fields that change; null empties one
 * @error: as of bp_shop_change()
 *
 * Changes a record, or restores a deleted one, and queues it. Nothing changes
 * on failure.
 *
 * Returns: whether it is saved
 */
gboolean
bp_shop_set_from_json (BpShop        *self,
                       const BpTable *table,
                       const char    *id,
                       JsonObject    *object,
                       GError       **error)
{
  g_autoptr (BpChange) change
    = bp_change_new_from_json (table, object, BP_CHANGE_BOOLEANS, error);

  return change != NULL && bp_shop_change (self, table, id, change, error);
}

/**
 * bp_shop_row_to_json:
 * @row: a record
 *
 * Returns: (transfer full): it as `bizpulsectl get` prints it: an object of
 *   its id, all its fields, null included, and its place in the sync
 */
char *
bp_shop_row_to_json (const BpRow *row)
{
  const BpChange *data = row->state->data;
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "id", row->state->id);
  for (guint i = 0; i < data->table->n_fields; i++)
    {
      bp_json_append_member (json, data->table->fields[i].name);
      bp_value_append_json (&data->values[i], &data->table->fields[i], json);
    }
  bp_json_append_integer_member (json, "version", row->state->version);
  bp_json_append_integer_member (json, "is_deleted", row->state->is_deleted);
  bp_json_append_integer_member (json, "last_modified", row->state->modified_at);
  bp_json_append_string_member (json, "sync_status", bp_record_status_to_string (row->status));
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}
