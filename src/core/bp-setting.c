#include "config.h"

#include "bp-setting.h"

#include <string.h>

#include "bp-change.h"
#include "bp-date.h"
#include "bp-error.h"
#include "bp-money.h"
#include "bp-schedule.h"
#include "bp-table.h"

#define TEXT_MAX 4096
#define SHARED_PREFIX "shop."

static const BpSetting settings[] = {
  { "shop.name", BP_SETTING_TEXT, "", NULL, 0, 0 },
  { "shop.currency", BP_SETTING_CURRENCY, "INR", NULL, 0, 0 },
  { "shop.time_zone", BP_SETTING_TIME_ZONE, "Asia/Kolkata", NULL, 0, 0 },
  { "shop.tax_rate", BP_SETTING_INTEGER, "0", NULL, 0, 1000000 },
  { "shop.tax_inclusive", BP_SETTING_FLAG, "1", NULL, 0, 1 },
  { "shop.tax_split", BP_SETTING_FLAG, "0", NULL, 0, 1 },
  { "shop.round_off", BP_SETTING_INTEGER, "0", NULL, 0, 100000 },
  { "shop.stock_policy", BP_SETTING_CHOICE, "warn", "allow warn block", 0, 0 },
  { "shop.year_start", BP_SETTING_DAY_OF_YEAR, "01-01", NULL, 0, 0 },
  { "shop.day_cutoff", BP_SETTING_INTEGER, "0", NULL, 0, 23 },
  { "sync.tables", BP_SETTING_TABLES,
    "products,customers,sales,payments,stock_movements,settings,reports,analytics", NULL, 0, 0 },
  { BP_SETTING_FROM, BP_SETTING_DATES, "", NULL, 0, 0 },
  { "sync.categories", BP_SETTING_NAMES, "", NULL, 0, 0 },
  { "sync.policy", BP_SETTING_CHOICE, "server-wins", "server-wins latest-wins ask", 0, 0 },
  { "sync.schedule", BP_SETTING_SCHEDULE, "*/30 * * * *", NULL, 0, 0 },
  { "sync.on_start", BP_SETTING_FLAG, "1", NULL, 0, 1 },
  { "sync.on_connection", BP_SETTING_FLAG, "1", NULL, 0, 1 },
  { "sync.after_save", BP_SETTING_FLAG, "1", NULL, 0, 1 },
  { "sync.live", BP_SETTING_FLAG, "1", NULL, 0, 1 },
  { "sync.priorities", BP_SETTING_PRIORITIES, "", NULL, 0, 0 },
  { "sync.batch", BP_SETTING_INTEGER, "100", NULL, 1, 100 },
  { "sync.run_seconds", BP_SETTING_INTEGER, "30", NULL, 1, 3600 },
  { "sync.retries", BP_SETTING_INTEGER, "3", NULL, 0, 100 },
  { "sync.metered", BP_SETTING_CHOICE, "priority", "pause priority all", 0, 0 },
  /* Of a million bytes, a calendar month; 0: no limit. */
  { "sync.data_limit", BP_SETTING_INTEGER, "0", NULL, 0, 1000000 },
  { "sync.pause_when_busy", BP_SETTING_FLAG, "1", NULL, 0, 1 },
};

/* What is usual where a currency is used. */
static const struct
{
  const char *key;
  const char *currency;
  const char *fallback;
} usual[] = {
  { "shop.tax_split", "INR", "1" },
  { "shop.year_start", "INR", "04-01" },
};

static gboolean
refuse (const char *key,
        const char *value,
        const char *wanted,
        GError    **error)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "“%s” cannot be “%.64s”: it must be %s", key, value, wanted);
  return FALSE;
}

static gboolean
check_integer (const BpSetting *setting,
               const char      *value,
               GError         **error)
{
  g_autofree char *wanted = NULL;

  if (g_ascii_string_to_signed (value, 10, setting->min, setting->max, NULL, NULL))
    return TRUE;

  wanted = g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                            setting->min, setting->max);
  return refuse (setting->key, value, wanted, error);
}

static gboolean
check_choice (const BpSetting *setting,
              const char      *value,
              GError         **error)
{
  g_auto (GStrv) words = g_strsplit (setting->words, " ", -1);
  g_autofree char *list = NULL;
  g_autofree char *wanted = NULL;

  if (g_strv_contains ((const char *const *)words, value))
    return TRUE;

  list = g_strjoinv (", ", words);
  wanted = g_strdup_printf ("one of %s", list);
  return refuse (setting->key, value, wanted, error);
}

/* 29 February does not come every year, so no year can begin with it. */
static gboolean
is_day_of_year (const char *value)
{
  g_autofree char *date = g_strdup_printf ("2001-%s", value);
  BpField field = { "date", BP_FIELD_DATE, BP_FIELD_PLAIN, NULL, NULL, 0, 0 };
  BpValue text = { BP_VALUE_TEXT, 0, date };

  return strlen (value) == 5 && bp_field_check (&field, &text, NULL);
}

static gboolean
is_date (const char *value)
{
  GDate date;

  return bp_date_parse_date (value, &date);
}

static gboolean
is_good_pair (BpSettingType  type,
              const BpTable *table,
              const char    *value)
{
  BpPriority priority;

  if (type == BP_SETTING_DATES)
    return table->date_field != NULL && is_date (value);
  return bp_priority_from_string (value, &priority);
}

static gboolean
refuse_list (const BpSetting *setting,
             const char      *value,
             GError         **error)
{
  return refuse (setting->key, value,
                 setting->type == BP_SETTING_TABLES ? "names of tables"
                 : setting->type == BP_SETTING_DATES ? "a date, or TABLE=DATE"
                                                     : "TABLE=high, medium or low",
                 error);
}

/* Items separated by commas: tables, or TABLE=VALUE. */
static gboolean
check_list (const BpSetting *setting,
            const char      *value,
            GError         **error)
{
  g_auto (GStrv) items = g_strsplit (value, ",", -1);
  gboolean pairs = setting->type != BP_SETTING_TABLES;

  if (items[0] == NULL && !pairs)
    return refuse_list (setting, value, error);

  for (guint i = 0; items[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (items[i], "=", 2);
      const BpTable *table;

      /* What has not the form of a pair names no table either. */
      if (pairs != (parts[0] != NULL && parts[1] != NULL))
        return refuse_list (setting, value, error);
      table = bp_table_require (parts[0] != NULL ? parts[0] : "", error);
      if (table == NULL)
        return FALSE;
      if (pairs && !is_good_pair (setting->type, table, parts[1]))
        return refuse_list (setting, value, error);
    }

  return TRUE;
}

static gboolean
check_text (const BpSetting *setting,
            const char      *value,
            GError         **error)
{
  if (strlen (value) <= TEXT_MAX && strpbrk (value, "\r\n") == NULL
      && g_utf8_validate (value, -1, NULL))
    return TRUE;

  return refuse (setting->key, value, "one line of text", error);
}

static gboolean
check_names (const BpSetting *setting,
             const char      *value,
             GError         **error)
{
  g_autoptr (GPtrArray) names = bp_setting_get_names (value, NULL);

  return check_text (setting, value, error)
         && (names != NULL || refuse (setting->key, value, "names, separated by commas", error));
}

static gboolean
check_value (const BpSetting *setting,
             const char      *value,
             GError         **error)
{
  g_autoptr (GTimeZone) zone = NULL;

  switch (setting->type)
    {
    case BP_SETTING_INTEGER:
    case BP_SETTING_FLAG:
      return check_integer (setting, value, error);
    case BP_SETTING_CHOICE:
      return check_choice (setting, value, error);
    case BP_SETTING_CURRENCY:
      return bp_money_is_currency (value)
             || refuse (setting->key, value, "a currency's code", error);
    case BP_SETTING_TIME_ZONE:
      zone = bp_date_find_zone (value, error);
      return zone != NULL;
    case BP_SETTING_DAY_OF_YEAR:
      return is_day_of_year (value) || refuse (setting->key, value, "a day as MM-DD", error);
    case BP_SETTING_SCHEDULE:
      return bp_schedule_is_valid (value)
             || refuse (setting->key, value, "minutes, or a cron expression", error);
    case BP_SETTING_DATES:
      return is_date (value) || check_list (setting, value, error);
    case BP_SETTING_NAMES:
      return check_names (setting, value, error);
    case BP_SETTING_TABLES:
    case BP_SETTING_PRIORITIES:
      return check_list (setting, value, error);
    case BP_SETTING_TEXT:
      break;
    }

  return check_text (setting, value, error);
}

/**
 * bp_setting_get_all:
 * @n_settings: (out): how many
 *
 * Returns: (transfer none) (array length=n_settings): all settings, in the
 *   order in which they are shown
 */
const BpSetting *
bp_setting_get_all (guint *n_settings)
{
  *n_settings = G_N_ELEMENTS (settings);
  return settings;
}

/**
 * bp_setting_find:
 * @key: (nullable): any text
 *
 * Returns: (transfer none) (nullable): the setting of that name
 */
const BpSetting *
bp_setting_find (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      if (g_strcmp0 (settings[i].key, key) == 0)
        return &settings[i];
    }

  return NULL;
}

/**
 * bp_setting_is_shared:
 * @setting: a setting
 *
 * Returns: whether it is the shop's and synced; else it is the device's
 */
gboolean
bp_setting_is_shared (const BpSetting *setting)
{
  return g_str_has_prefix (setting->key, SHARED_PREFIX);
}

/**
 * bp_setting_is_number:
 * @setting: a setting
 *
 * Returns: whether its values are whole numbers
 */
gboolean
bp_setting_is_number (const BpSetting *setting)
{
  return setting->type == BP_SETTING_INTEGER || setting->type == BP_SETTING_FLAG;
}

/**
 * bp_setting_get_default:
 * @key: a setting's name
 * @currency: (nullable): the shop's; the default one where %NULL
 *
 * Returns: (transfer none) (nullable): what holds where the setting is not set;
 *   %NULL where there is no such setting
 */
const char *
bp_setting_get_default (const char *key,
                        const char *currency)
{
  const BpSetting *setting = bp_setting_find (key);

  if (setting == NULL)
    return NULL;
  if (currency == NULL)
    currency = bp_setting_find ("shop.currency")->fallback;

  for (guint i = 0; i < G_N_ELEMENTS (usual); i++)
    {
      if (g_str_equal (usual[i].key, key) && g_str_equal (usual[i].currency, currency))
        return usual[i].fallback;
    }

  return setting->fallback;
}

/**
 * bp_setting_check:
 * @key: any text
 * @value: any text
 * @error: %BP_DATA_ERROR_UNKNOWN_FIELD, %BP_DATA_ERROR_INVALID_VALUE,
 *   %BP_DATA_ERROR_UNKNOWN_TABLE
 *
 * Returns: whether there is such a setting and it may be @value
 */
gboolean
bp_setting_check (const char *key,
                  const char *value,
                  GError    **error)
{
  g_autofree char *normal = bp_setting_normalize (key, value, error);

  return normal != NULL;
}

/* Names of tables, dates and priorities hold no blanks: those around them are
 * the writer's. */
static void
drop_blanks (BpSettingType type,
             char         *value)
{
  char *end = value;

  if (type != BP_SETTING_TABLES && type != BP_SETTING_DATES && type != BP_SETTING_PRIORITIES)
    return;

  for (; *value != '\0'; value++)
    {
      if (!g_ascii_isspace (*value))
        *end++ = *value;
    }
  *end = '\0';
}

/**
 * bp_setting_normalize:
 * @key: any text
 * @value: any text
 * @error: as of bp_setting_check()
 *
 * Returns: (transfer full): @value as it is stored: trimmed, also the items of
 *   a list of tables; flags as 0 or 1, numbers without leading zeros
 */
char *
bp_setting_normalize (const char *key,
                      const char *value,
                      GError    **error)
{
  const BpSetting *setting = bp_setting_find (key);
  g_autofree char *normal = g_strstrip (g_strdup (value));

  if (setting == NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                   "There is no setting “%.64s”", key);
      return NULL;
    }

  if (setting->type == BP_SETTING_FLAG
      && (g_str_equal (normal, "true") || g_str_equal (normal, "false")))
    {
      gboolean on = g_str_equal (normal, "true");

      g_free (normal);
      normal = g_strdup (on ? "1" : "0");
    }
  drop_blanks (setting->type, normal);
  if (!check_value (setting, normal, error))
    return NULL;
  if (bp_setting_is_number (setting))
    return g_strdup_printf ("%" G_GINT64_FORMAT, g_ascii_strtoll (normal, NULL, 10));

  return g_steal_pointer (&normal);
}

/**
 * bp_setting_get_integer:
 * @key: a setting that is a number
 * @stored: (nullable): what is stored for it
 *
 * Returns: @stored, or the default where it is %NULL or not allowed
 */
gint64
bp_setting_get_integer (const char *key,
                        const char *stored)
{
  if (stored == NULL || !bp_setting_check (key, stored, NULL))
    stored = bp_setting_get_default (key, NULL);

  return stored != NULL ? g_ascii_strtoll (stored, NULL, 10) : 0;
}

/**
 * bp_setting_get_tables:
 * @stored: (nullable): a setting of %BP_SETTING_TABLES
 *
 * Returns: a bit for each table that it names; all where it is not set
 */
guint
bp_setting_get_tables (const char *stored)
{
  g_auto (GStrv) names = NULL;
  guint tables = 0;

  if (stored == NULL || stored[0] == '\0')
    return (1u << BP_N_TABLES) - 1;

  names = g_strsplit (stored, ",", -1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      const BpTable *table = bp_table_find (names[i]);

      if (table != NULL)
        tables |= 1u << bp_table_get_index (table);
    }

  return tables;
}

/**
 * bp_setting_get_pair:
 * @stored: (nullable): a setting of %BP_SETTING_DATES or
 *   %BP_SETTING_PRIORITIES
 * @table: a table
 *
 * Returns: (transfer full) (nullable): what it says of @table; %NULL where it
 *   says nothing
 */
char *
bp_setting_get_pair (const char    *stored,
                     const BpTable *table)
{
  g_auto (GStrv) pairs = g_strsplit (stored != NULL ? stored : "", ",", -1);
  gsize length = strlen (table->name);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      if (g_str_has_prefix (pairs[i], table->name) && pairs[i][length] == '=')
        return g_strdup (pairs[i] + length + 1);
    }

  return NULL;
}

/**
 * bp_setting_get_date:
 * @stored: (nullable): a setting of %BP_SETTING_DATES
 * @table: a table
 *
 * Returns: (transfer full) (nullable): the date that holds for @table; %NULL
 *   where none does
 */
char *
bp_setting_get_date (const char    *stored,
                     const BpTable *table)
{
  if (stored == NULL || stored[0] == '\0' || table->date_field == NULL)
    return NULL;
  if (strchr (stored, '=') == NULL)
    return g_strdup (stored);

  return bp_setting_get_pair (stored, table);
}

/* A name, up to the comma behind it. NULL where there is none, or where a
 * quotation mark is missing. */
static char *
read_name (const char **place)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *text = *place + strspn (*place, " \t");
  gboolean quoted = *text == '"';
  gboolean is_closed = !quoted;

  for (text += quoted; *text != '\0' && (quoted ? !is_closed : *text != ','); text++)
    {
      if (quoted && *text == '"' && text[1] != '"')
        is_closed = TRUE;
      else
        g_string_append_c (name, quoted && *text == '"' ? *text++ : *text);
    }

  *place = text + (quoted ? strspn (text, " \t") : 0);
  g_strstrip (name->str);
  return is_closed && (quoted || name->str[0] != '\0') ? g_strdup (name->str) : NULL;
}

/**
 * bp_setting_get_names:
 * @stored: (nullable): a setting of %BP_SETTING_NAMES
 * @error: %BP_DATA_ERROR_INVALID_VALUE: a name or a quotation mark is
 *   missing
 *
 * Returns: (transfer full) (element-type utf8): the names, trimmed; none where
 *   nothing is stored
 */
GPtrArray *
bp_setting_get_names (const char *stored,
                      GError    **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *place = stored != NULL ? stored : "";
  gboolean has_more = *place != '\0';

  while (has_more)
    {
      char *name = read_name (&place);

      if (name == NULL || (*place != ',' && *place != '\0'))
        {
          g_free (name);
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                       "“%.64s” is no list of names, separated by commas", stored);
          return NULL;
        }
      g_ptr_array_add (names, name);
      has_more = *place++ == ',';
    }

  return g_steal_pointer (&names);
}
