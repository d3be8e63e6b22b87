#pragma once

#include "bp-change.h"

G_BEGIN_DECLS

/**
 * BpState:
 * @id: (transfer full): the record's id, at most 64 ASCII bytes
 * @version: 1, 2, 3 …; 0 where the server has accepted none yet
 * @seq: the store's change counter at its latest change; 0 where none
 * @is_deleted: whether it is a tombstone
 * @modified_at: when its latest change was made, in milliseconds, by the
 *   clock of the device that made it
 * @op_id: (nullable): the operation that made its latest version
 * @device_name: (nullable): which device made it
 * @user: (nullable): who made it
 * @data: (transfer full): all fields
 *
 * A record as it was at one moment, on either end.
 */
struct _BpState
{
  char *id;
  gint64 version;
  gint64 seq;
  gboolean is_deleted;
  gint64 modified_at;
  char *op_id;
  char *device_name;
  char *user;
  BpChange *data;
};

BpState *bp_state_new (const BpTable *table,
                       const char    *id);
BpState *bp_state_copy (const BpState *state);
void bp_state_free (BpState *state);
char *bp_state_make_title (const BpState *state);
void bp_state_append_json (const BpState *state,
                           GString       *json);
char *bp_state_to_text (const BpState *state);
BpState *bp_state_new_from_json (const BpTable *table,
                                 const char    *id,
                                 JsonObject    *object,
                                 GError       **error);
BpState *bp_state_new_from_text (const BpTable *table,
                                 const char    *id,
                                 const char    *text,
                                 GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpState, bp_state_free)

G_END_DECLS
