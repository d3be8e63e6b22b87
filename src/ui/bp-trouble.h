/* What keeps a record from the server, in words, and what a person can do
 * about it. */
#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpRemedy:
 * @BP_REMEDY_NONE: only look
 * @BP_REMEDY_RETRY: send once more what failed
 */
typedef enum
{
  BP_REMEDY_NONE,
  BP_REMEDY_RETRY,
} BpRemedy;

/**
 * BpTrouble:
 * @words: (nullable) (transfer full): what is wrong; %NULL where nothing is
 * @op_id: (nullable) (transfer full): the operation that failed
 * @conflict: the open conflict; 0 where none
 */
typedef struct
{
  char *words;
  char *op_id;
  gint64 conflict;
} BpTrouble;

void bp_trouble_find_async (BpShop             *shop,
                            const BpTable      *table,
                            const char         *id,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data);
BpTrouble *bp_trouble_find_finish (BpShop       *shop,
                                   GAsyncResult *result,
                                   GError      **error);
void bp_trouble_mend_async (BpShop             *shop,
                            const BpTrouble    *trouble,
                            BpRemedy            remedy,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data);
gboolean bp_trouble_mend_finish (BpShop       *shop,
                                 GAsyncResult *result,
                                 GError      **error);
BpTrouble *bp_trouble_copy (const BpTrouble *trouble);
void bp_trouble_free (BpTrouble *trouble);

/* A record as it is now. */
void bp_record_read_async (BpShop             *shop,
                           const BpTable      *table,
                           const char         *id,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data);
BpRow *bp_record_read_finish (BpShop       *shop,
                              GAsyncResult *result,
                              GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpTrouble, bp_trouble_free)

G_END_DECLS
