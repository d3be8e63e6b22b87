#pragma once

#include "bp-backend.h"

G_BEGIN_DECLS

/**
 * BpFaultFunc:
 * @fault: what is wrong
 * @table: (nullable): where
 * @id: (nullable): with which record
 * @user_data: the caller's
 */
typedef void (*BpFaultFunc) (const char *fault,
                             const char *table,
                             const char *id,
                             gpointer    user_data);

gboolean bp_check_backend (BpBackend  *backend,
                           BpFaultFunc func,
                           gpointer    user_data,
                           GError    **error);

G_END_DECLS
