#pragma once

#include "bp-ledger.h"

G_BEGIN_DECLS

gboolean bp_sale_rules_check_record (BpLedger       *ledger,
                                     const BpTable  *table,
                                     const char     *id,
                                     const BpChange *data,
                                     const char    **code,
                                     const char    **detail);
gboolean bp_sale_rules_check_fact (const BpOperation *operation,
                                   const BpState     *current,
                                   const char       **code,
                                   const char       **detail);
gboolean bp_sale_rules_check_void (BpLedger          *ledger,
                                   const BpOperation *operation,
                                   const BpState     *current,
                                   const char       **code,
                                   const char       **detail);

G_END_DECLS
