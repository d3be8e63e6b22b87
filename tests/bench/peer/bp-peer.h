/* What both peer programs share: rows of the harness as our records. */
#pragma once

#include "bp-bench.h"

G_BEGIN_DECLS

/**
 * BpPeerCounts:
 *
 * What the harness asks for.
 */
typedef struct
{
  gint64 products;
  gint64 sales;
  gint64 changed;
} BpPeerCounts;

#define BP_PEER_CHANGED 900000000

BpWrite *bp_peer_read_product (const char *line);
BpWrite *bp_peer_read_sale (const char *line);
void bp_peer_save (BpShop  *shop,
                   BpWrite *write);
GPtrArray *bp_peer_read_lines (const char *path,
                               guint       first,
                               guint       n_lines);
void bp_peer_count (BpShop       *shop,
                    BpPeerCounts *counts);
GPtrArray *bp_peer_list_ids (BpShop *shop,
                             guint   first,
                             guint   n_ids);
void bp_peer_set_price (BpShop     *shop,
                        const char *id,
                        gint64      price);

G_END_DECLS
