#pragma once

#include "bp-ledger.h"
#include "bp-push.h"

G_BEGIN_DECLS

/**
 * BpWork:
 * @item: (unowned): an operation of a push
 * @action: index of its action
 * @hash: (nullable): of its content; %NULL where it has a fault
 * @data: (nullable): its data as canonical JSON
 * @result: (nullable): what became of it
 */
typedef struct
{
  BpPushItem *item;
  guint action;
  char *hash;
  char *data;
  BpResult *result;
} BpWork;

void bp_work_init (BpWork     *work,
                   BpPushItem *item,
                   guint       action);
void bp_work_clear (BpWork *work);

BpResult *bp_decide_memory (BpLedger     *ledger,
                            const BpWork *work);
BpResult *bp_decide (BpLedger     *ledger,
                     const BpWork *work);
BpResult *bp_decide_reject (const BpWork *work,
                            const char   *code,
                            const char   *detail);

G_END_DECLS
