#include "config.h"

#include "bp-sync-mailbox.h"

struct _BpSyncMailbox
{
  GMutex mutex;
  GMainContext *context; /* (owned) */
  GObject *receiver;     /* (unowned) (nullable): until it is closed */
  BpSyncMailFunc func;
  gboolean is_noted;
};

static void
mailbox_free (gpointer data)
{
  BpSyncMailbox *self = data;

  g_mutex_clear (&self->mutex);
  g_main_context_unref (self->context);
}

/**
 * bp_sync_mailbox_new:
 * @context: where @func is called
 * @receiver: (transfer none): who is told; closes the mailbox before it goes
 * @func: tells it
 *
 * Returns: (transfer full): a mailbox; usable from any thread
 */
BpSyncMailbox *
bp_sync_mailbox_new (GMainContext  *context,
                     GObject       *receiver,
                     BpSyncMailFunc func)
{
  BpSyncMailbox *self = g_atomic_rc_box_new0 (BpSyncMailbox);

  g_mutex_init (&self->mutex);
  self->context = g_main_context_ref (context);
  self->receiver = receiver;
  self->func = func;
  return self;
}

/**
 * bp_sync_mailbox_ref:
 * @self: a mailbox
 *
 * Returns: (transfer full): the same
 */
BpSyncMailbox *
bp_sync_mailbox_ref (BpSyncMailbox *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * bp_sync_mailbox_unref:
 * @self: (transfer full): a mailbox
 */
void
bp_sync_mailbox_unref (BpSyncMailbox *self)
{
  g_atomic_rc_box_release_full (self, mailbox_free);
}

/**
 * bp_sync_mailbox_close:
 * @self: a mailbox
 *
 * Nobody is told any more. In the mailbox's context.
 */
void
bp_sync_mailbox_close (BpSyncMailbox *self)
{
  g_mutex_lock (&self->mutex);
  self->receiver = NULL;
  g_mutex_unlock (&self->mutex);
}

static gboolean
on_mail (gpointer user_data)
{
  BpSyncMailbox *self = user_data;
  g_autoptr (GObject) receiver = NULL;

  g_mutex_lock (&self->mutex);
  self->is_noted = FALSE;
  if (self->receiver != NULL)
    receiver = g_object_ref (self->receiver);
  g_mutex_unlock (&self->mutex);

  if (receiver != NULL)
    self->func (receiver);
  return G_SOURCE_REMOVE;
}

/**
 * bp_sync_mailbox_post:
 * @self: a mailbox
 *
 * The receiver is told soon, once for all that is posted until then. In any
 * thread.
 */
void
bp_sync_mailbox_post (BpSyncMailbox *self)
{
  g_autoptr (GSource) source = NULL;
  gboolean is_noted;

  g_mutex_lock (&self->mutex);
  is_noted = self->is_noted;
  self->is_noted = TRUE;
  g_mutex_unlock (&self->mutex);
  if (is_noted)
    return;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_mail, bp_sync_mailbox_ref (self),
                         (GDestroyNotify)bp_sync_mailbox_unref);
  g_source_attach (source, self->context);
}
