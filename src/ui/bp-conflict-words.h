/* What people read of a conflict. */
#pragma once

#include "bp-conflict-case.h"
#include "bp-format.h"

G_BEGIN_DECLS

/**
 * BpConflictSide:
 * @BP_CONFLICT_BEFORE: what both sides last agreed on
 * @BP_CONFLICT_LOCAL: what this device made of it
 * @BP_CONFLICT_SERVER: what the server has
 * @BP_CONFLICT_NOW: the record as it is shown now
 *
 * One state of the record.
 */
typedef enum
{
  BP_CONFLICT_BEFORE,
  BP_CONFLICT_LOCAL,
  BP_CONFLICT_SERVER,
  BP_CONFLICT_NOW,
} BpConflictSide;

typedef struct _BpConflictWords BpConflictWords;

BpConflictWords *bp_conflict_words_new (BpFormat       *format,
                                        BpConflictCase *contested);
void bp_conflict_words_free (BpConflictWords *self);
const BpConflictCase *bp_conflict_words_get_case (BpConflictWords *self);
BpFormat *bp_conflict_words_get_format (BpConflictWords *self);
gboolean bp_conflict_words_has (BpConflictWords *self,
                                BpConflictSide   side);
const BpValue *bp_conflict_words_get_value (BpConflictWords *self,
                                            BpConflictSide   side,
                                            guint            field);
char *bp_conflict_words_make_value (BpConflictWords *self,
                                    BpConflictSide   side,
                                    guint            unit);
char *bp_conflict_words_make_label (BpConflictWords *self,
                                    guint            unit);
char *bp_conflict_words_make_title (BpConflictWords *self);
char *bp_conflict_words_make_who (BpConflictWords *self,
                                  BpConflictSide   side);
char *bp_conflict_words_make_heading (BpConflictWords *self);
char *bp_conflict_words_make_body (BpConflictWords *self);
char *bp_conflict_words_make_decision (BpConflictWords *self);
char *bp_conflict_words_decision_to_text (const char *decision);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpConflictWords, bp_conflict_words_free)

G_END_DECLS
