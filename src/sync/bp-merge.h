#pragma once

#include "bp-store-sync.h"

G_BEGIN_DECLS

/**
 * BpPolicy:
 * @BP_POLICY_SERVER_WINS: in a field both changed, the server's value holds
 * @BP_POLICY_LATEST_WINS: the later of the two, by the devices' clocks
 * @BP_POLICY_ASK: a person decides
 */
typedef enum
{
  BP_POLICY_SERVER_WINS,
  BP_POLICY_LATEST_WINS,
  BP_POLICY_ASK,
} BpPolicy;

/**
 * BpMergeSide:
 * @BP_MERGE_SIDE_NONE: changed nowhere
 * @BP_MERGE_SIDE_LOCAL: changed here
 * @BP_MERGE_SIDE_SERVER: changed on the server
 * @BP_MERGE_SIDE_SAME: changed in both places to the same
 * @BP_MERGE_SIDE_BOTH: changed in both places, not to the same
 *
 * Where a field of a record was changed.
 */
typedef enum
{
  BP_MERGE_SIDE_NONE,
  BP_MERGE_SIDE_LOCAL,
  BP_MERGE_SIDE_SERVER,
  BP_MERGE_SIDE_SAME,
  BP_MERGE_SIDE_BOTH,
} BpMergeSide;

BpMergeSide bp_merge_get_side (const BpConflict *conflict,
                               guint             field);
gboolean bp_merge_is_in_unit (const BpTable *table,
                              guint          unit,
                              guint          field);
BpDecision bp_merge (const BpConflict *conflict,
                     BpPolicy          policy,
                     gint64            skew,
                     BpChange        **merged);
gboolean bp_merge_choose (const BpConflict  *conflict,
                          const char *const *choices,
                          BpChange         **merged,
                          GError           **error);
gboolean bp_policy_from_string (const char *text,
                                BpPolicy   *policy);

G_END_DECLS
