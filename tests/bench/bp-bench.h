/* What the benchmarks share: a clock, medians, a server process, made data. */
#pragma once

#include <gio/gio.h>

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpBenchServer:
 * @process: (transfer full): a running bizpulse-server
 * @database: (transfer full): its `--database`
 * @url: (transfer full): where it listens
 * @store: (transfer full): the id of its one store
 */
typedef struct
{
  GSubprocess *process;
  char *database;
  char *url;
  char *store;
} BpBenchServer;

double bp_bench_now (void);
double bp_bench_median (GArray *samples);
double bp_bench_quantile (GArray *samples,
                          double  share);
char *bp_bench_make_folder (void);
void bp_bench_remove_folder (const char *folder);
void bp_bench_check (gboolean       success,
                     GError *const *error);

BpBenchServer *bp_bench_server_start (const char *folder,
                                      guint       port);
void bp_bench_server_stop (BpBenchServer *server);
double bp_bench_server_get_cpu (const BpBenchServer *server);
char *bp_bench_server_add_store (const char *database);
char *bp_bench_server_make_code (const char *database,
                                 const char *store);
BpShop *bp_bench_open_shop (const char *folder);
BpShop *bp_bench_pair (const char          *folder,
                       const BpBenchServer *server);
void bp_bench_sync (BpShop *shop);
BpWrite *bp_bench_make_product (guint number);
void bp_bench_save_products (BpShop *shop,
                             guint   n_products);
void bp_bench_save_payment (BpStore *store,
                            gint64   amount);

G_END_DECLS
