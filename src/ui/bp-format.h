/* How a shop's values are shown and typed. */
#pragma once

#include "bp-record.h"
#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_TYPE_FORMAT (bp_format_get_type ())

/**
 * BpFormat:
 *
 * The shop's settings as its windows need them, at hand without waiting.
 * Signal "changed" in the main thread when they are others than before.
 */
G_DECLARE_FINAL_TYPE (BpFormat, bp_format, BP, FORMAT, GObject)

BpFormat *bp_format_new (BpShop *shop);
BpShop *bp_format_get_shop (BpFormat *self);
const BpProfile *bp_format_get_profile (BpFormat *self);
char *bp_format_money (BpFormat *self,
                       BpRecord *record,
                       gint64    amount);
char *bp_format_time (BpFormat *self,
                      gint64    time);
char *bp_format_date (BpFormat   *self,
                      const char *date);
char *bp_format_get_today (BpFormat *self);
char *bp_format_value (BpFormat      *self,
                       const BpField *field,
                       const BpValue *value);
char *bp_format_field (BpFormat      *self,
                       BpRecord      *record,
                       const BpField *field);
char *bp_format_for_editing (BpFormat      *self,
                             const BpField *field,
                             const BpValue *value);
char *bp_format_label (BpFormat      *self,
                       const BpField *field);
gboolean bp_format_parse (BpFormat      *self,
                          const BpField *field,
                          const char    *text,
                          BpValue       *value,
                          GError       **error);
const char *bp_format_word (const char *word);

G_END_DECLS
