#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

#define BP_TYPE_SHOP_BANNER (bp_shop_banner_get_type ())

/**
 * BpShopBanner:
 *
 * What is wrong with the whole shop, and the one thing to do about it; hidden
 * where nothing is.
 */
G_DECLARE_FINAL_TYPE (BpShopBanner, bp_shop_banner, BP, SHOP_BANNER, AdwBin)

void bp_shop_banner_set_shop (BpShopBanner    *self,
                              BpShop          *shop,
                              BpSyncScheduler *scheduler);

G_END_DECLS
