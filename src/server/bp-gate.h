/* Who may ask now, and who has asked too often. */
#pragma once

#include "bp-clock.h"
#include "bp-endpoint.h"
#include "bp-rules.h"

G_BEGIN_DECLS

/**
 * BpGateLimits:
 * @device_per_s: how often a token may ask, in the long run
 * @device_burst: and how often at once
 * @stranger_per_s: the same for an address, by those who have not shown a token
 *   that holds
 * @stranger_burst: the same at once
 * @wrong_tokens: so many tokens that hold nothing may come from an address
 *   within a minute
 * @spare_loopback: whether this machine itself may ask as often as it likes, but
 *   for @wrong_tokens
 */
typedef struct
{
  guint device_per_s;
  guint device_burst;
  guint stranger_per_s;
  guint stranger_burst;
  guint wrong_tokens;
  gboolean spare_loopback;
} BpGateLimits;

typedef struct _BpGate BpGate;

BpGate *bp_gate_new (BpClock            *clock,
                     const BpGateLimits *limits);
void bp_gate_free (BpGate *self);
BpReply *bp_gate_refuse (BpGate           *self,
                         const BpEndpoint *endpoint,
                         const char       *token,
                         const char       *address,
                         gint64           *wait_s);
void bp_gate_note (BpGate        *self,
                   const char    *token,
                   const char    *address,
                   const BpReply *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpGate, bp_gate_free)

G_END_DECLS
