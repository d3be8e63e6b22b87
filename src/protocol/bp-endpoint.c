#include "config.h"

#include "bp-endpoint.h"

#include "bp-limits.h"

static const BpEndpoint endpoints[BP_N_ENDPOINTS] = {
  { BP_ENDPOINT_INFO, "GET", "/v1/info", FALSE, 0, FALSE },
  { BP_ENDPOINT_PAIR, "POST", "/v1/pair", FALSE, 16 * 1024, FALSE },
  { BP_ENDPOINT_PUSH, "POST", "/v1/push", TRUE, BP_MAX_BODY, FALSE },
  { BP_ENDPOINT_PULL, "POST", "/v1/pull", TRUE, BP_MAX_BODY, TRUE },
  { BP_ENDPOINT_HISTORY, "GET", "/v1/history", TRUE, 0, FALSE },
  { BP_ENDPOINT_LIVE, "GET", "/v1/live", TRUE, 0, FALSE },
};

/**
 * bp_endpoint_get:
 * @id: which
 *
 * Returns: (transfer none): the endpoint
 */
const BpEndpoint *
bp_endpoint_get (BpEndpointId id)
{
  g_return_val_if_fail (id < BP_N_ENDPOINTS, NULL);

  return &endpoints[id];
}

/**
 * bp_endpoint_find:
 * @path: (nullable): the path of a request, without its query
 *
 * Returns: (transfer none) (nullable): the endpoint with exactly that path
 */
const BpEndpoint *
bp_endpoint_find (const char *path)
{
  for (guint i = 0; i < BP_N_ENDPOINTS; i++)
    {
      if (g_strcmp0 (endpoints[i].path, path) == 0)
        return &endpoints[i];
    }

  return NULL;
}
