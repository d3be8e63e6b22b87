/* The living rows of a store as a SQLite file: section 5 of the contract. */
#pragma once

#include "bp-backend.h"
#include "bp-spool.h"

G_BEGIN_DECLS

/* The header's application_id of such a file: "BPSN". */
#define BP_SNAPSHOT_FILE_ID 0x4250534E

BpSpoolFile *bp_snapshot_build (BpBackend     *backend,
                                const BpStore *store,
                                guint          tables,
                                BpSpool       *spool,
                                GError       **error);

G_END_DECLS
