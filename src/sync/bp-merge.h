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
