/* Settings: the shop's in the table `settings`, each a record whose id is the
 * key and whose value is JSON; the others in the device's own table. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-setting.h"
#include "bp-shop-json.h"
#include "bp-shop-private.h"

/* What the server said of the store when this folder was paired. */
static const struct
{
  const char *key;
  const char *value;
} paired[] = {
  { "shop.name", "store.name" },
  { "shop.currency", "store.currency" },
  { "shop.time_zone", "store.time_zone" },
};

static const BpTable *
get_settings (void)
{
  return bp_table_find ("settings");
}

static BpRow *
get_record (BpStore    *store,
            const char *key)
{
  return bp_store_get (store, get_settings (), key, NULL);
}

/* The text of a JSON string or number; nothing where it is something else. */
static char *
unwrap (const char *json)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *array = NULL;
  JsonNode *element;

  if (json == NULL)
    return NULL;

  array = g_strdup_printf ("[%s]", json);
  node = bp_json_parse (array, -1, NULL);
  if (node == NULL || json_array_get_length (json_node_get_array (node)) != 1)
    return NULL;
  element = json_array_get_element (json_node_get_array (node), 0);
  if (!JSON_NODE_HOLDS_VALUE (element))
    return NULL;
  if (json_node_get_value_type (element) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (element));
  if (json_node_get_value_type (element) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (element) ? "1" : "0");

  return json_node_dup_string (element);
}

static char *
wrap (const BpSetting *setting,
      const char      *value)
{
  GString *json = g_string_new (NULL);

  if (bp_setting_is_number (setting))
    g_string_append (json, value);
  else
    bp_json_append_string (json, value);
  return g_string_free (json, FALSE);
}

/* What is set, as long as it is allowed: another version of the program, or a
 * person with `set settings`, may have written anything. */
static char *
read_set (BpStore         *store,
          const BpSetting *setting)
{
  g_autoptr (BpRow) row = NULL;
  g_autofree char *value = NULL;

  if (!bp_setting_is_shared (setting))
    {
      value = bp_store_get_device_setting (store, setting->key);
      return value != NULL ? bp_setting_normalize (setting->key, value, NULL) : NULL;
    }

  row = get_record (store, setting->key);
  if (row != NULL && !row->state->is_deleted)
    value = unwrap (bp_change_get_text (row->state->data, "value"));
  if (value != NULL && bp_setting_check (setting->key, value, NULL))
    return bp_setting_normalize (setting->key, value, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (paired); i++)
    {
      if (!g_str_equal (paired[i].key, setting->key))
        continue;
      g_free (value);
      value = bp_store_get_value (store, paired[i].value);
      return value != NULL ? bp_setting_normalize (setting->key, value, NULL) : NULL;
    }

  return NULL;
}

static char *
read_effective (BpStore         *store,
                const BpSetting *setting,
                const char      *currency)
{
  char *value = read_set (store, setting);

  return value != NULL ? value : g_strdup (bp_setting_get_default (setting->key, currency));
}

static char *
read_text (BpStore    *store,
           const char *key,
           const char *currency)
{
  return read_effective (store, bp_setting_find (key), currency);
}

static gint64
read_number (BpStore    *store,
             const char *key,
             const char *currency)
{
  g_autofree char *value = read_text (store, key, currency);

  return g_ascii_strtoll (value, NULL, 10);
}

/**
 * bp_profile_read:
 * @store: a store
 *
 * Returns: (transfer full): the shop's settings as they are stored now,
 *   defaults filled in
 */
BpProfile *
bp_profile_read (BpStore *store)
{
  BpProfile *profile = g_new0 (BpProfile, 1);

  profile->currency = read_text (store, "shop.currency", NULL);
  profile->name = read_text (store, "shop.name", profile->currency);
  profile->time_zone = read_text (store, "shop.time_zone", profile->currency);
  profile->tax_rate = read_number (store, "shop.tax_rate", profile->currency);
  profile->tax_inclusive = read_number (store, "shop.tax_inclusive", profile->currency) != 0;
  profile->tax_split = read_number (store, "shop.tax_split", profile->currency) != 0;
  profile->round_off = read_number (store, "shop.round_off", profile->currency);
  profile->stock_policy = read_text (store, "shop.stock_policy", profile->currency);
  profile->year_start = read_text (store, "shop.year_start", profile->currency);
  profile->day_cutoff = (int)read_number (store, "shop.day_cutoff", profile->currency);
  return profile;
}

/**
 * bp_profile_copy:
 * @profile: a profile
 *
 * Returns: (transfer full): a copy
 */
BpProfile *
bp_profile_copy (const BpProfile *profile)
{
  BpProfile *copy = g_new (BpProfile, 1);

  *copy = *profile;
  copy->name = g_strdup (profile->name);
  copy->currency = g_strdup (profile->currency);
  copy->time_zone = g_strdup (profile->time_zone);
  copy->stock_policy = g_strdup (profile->stock_policy);
  copy->year_start = g_strdup (profile->year_start);
  return copy;
}

/**
 * bp_profile_free:
 * @profile: (nullable) (transfer full): a profile
 */
void
bp_profile_free (BpProfile *profile)
{
  if (profile == NULL)
    return;

  g_free (profile->name);
  g_free (profile->currency);
  g_free (profile->time_zone);
  g_free (profile->stock_policy);
  g_free (profile->year_start);
  g_free (profile);
}

static const BpSetting *
require_setting (const char *key,
                 GError    **error)
{
  const BpSetting *setting = bp_setting_find (key);

  if (setting == NULL)
    g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                 "There is no setting “%.64s”", key);
  return setting;
}

/**
 * bp_shop_get_config:
 * @self: a shop
 * @key: a setting's name
 * @error: %BP_DATA_ERROR_UNKNOWN_FIELD
 *
 * Returns: (transfer full): its value as text, the default where it is not set
 */
char *
bp_shop_get_config (BpShop     *self,
                    const char *key,
                    GError    **error)
{
  const BpSetting *setting = require_setting (key, error);
  BpStore *store = bp_shop_get_store (self);
  g_autofree char *currency = NULL;

  if (setting == NULL)
    return NULL;

  currency = read_text (store, "shop.currency", NULL);
  return read_effective (store, setting, currency);
}

static gboolean
note_amount (const BpRow *row,
             gpointer     user_data)
{
  const BpTable *table = row->state->data->table;
  gboolean *found = user_data;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_MONEY && row->state->data->values[i].integer != 0)
        *found = TRUE;
    }
  *found = *found || table->fact;
  return !*found;
}

/* Facts of money count even where they are zero: their currency is part of them. */
static gboolean
has_amounts (BpStore  *store,
             gboolean *found,
             GError  **error)
{
  *found = FALSE;
  for (guint i = 0; i < BP_N_TABLES && !*found; i++)
    {
      const BpTable *table = bp_table_get (i);
      gboolean has_money = FALSE;

      for (guint f = 0; f < table->n_fields; f++)
        has_money = has_money || table->fields[f].type == BP_FIELD_MONEY;
      if (has_money && !bp_store_list (store, &(BpListFilter){ table, NULL, FALSE, -1 },
                                       note_amount, found, error))
        return FALSE;
    }

  return TRUE;
}

/* What was entered in one currency cannot be read in another. */
static gboolean
check_currency (BpShop     *self,
                const char *value,
                GError    **error)
{
  g_autofree char *current = bp_shop_get_config (self, "shop.currency", error);
  gboolean found;

  if (current == NULL)
    return FALSE;
  if (g_str_equal (current, value))
    return TRUE;
  if (!has_amounts (bp_shop_get_store (self), &found, error))
    return FALSE;
  if (!found)
    return TRUE;

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
               "The currency stays %s: there are amounts in it already", current);
  return FALSE;
}

typedef struct
{
  BpShop *shop;             /* (unowned) */
  const BpSetting *setting; /* (unowned) */
  const char *value;        /* (unowned) */
} Assignment;

static gboolean
write_shared (BpStore *store,
              gpointer user_data,
              GError **error)
{
  const Assignment *assignment = user_data;
  const BpSetting *setting = assignment->setting;
  g_autoptr (BpRow) row = get_record (store, setting->key);
  g_autofree char *json = wrap (setting, assignment->value);
  g_autoptr (BpChange) change = bp_change_new (get_settings ());

  if (setting->type == BP_SETTING_CURRENCY
      && !check_currency (assignment->shop, assignment->value, error))
    return FALSE;
  if (row != NULL && !row->state->is_deleted
      && g_strcmp0 (bp_change_get_text (row->state->data, "value"), json) == 0)
    return TRUE;

  bp_change_set_text (change, "value", json);
  return bp_shop_save_one (assignment->shop, get_settings (), setting->key,
                           row != NULL ? BP_OPERATION_UPDATE : BP_OPERATION_INSERT,
                           g_steal_pointer (&change), error);
}

/**
 * bp_shop_set_config:
 * @self: a shop
 * @key: a setting's name
 * @value: its new value as text
 * @error: %BP_DATA_ERROR_UNKNOWN_FIELD, %BP_DATA_ERROR_INVALID_VALUE,
 *   %BP_STORE_ERROR_REFUSED where amounts exist in another currency
 *
 * Checks @value and stores it: `shop.*` for the whole shop, as an action that
 * is sent, the others for this device. Nothing changes on failure.
 *
 * Returns: whether it is stored
 */
gboolean
bp_shop_set_config (BpShop     *self,
                    const char *key,
                    const char *value,
                    GError    **error)
{
  const BpSetting *setting = require_setting (key, error);
  BpStore *store = bp_shop_get_store (self);
  g_autofree char *normal = NULL;
  Assignment assignment = { self, setting, NULL };

  if (setting == NULL)
    return FALSE;
  normal = bp_setting_normalize (key, value, error);
  if (normal == NULL)
    return FALSE;
  if (!bp_setting_is_shared (setting))
    return bp_store_set_device_setting (store, key, normal, error);

  assignment.value = normal;
  return bp_store_transact (store, write_shared, &assignment, error);
}

/**
 * bp_shop_get_config_keys:
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of all settings
 */
const char *const *
bp_shop_get_config_keys (void)
{
  static gsize keys;

  if (g_once_init_enter (&keys))
    {
      guint n_settings;
      const BpSetting *settings = bp_setting_get_all (&n_settings);
      const char **list = g_new0 (const char *, n_settings + 1);

      for (guint i = 0; i < n_settings; i++)
        list[i] = settings[i].key;
      g_once_init_leave (&keys, (gsize)list);
    }

  return (const char *const *)keys;
}

/**
 * bp_shop_config_to_json:
 * @self: a shop
 *
 * Returns: (transfer full): a JSON object of all settings by name, numbers as
 *   numbers
 */
char *
bp_shop_config_to_json (BpShop *self)
{
  BpStore *store = bp_shop_get_store (self);
  g_autofree char *currency = read_text (store, "shop.currency", NULL);
  GString *json = g_string_new ("{");
  guint n_settings;
  const BpSetting *settings = bp_setting_get_all (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    {
      g_autofree char *value = read_effective (store, &settings[i], currency);
      g_autofree char *wrapped = wrap (&settings[i], value);

      bp_json_append_member (json, settings[i].key);
      g_string_append (json, wrapped);
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}
