#pragma once

#include "bp-state.h"

G_BEGIN_DECLS

/**
 * BpOperationKind:
 * @BP_OPERATION_INSERT: makes a record
 * @BP_OPERATION_UPDATE: changes some of its fields
 * @BP_OPERATION_DELETE: makes it a tombstone
 */
typedef enum
{
  BP_OPERATION_INSERT,
  BP_OPERATION_UPDATE,
  BP_OPERATION_DELETE,
} BpOperationKind;

/**
 * BpOperation:
 * @op_id: (transfer full): its own id, for good
 * @action_id: (transfer full): shared by what must hold together
 * @table: (unowned) (nullable): the table; %NULL only on the server, where
 *   the name was unknown
 * @id: (transfer full): the record
 * @kind: what is done
 * @base_version: of UPDATE and DELETE, the version it was made on
 * @restore: an UPDATE with all fields that brings a deleted record back
 * @recover: an INSERT that is without effect where the record exists (a
 *   server that lost its past is filled again)
 * @modified_at: in milliseconds, by the device's clock
 * @user: (nullable) (transfer full): who did it
 * @data: (nullable) (transfer full): the fields; %NULL for a DELETE
 *
 * One change of one record, as it travels.
 */
typedef struct
{
  char *op_id;
  char *action_id;
  const BpTable *table;
  char *id;
  BpOperationKind kind;
  gint64 base_version;
  gboolean restore;
  gboolean recover;
  gint64 modified_at;
  char *user;
  BpChange *data;
} BpOperation;

/**
 * BpResultStatus:
 * @BP_RESULT_APPLIED: it holds, now or since an earlier time
 * @BP_RESULT_CONFLICT: nothing changed; the device decides
 * @BP_RESULT_REJECTED: nothing changed; wrong in itself
 * @BP_RESULT_HELD: nothing changed; another operation of its action is in
 *   conflict or rejected
 */
typedef enum
{
  BP_RESULT_APPLIED,
  BP_RESULT_CONFLICT,
  BP_RESULT_REJECTED,
  BP_RESULT_HELD,
} BpResultStatus;

#define BP_N_RESULTS 4

/**
 * BpConflictType:
 * @BP_CONFLICT_UPDATE_UPDATE: changed there and here
 * @BP_CONFLICT_DELETE_UPDATE: deleted there (or never known), changed here
 * @BP_CONFLICT_UPDATE_DELETE: changed there, deleted here
 * @BP_CONFLICT_ID_COLLISION: the same id or key, another record
 */
typedef enum
{
  BP_CONFLICT_UPDATE_UPDATE,
  BP_CONFLICT_DELETE_UPDATE,
  BP_CONFLICT_UPDATE_DELETE,
  BP_CONFLICT_ID_COLLISION,
} BpConflictType;

/**
 * BpResult:
 * @op_id: (transfer full): which operation
 * @status: what became of it
 * @version: of the record, where applied
 * @seq: of the change, where applied
 * @conflict_type: where in conflict
 * @key: (nullable) (transfer full): of an ID_COLLISION, the field that is taken
 * @server: (nullable) (transfer full): of a conflict, the record there
 * @code: (nullable) (transfer full): of a rejection, the stable code
 * @detail: (nullable) (transfer full): of a rejection, words for a person
 * @retry: of a rejection, whether trying again can help
 *
 * The server's answer to one operation.
 */
typedef struct
{
  char *op_id;
  BpResultStatus status;
  gint64 version;
  gint64 seq;
  BpConflictType conflict_type;
  char *key;
  BpState *server;
  char *code;
  char *detail;
  gboolean retry;
} BpResult;

BpOperation *bp_operation_new (void);
BpOperation *bp_operation_copy (const BpOperation *operation);
void bp_operation_free (BpOperation *operation);
const char *bp_operation_kind_to_string (BpOperationKind kind);
gboolean bp_operation_kind_from_string (const char      *text,
                                        BpOperationKind *kind);

BpResult *bp_result_new (const char *op_id);
void bp_result_free (BpResult *result);
const char *bp_result_status_to_string (BpResultStatus status);
gboolean bp_result_status_from_string (const char     *text,
                                       BpResultStatus *status);
const char *bp_conflict_type_to_string (BpConflictType type);
gboolean bp_conflict_type_from_string (const char     *text,
                                       BpConflictType *type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpOperation, bp_operation_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpResult, bp_result_free)

G_END_DECLS
