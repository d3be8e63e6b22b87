/* Takes word from any thread to an object of one main context. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef struct _BpSyncMailbox BpSyncMailbox;

/**
 * BpSyncMailFunc:
 * @receiver: who is told, in the mailbox's context
 */
typedef void (*BpSyncMailFunc) (GObject *receiver);

BpSyncMailbox *bp_sync_mailbox_new (GMainContext  *context,
                                    GObject       *receiver,
                                    BpSyncMailFunc func);
BpSyncMailbox *bp_sync_mailbox_ref (BpSyncMailbox *self);
void bp_sync_mailbox_unref (BpSyncMailbox *self);
void bp_sync_mailbox_close (BpSyncMailbox *self);
void bp_sync_mailbox_post (BpSyncMailbox *self);

G_END_DECLS
