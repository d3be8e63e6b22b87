#pragma once

#include "bp-backend.h"
#include "bp-clock.h"

G_BEGIN_DECLS

/**
 * BpAdminOptions:
 * @currency: (nullable): of `store-add`
 * @time_zone: (nullable): of `store-add`
 */
typedef struct
{
  const char *currency;
  const char *time_zone;
} BpAdminOptions;

gboolean bp_admin_is_command (const char *name,
                              guint       n_arguments);
int bp_admin_run (BpBackend            *backend,
                  BpClock              *clock,
                  const BpAdminOptions *options,
                  char                **arguments);
gboolean bp_admin_check_options (const BpAdminOptions *options,
                                 char                **arguments,
                                 GError              **error);

G_END_DECLS
