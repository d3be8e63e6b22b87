#pragma once

#include <adwaita.h>

#include "bp-record.h"
#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_TYPE_TROUBLE_BANNER (bp_trouble_banner_get_type ())

/**
 * BpTroubleBanner:
 *
 * Tells what keeps a record from the server, with a button for each thing that
 * can be done about it; hidden where nothing does. Signal: "failed" (text)
 * when what was asked for could not be done, or what is wrong not be read.
 */
G_DECLARE_FINAL_TYPE (BpTroubleBanner, bp_trouble_banner, BP, TROUBLE_BANNER, AdwBin)

void bp_trouble_banner_set_record (BpTroubleBanner *self,
                                   BpShop          *shop,
                                   BpRecord        *record);

G_END_DECLS
