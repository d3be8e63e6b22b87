/* A shop's records and settings as JSON, for the command line. */
#pragma once

#include <json-glib/json-glib.h>

#include "bp-shop.h"

G_BEGIN_DECLS

char *bp_shop_add_from_json (BpShop        *self,
                             const BpTable *table,
                             JsonObject    *object,
                             GError       **error);
gboolean bp_shop_set_from_json (BpShop        *self,
                                const BpTable *table,
                                const char    *id,
                                JsonObject    *object,
                                GError       **error);
BpSaleDraft *bp_sale_draft_new_from_json (JsonObject *object,
                                          GError    **error);
char *bp_shop_row_to_json (const BpRow *row);
char *bp_shop_config_to_json (BpShop *self);

G_END_DECLS
