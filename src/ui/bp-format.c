#include "config.h"

#include "bp-format.h"

#include "bp-date.h"
#include "bp-error.h"
#include "bp-money.h"

#include <glib/gi18n.h>

#define NO_BREAK_SPACE "\302\240"

/* What is read from the disk at once. */
typedef struct
{
  BpProfile *profile; /* (owned) */
  GTimeZone *zone;    /* (owned) */
} Settings;

struct _BpFormat
{
  GObject parent_instance;

  BpShop *shop;       /* (owned) */
  Settings *settings; /* (owned) */
};

G_DEFINE_FINAL_TYPE (BpFormat, bp_format, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* The words of choices, as people read them. */
static const struct
{
  const char *word;
  const char *label;
} words[] = {
  { "draft", N_("Draft") },
  { "posted", N_("Posted") },
  { "void", N_("Void") },
  { "sale", N_("Sale") },
  { "return", N_("Return") },
  { "cash", N_("Cash") },
  { "card", N_("Card") },
  { "upi", N_("UPI") },
  { "bank", N_("Bank") },
  { "account", N_("Account") },
  { "opening", N_("Opening") },
  { "purchase", N_("Purchase") },
  { "adjustment", N_("Adjustment") },
  { "transfer", N_("Transfer") },
  { "stocktake", N_("Stock-Take") },
  { "day_close", N_("Day Close") },
};

static void
settings_free (Settings *settings)
{
  g_clear_pointer (&settings->profile, bp_profile_free);
  g_clear_pointer (&settings->zone, g_time_zone_unref);
  g_free (settings);
}

static Settings *
settings_read (BpShop *shop)
{
  Settings *settings = g_new0 (Settings, 1);

  settings->profile = bp_shop_dup_profile (shop);
  settings->zone = bp_date_find_zone (settings->profile->time_zone, NULL);
  if (settings->zone == NULL)
    settings->zone = g_time_zone_new_utc ();
  return settings;
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  g_task_return_pointer (task, settings_read (task_data), (GDestroyNotify)settings_free);
}

static gboolean
is_same (const Settings *a,
         const Settings *b)
{
  return g_str_equal (a->profile->name, b->profile->name)
         && g_str_equal (a->profile->currency, b->profile->currency)
         && g_str_equal (a->profile->time_zone, b->profile->time_zone)
         && a->profile->tax_rate == b->profile->tax_rate
         && a->profile->tax_inclusive == b->profile->tax_inclusive
         && g_strcmp0 (a->profile->stock_policy, b->profile->stock_policy) == 0;
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  BpFormat *self = BP_FORMAT (source);
  Settings *settings = g_task_propagate_pointer (G_TASK (result), NULL);

  if (settings == NULL)
    return;
  if (is_same (settings, self->settings))
    {
      settings_free (settings);
      return;
    }

  settings_free (self->settings);
  self->settings = settings;
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_shop_changed (BpFormat *self,
                 guint     tables)
{
  g_autoptr (GTask) task = NULL;

  if (!(tables & (1u << bp_table_get_index (bp_table_find ("settings")))))
    return;

  task = g_task_new (self, NULL, on_read, NULL);
  g_task_set_source_tag (task, on_shop_changed);
  g_task_set_task_data (task, g_object_ref (self->shop), g_object_unref);
  g_task_run_in_thread (task, read_in_thread);
}

static void
bp_format_finalize (GObject *object)
{
  BpFormat *self = BP_FORMAT (object);

  g_clear_pointer (&self->settings, settings_free);
  g_clear_object (&self->shop);

  G_OBJECT_CLASS (bp_format_parent_class)->finalize (object);
}

static void
bp_format_class_init (BpFormatClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bp_format_finalize;

  /**
   * BpFormat::changed:
   * @self: the format
   *
   * Emitted when values may look otherwise than before.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_FORMAT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_format_init (BpFormat *self)
{
}

/**
 * bp_format_new:
 * @shop: a shop
 *
 * Reads the shop's settings and waits for the disk: for a task's thread. What
 * is made is used in the main thread only.
 *
 * Returns: (transfer full): how that shop writes
 */
BpFormat *
bp_format_new (BpShop *shop)
{
  BpFormat *self = g_object_new (BP_TYPE_FORMAT, NULL);

  self->shop = g_object_ref (shop);
  self->settings = settings_read (shop);
  g_signal_connect_object (shop, "changed", G_CALLBACK (on_shop_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * bp_format_get_shop:
 * @self: a format
 *
 * Returns: (transfer none): whose it is
 */
BpShop *
bp_format_get_shop (BpFormat *self)
{
  return self->shop;
}

/**
 * bp_format_get_profile:
 * @self: a format
 *
 * Returns: (transfer none): the shop's settings; valid until "changed"
 */
const BpProfile *
bp_format_get_profile (BpFormat *self)
{
  return self->settings->profile;
}

/**
 * bp_format_word:
 * @word: (nullable): a word of a choice
 *
 * Returns: (transfer none): what people read; @word itself where it is unknown
 */
const char *
bp_format_word (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_strcmp0 (words[i].word, word) == 0)
        return _(words[i].label);
    }

  return word != NULL ? word : "";
}

/**
 * bp_format_money:
 * @self: a format
 * @record: (nullable): whose amount it is: a record may have a currency
 * @amount: in the minor unit
 *
 * Returns: (transfer full): such as ₹1,23,456.00
 */
char *
bp_format_money (BpFormat *self,
                 BpRecord *record,
                 gint64    amount)
{
  const char *currency = NULL;

  if (record != NULL && bp_table_find_field (bp_record_get_table (record), "currency") >= 0)
    currency = bp_record_get_text (record, "currency");
  return bp_money_format (amount, currency != NULL ? currency : self->settings->profile->currency);
}

static char *
format_rate (gint64 rate)
{
  g_autofree char *percent = bp_quantity_format (rate * 10);

  return g_strdup_printf ("%s" NO_BREAK_SPACE "%%", percent);
}

/**
 * bp_format_time:
 * @self: a format
 * @time: in milliseconds since 1970 UTC
 *
 * Returns: (transfer full): day and time in the shop's zone
 */
char *
bp_format_time (BpFormat *self,
                gint64    time)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (time / 1000);
  g_autoptr (GDateTime) local
    = utc != NULL ? g_date_time_to_timezone (utc, self->settings->zone) : NULL;

  /* Translators: day, month, year and time of day; see g_date_time_format(). */
  return local != NULL ? g_date_time_format (local, _("%-d %b %Y, %H:%M")) : g_strdup ("");
}

/**
 * bp_format_date:
 * @self: a format
 * @date: a business date
 *
 * Returns: (transfer full): the day as people write it; @date itself where it
 *   is none
 */
char *
bp_format_date (BpFormat   *self,
                const char *date)
{
  GDate day;
  char text[64];

  /* Translators: day, month and year; see g_date_strftime(). */
  if (!bp_date_parse_date (date, &day)
      || g_date_strftime (text, sizeof text, _("%-d %b %Y"), &day) == 0)
    return g_strdup (date);

  return g_strdup (text);
}

/**
 * bp_format_get_today:
 * @self: a format
 *
 * Returns: (transfer full): the business date it is in the shop
 */
char *
bp_format_get_today (BpFormat *self)
{
  return bp_date_get_business_date (bp_clock_get_now (bp_shop_get_clock (self->shop)),
                                    self->settings->zone, self->settings->profile->day_cutoff);
}

static char *
format_integer (BpFormat      *self,
                BpRecord      *record,
                const BpField *field,
                gint64         integer)
{
  switch (field->type)
    {
    case BP_FIELD_MONEY:
      return bp_format_money (self, record, integer);
    case BP_FIELD_QUANTITY:
      return bp_quantity_format (integer);
    case BP_FIELD_RATE:
      return format_rate (integer);
    case BP_FIELD_FLAG:
      return g_strdup (integer != 0 ? _("Yes") : _("No"));
    case BP_FIELD_TIME:
      return bp_format_time (self, integer);
    default:
      return g_strdup_printf ("%" G_GINT64_FORMAT, integer);
    }
}

/**
 * bp_format_value:
 * @self: a format
 * @field: a field
 * @value: its value
 *
 * Returns: (transfer full): @value as it is read, money in the shop's currency,
 *   a reference as its id
 */
char *
bp_format_value (BpFormat      *self,
                 const BpField *field,
                 const BpValue *value)
{
  if (value->kind == BP_VALUE_NULL)
    return g_strdup ("");
  if (value->kind == BP_VALUE_INTEGER)
    return format_integer (self, NULL, field, value->integer);
  return g_strdup (field->type == BP_FIELD_CHOICE ? bp_format_word (value->text) : value->text);
}

/**
 * bp_format_field:
 * @self: a format
 * @record: a record
 * @field: one of its table's fields
 *
 * Returns: (transfer full): what people read; empty where it is null or has
 *   not been read
 */
char *
bp_format_field (BpFormat      *self,
                 BpRecord      *record,
                 const BpField *field)
{
  const BpState *state = bp_record_get_state (record);
  const BpValue *value = state != NULL ? bp_change_get (state->data, field->name) : NULL;

  if (value == NULL || value->kind == BP_VALUE_NULL)
    return g_strdup ("");
  if (value->kind == BP_VALUE_INTEGER)
    return format_integer (self, record, field, value->integer);
  if (field->type == BP_FIELD_REFERENCE)
    {
      const char *title = bp_record_get_title (record, field->name);

      return g_strdup (title != NULL ? title : "");
    }
  return g_strdup (field->type == BP_FIELD_CHOICE ? bp_format_word (value->text) : value->text);
}

/* Decimals of what people type for @field; −1 where it is no plain number. */
static int
get_decimals (BpFormat      *self,
              const BpField *field)
{
  switch (field->type)
    {
    case BP_FIELD_MONEY:
      return bp_money_get_decimals (self->settings->profile->currency);
    case BP_FIELD_QUANTITY:
      return 3;
    case BP_FIELD_RATE:
      return 2;
    case BP_FIELD_INTEGER:
    case BP_FIELD_FLAG:
      return 0;
    default:
      return -1;
    }
}

/**
 * bp_format_for_editing:
 * @self: a format
 * @field: a field
 * @value: (nullable): its value
 *
 * Returns: (transfer full): the text to be edited, which bp_format_parse()
 *   reads back as the same value
 */
char *
bp_format_for_editing (BpFormat      *self,
                       const BpField *field,
                       const BpValue *value)
{
  if (value == NULL || value->kind == BP_VALUE_NULL)
    return g_strdup ("");
  if (value->kind == BP_VALUE_TEXT)
    return g_strdup (value->text);
  if (field->type == BP_FIELD_QUANTITY)
    return bp_quantity_format (value->integer);
  if (field->type == BP_FIELD_RATE)
    return bp_quantity_format (value->integer * 10);
  if (field->type == BP_FIELD_TIME)
    return bp_date_format_time (value->integer, self->settings->zone);

  return bp_money_to_plain (value->integer, get_decimals (self, field));
}

/**
 * bp_format_label:
 * @self: a format
 * @field: a field
 *
 * Returns: (transfer full): its label, with the unit where it has one
 */
char *
bp_format_label (BpFormat      *self,
                 const BpField *field)
{
  const char *label = field->label != NULL ? _(field->label) : field->name;
  const BpMoneyFormat *format;

  switch (field->type)
    {
    case BP_FIELD_MONEY:
      format = bp_money_get_format (self->settings->profile->currency);
      return g_strdup_printf ("%s (%s)", label, format->symbol);
    case BP_FIELD_RATE:
      return g_strdup_printf ("%s (%%)", label);
    default:
      return g_strdup (label);
    }
}

/**
 * bp_format_parse:
 * @self: a format
 * @field: a field
 * @text: what somebody typed
 * @value: (out): what it means; null for an empty text, 0 for an empty number
 * @error: #BpDataError
 *
 * Checks everything that can be checked of one field alone.
 *
 * Returns: %FALSE with @error set where @text cannot be stored in @field
 */
gboolean
bp_format_parse (BpFormat      *self,
                 const BpField *field,
                 const char    *text,
                 BpValue       *value,
                 GError       **error)
{
  g_autofree char *trimmed
    = field->type == BP_FIELD_NOTE ? g_strdup (text) : g_strstrip (g_strdup (text));
  int decimals = get_decimals (self, field);
  gint64 integer = 0;

  bp_value_clear (value);
  if (trimmed[0] == '\0' && (field->flags & BP_FIELD_NEEDED))
    {
      g_set_error_literal (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                           _("This is needed"));
      return FALSE;
    }
  if (bp_field_is_text (field))
    {
      if (trimmed[0] != '\0')
        bp_value_take_text (value, g_steal_pointer (&trimmed));
      return bp_field_check (field, value, error);
    }
  if (trimmed[0] != '\0' && field->type == BP_FIELD_TIME
      && !bp_date_parse_time (trimmed, self->settings->zone, &integer, error))
    return FALSE;
  if (trimmed[0] != '\0' && decimals >= 0
      && !bp_money_parse (trimmed, decimals, &integer, error))
    return FALSE;

  bp_value_set_integer (value, integer);
  return bp_field_check (field, value, error);
}
