/* The settings of a shop and of a device: their names, defaults and what is
 * allowed. `shop.*` are synced, the others stay on their device. */
#pragma once

#include "bp-types.h"

G_BEGIN_DECLS

/* From which day on a table with a date is downloaded and shown. */
#define BP_SETTING_FROM "sync.from"

/**
 * BpSettingType:
 * @BP_SETTING_TEXT: one line of at most 4 KiB
 * @BP_SETTING_INTEGER: a whole number within limits
 * @BP_SETTING_FLAG: 0 or 1; `true` and `false` are taken, too
 * @BP_SETTING_CHOICE: one of a fixed list of words
 * @BP_SETTING_CURRENCY: an ISO 4217 code
 * @BP_SETTING_TIME_ZONE: an IANA name
 * @BP_SETTING_DAY_OF_YEAR: `MM-DD`
 * @BP_SETTING_SCHEDULE: minutes between two runs (0: never), or a cron
 *   expression of five fields
 * @BP_SETTING_TABLES: names of tables, separated by commas
 * @BP_SETTING_DATES: empty; a date, for every table that has one; or
 *   TABLE=DATE, separated by commas
 * @BP_SETTING_NAMES: empty, or any texts, separated by commas; in quotation
 *   marks where one holds a comma or is empty
 * @BP_SETTING_PRIORITIES: empty, or TABLE=PRIORITY, separated by commas
 */
typedef enum
{
  BP_SETTING_TEXT,
  BP_SETTING_INTEGER,
  BP_SETTING_FLAG,
  BP_SETTING_CHOICE,
  BP_SETTING_CURRENCY,
  BP_SETTING_TIME_ZONE,
  BP_SETTING_DAY_OF_YEAR,
  BP_SETTING_SCHEDULE,
  BP_SETTING_TABLES,
  BP_SETTING_DATES,
  BP_SETTING_NAMES,
  BP_SETTING_PRIORITIES,
} BpSettingType;

/**
 * BpSetting:
 * @key: its name
 * @type: what it means
 * @fallback: what holds where it is not set (see bp_setting_get_default())
 * @words: (nullable): of a choice, separated by spaces
 * @min: of an integer
 * @max: of an integer
 */
typedef struct
{
  const char *key;
  BpSettingType type;
  const char *fallback;
  const char *words;
  gint64 min;
  gint64 max;
} BpSetting;

const BpSetting *bp_setting_get_all (guint *n_settings);
const BpSetting *bp_setting_find (const char *key);
gboolean bp_setting_is_shared (const BpSetting *setting);
gboolean bp_setting_is_number (const BpSetting *setting);
const char *bp_setting_get_default (const char *key,
                                    const char *currency);
gboolean bp_setting_check (const char *key,
                           const char *value,
                           GError    **error);
char *bp_setting_normalize (const char *key,
                            const char *value,
                            GError    **error);
gint64 bp_setting_get_integer (const char *key,
                               const char *stored);
guint bp_setting_get_tables (const char *stored);
char *bp_setting_get_pair (const char    *stored,
                           const BpTable *table);
char *bp_setting_get_date (const char    *stored,
                           const BpTable *table);
GPtrArray *bp_setting_get_names (const char *stored,
                                 GError    **error);

G_END_DECLS
