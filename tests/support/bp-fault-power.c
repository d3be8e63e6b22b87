/* What happens at which call. */
#include "config.h"

#include "bp-fault-private.h"

#include <errno.h>

static gboolean
fires (BpFaultPlan *plan,
       BpFaultCall  call)
{
  if (plan->n == 0 || (plan->calls & call) == 0)
    return FALSE;
  if (plan->n > 1)
    {
      plan->n--;
      return FALSE;
    }

  plan->n = plan->for_ever ? 1 : 0;
  return TRUE;
}

/**
 * bp_fault_disk_step:
 * @self: a disk with power, locked
 * @call: what is about to be done on it
 *
 * Counts the call, tells who watches, and cuts the power where it is time.
 *
 * Returns: what becomes of the call
 */
BpFaultFate
bp_fault_disk_step (BpFaultDisk *self,
                    BpFaultCall  call)
{
  self->vfs->last_errno = EIO;
  self->counts[g_bit_nth_lsf (call, -1)]++;
  if (self->watch != NULL && (call & BP_FAULT_CHANGE) != 0)
    self->watch (self, call, self->watch_data);

  if (fires (&self->cut, call))
    {
      if (call != BP_FAULT_READ && bp_fault_random (&self->random) % 2 == 0)
        return BP_FAULT_DIES;
      bp_fault_disk_cut (self);
      return BP_FAULT_LOST;
    }

  return fires (&self->fail, call) ? BP_FAULT_LOST : BP_FAULT_GO;
}

/**
 * bp_fault_disk_has_room:
 * @self: a disk, locked
 * @bytes: how many more are to be used
 *
 * Returns: whether it has them
 */
gboolean
bp_fault_disk_has_room (BpFaultDisk *self,
                        gint64       bytes)
{
  return self->room < 0 || bytes == 0 || bp_fault_disk_get_used (self) + bytes <= self->room;
}

/**
 * bp_fault_disk_cut:
 * @self: a disk
 *
 * The power goes. What is open fails from now on, and so does opening, until
 * bp_fault_disk_power_on(). What was synced is left, and a random part of the
 * rest.
 */
void
bp_fault_disk_cut (BpFaultDisk *self)
{
  g_rec_mutex_lock (&self->vfs->mutex);
  if (!self->is_off)
    {
      self->after = bp_fault_disk_take_cut_image (self);
      self->is_off = TRUE;
      self->cut.n = 0;
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
}

/**
 * bp_fault_disk_cut_at:
 * @self: a disk
 * @calls: which calls count
 * @n: at which of them from now the power goes, 1 the next; 0 at none. The
 *   call that it goes at fails, and may have had its effect
 */
void
bp_fault_disk_cut_at (BpFaultDisk *self,
                      BpFaultCall  calls,
                      guint64      n)
{
  self->cut = (BpFaultPlan) { calls, n, FALSE };
}

/**
 * bp_fault_disk_is_off:
 * @self: a disk
 *
 * Returns: whether the power is gone
 */
gboolean
bp_fault_disk_is_off (BpFaultDisk *self)
{
  return self->is_off;
}

/**
 * bp_fault_disk_power_on:
 * @self: a disk
 *
 * Ends a power cut: what it left can be opened. What was open before stays
 * dead, and should be closed. No call fails any more; room stays as it is.
 */
void
bp_fault_disk_power_on (BpFaultDisk *self)
{
  BpFaultImage *after;

  g_rec_mutex_lock (&self->vfs->mutex);
  self->fail.n = 0;
  after = g_steal_pointer (&self->after);
  if (after != NULL)
    {
      self->is_off = FALSE;
      bp_fault_disk_load_image (self, after);
      bp_fault_image_free (after);
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
}

/**
 * bp_fault_disk_fail_at:
 * @self: a disk
 * @calls: which calls count
 * @n: which of them from now fails without effect, 1 the next; 0 none
 * @for_ever: whether all of @calls after it fail, too
 */
void
bp_fault_disk_fail_at (BpFaultDisk *self,
                       BpFaultCall  calls,
                       guint64      n,
                       gboolean     for_ever)
{
  self->fail = (BpFaultPlan) { calls, n, for_ever };
}

/**
 * bp_fault_disk_set_room:
 * @self: a disk
 * @bytes: its size; −1 without a limit. Where less is left than a write needs,
 *   the disk is full
 */
void
bp_fault_disk_set_room (BpFaultDisk *self,
                        gint64       bytes)
{
  self->room = bytes;
}

/**
 * bp_fault_disk_get_used:
 * @self: a disk
 *
 * Returns: how many bytes of it are used
 */
gint64
bp_fault_disk_get_used (BpFaultDisk *self)
{
  gint64 used = 0;

  g_rec_mutex_lock (&self->vfs->mutex);
  for (guint i = 0; i < self->nodes->len; i++)
    {
      BpFaultNode *node = self->nodes->pdata[i];

      used += bp_fault_bytes_get_room (node->now);
      if (node->shm != NULL)
        used += (gint64)node->shm->regions->len * BP_FAULT_SHM_REGION;
    }
  g_rec_mutex_unlock (&self->vfs->mutex);
  return used;
}

/**
 * bp_fault_disk_count:
 * @self: a disk
 * @calls: which
 *
 * Returns: how many of them were made since the disk is there
 */
guint64
bp_fault_disk_count (BpFaultDisk *self,
                     BpFaultCall  calls)
{
  guint64 n = 0;

  for (guint i = 0; i < BP_FAULT_N_CALLS; i++)
    n += (calls >> i) & 1 ? self->counts[i] : 0;
  return n;
}

/**
 * bp_fault_disk_watch:
 * @self: a disk
 * @func: (nullable) (scope forever): called before each change
 * @user_data: for @func
 */
void
bp_fault_disk_watch (BpFaultDisk *self,
                     BpFaultFunc  func,
                     gpointer     user_data)
{
  self->watch = func;
  self->watch_data = user_data;
}
