/* What the files of the ledger share. A record is what was read of it (base)
 * and what this push made of it (now); a figure is what was read and what this
 * push adds. Both can be put back to what was read, for a push whose action
 * fails after some of its operations. */
#pragma once

#include "bp-ledger.h"

G_BEGIN_DECLS

typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
  BpState *base;        /* (owned) (nullable): as read */
  BpState *now;         /* (owned) (nullable): as changed */
} BpLedgerRecord;

typedef struct
{
  const BpTable *table; /* (unowned) */
  BpAmounts *base;      /* (owned) (nullable): as read; %NULL: not yet */
  gint64 delta[BP_MAX_PROJECTIONS];
  gboolean is_listed;
} BpLedgerFigure;

struct _BpLedger
{
  BpBackend *backend;     /* (unowned) */
  const BpStore *store;   /* (unowned) */
  const BpDevice *device; /* (unowned) */
  GError *error;          /* (owned) (nullable): the first one of the backend */

  GHashTable *records[BP_N_TABLES]; /* id → BpLedgerRecord */
  GHashTable *figures[BP_N_TABLES]; /* id → BpLedgerFigure */
  GHashTable *matches;              /* table, field, text → GPtrArray of ids */
  GHashTable *remembered;           /* op_id → BpRemembered */

  /* What this push made: */
  gint64 seq;
  GPtrArray *changed; /* (element-type BpLedgerRecord): in order, each once */
  GPtrArray *moved;   /* (element-type BpLedgerFigure): in order, each once */
  GHashTable *claims; /* as @matches */
  GPtrArray *entries; /* (element-type BpOpRecord): in order */
  GHashTable *recent; /* op_id → BpOpRecord */
  gboolean has_overflow;
};

void bp_ledger_load_records (BpLedger      *self,
                             const BpTable *table,
                             GPtrArray     *ids);
void bp_ledger_load_figures (BpLedger      *self,
                             const BpTable *table,
                             GPtrArray     *ids);
BpLedgerRecord *bp_ledger_get_record (BpLedger      *self,
                                      const BpTable *table,
                                      const char    *id);
BpLedgerFigure *bp_ledger_get_figure (BpLedger      *self,
                                      const BpTable *table,
                                      const char    *id);
gint64 bp_ledger_get_amount (const BpLedgerFigure *figure,
                             guint                 i);
char *bp_ledger_make_key (const BpTable *table,
                          guint          field,
                          const char    *text);
GPtrArray *bp_ledger_ensure_ids (GHashTable    *matches,
                                 const BpTable *table,
                                 guint          field,
                                 const char    *text);
void bp_ledger_load_matches (BpLedger      *self,
                             const BpTable *table,
                             guint          field,
                             GPtrArray     *texts);

G_END_DECLS
