/* The contents of a file: blocks that copies share until one of them changes. */
#include "config.h"

#include "bp-fault-private.h"

#include <string.h>

/**
 * bp_fault_random:
 * @state: of a stream
 *
 * Returns: the stream's next number (splitmix64)
 */
guint64
bp_fault_random (guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* In front of its bytes, to which all others point. */
typedef struct
{
  int n_owners; /* (atomic) */
  guint8 bytes[BP_FAULT_BLOCK];
} Block;

static Block *
get_owners (gpointer bytes)
{
  return (gpointer)((guint8 *)bytes - G_STRUCT_OFFSET (Block, bytes));
}

static guint8 *
make_block (const guint8 *bytes)
{
  Block *block = g_malloc (sizeof (Block));

  block->n_owners = 1;
  if (bytes != NULL)
    memcpy (block->bytes, bytes, BP_FAULT_BLOCK);
  else
    memset (block->bytes, 0, BP_FAULT_BLOCK);
  return block->bytes;
}

static void
release_block (gpointer bytes)
{
  if (bytes != NULL && g_atomic_int_dec_and_test (&get_owners (bytes)->n_owners))
    g_free (get_owners (bytes));
}

static gpointer
acquire_block (gpointer bytes)
{
  if (bytes != NULL)
    g_atomic_int_inc (&get_owners (bytes)->n_owners);
  return bytes;
}

/**
 * bp_fault_bytes_new:
 *
 * Returns: (transfer full): an empty file's
 */
BpFaultBytes *
bp_fault_bytes_new (void)
{
  BpFaultBytes *self = g_new0 (BpFaultBytes, 1);

  self->blocks = g_ptr_array_new_with_free_func (release_block);
  return self;
}

/**
 * bp_fault_bytes_copy:
 * @self: the contents of a file
 *
 * Returns: (transfer full): the same contents; the blocks are shared
 */
BpFaultBytes *
bp_fault_bytes_copy (const BpFaultBytes *self)
{
  BpFaultBytes *copy = g_new0 (BpFaultBytes, 1);

  copy->length = self->length;
  copy->blocks = g_ptr_array_new_full (self->blocks->len, release_block);
  for (guint i = 0; i < self->blocks->len; i++)
    g_ptr_array_add (copy->blocks, acquire_block (self->blocks->pdata[i]));
  return copy;
}

/**
 * bp_fault_bytes_free:
 * @self: (nullable) (transfer full): the contents of a file
 */
void
bp_fault_bytes_free (BpFaultBytes *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->blocks);
  g_free (self);
}

static const guint8 *
get_block (const BpFaultBytes *self,
           guint               i)
{
  return i < self->blocks->len ? self->blocks->pdata[i] : NULL;
}

/* The pieces of blocks that a range consists of. */
static gint64
get_piece (gint64 offset,
           gint64 length,
           guint *block,
           guint *start)
{
  *block = (guint)(offset / BP_FAULT_BLOCK);
  *start = (guint)(offset % BP_FAULT_BLOCK);
  return MIN (length, BP_FAULT_BLOCK - (gint64)*start);
}

/**
 * bp_fault_bytes_read:
 * @self: the contents of a file
 * @offset: where from, in bytes
 * @to: (out caller-allocates) (array length=length): zeros beyond the end
 * @length: how many bytes
 *
 * Returns: how many of them the file has
 */
gint64
bp_fault_bytes_read (const BpFaultBytes *self,
                     gint64              offset,
                     guint8             *to,
                     gint64              length)
{
  gint64 there = CLAMP (self->length - offset, 0, length);
  guint block, start;

  memset (to + there, 0, (gsize)(length - there));
  for (gint64 done = 0; done < there;)
    {
      gint64 piece = get_piece (offset + done, there - done, &block, &start);
      const guint8 *bytes = get_block (self, block);

      if (bytes != NULL)
        memcpy (to + done, bytes + start, (gsize)piece);
      else
        memset (to + done, 0, (gsize)piece);
      done += piece;
    }

  return there;
}

/* A block of this file alone. */
static guint8 *
get_own_block (BpFaultBytes *self,
               guint         i)
{
  guint8 *old, *own;

  if (i >= self->blocks->len)
    g_ptr_array_set_size (self->blocks, (int)i + 1);

  old = self->blocks->pdata[i];
  if (old != NULL && g_atomic_int_get (&get_owners (old)->n_owners) == 1)
    return old;

  own = make_block (old);
  release_block (old);
  self->blocks->pdata[i] = own;
  return own;
}

/**
 * bp_fault_bytes_write:
 * @self: the contents of a file
 * @offset: where to, in bytes
 * @from: (array length=length): what
 * @length: how many bytes
 */
void
bp_fault_bytes_write (BpFaultBytes *self,
                      gint64        offset,
                      const guint8 *from,
                      gint64        length)
{
  guint block, start;

  for (gint64 done = 0; done < length;)
    {
      gint64 piece = get_piece (offset + done, length - done, &block, &start);

      memcpy (get_own_block (self, block) + start, from + done, (gsize)piece);
      done += piece;
    }
  self->length = MAX (self->length, offset + length);
}

/**
 * bp_fault_bytes_truncate:
 * @self: the contents of a file
 * @length: in bytes; zeros are added where the file is shorter
 */
void
bp_fault_bytes_truncate (BpFaultBytes *self,
                         gint64        length)
{
  guint n_blocks = (guint)((length + BP_FAULT_BLOCK - 1) / BP_FAULT_BLOCK);
  guint rest = (guint)(length % BP_FAULT_BLOCK);

  if (n_blocks < self->blocks->len)
    g_ptr_array_set_size (self->blocks, (int)n_blocks);
  if (length < self->length && rest > 0 && get_block (self, n_blocks - 1) != NULL)
    memset (get_own_block (self, n_blocks - 1) + rest, 0, BP_FAULT_BLOCK - rest);
  self->length = length;
}

/**
 * bp_fault_bytes_count_new:
 * @self: the contents of a file
 * @offset: where a write begins, in bytes
 * @length: how many bytes it has
 *
 * Returns: how many bytes more it would take on the disk
 */
gint64
bp_fault_bytes_count_new (const BpFaultBytes *self,
                          gint64              offset,
                          gint64              length)
{
  guint block, start;
  gint64 n_new = 0;

  for (gint64 done = 0; done < length;)
    {
      done += get_piece (offset + done, length - done, &block, &start);
      n_new += get_block (self, block) == NULL ? BP_FAULT_BLOCK : 0;
    }

  return n_new;
}

/**
 * bp_fault_bytes_get_room:
 * @self: the contents of a file
 *
 * Returns: how many bytes it takes on the disk
 */
gint64
bp_fault_bytes_get_room (const BpFaultBytes *self)
{
  gint64 room = 0;

  for (guint i = 0; i < self->blocks->len; i++)
    room += self->blocks->pdata[i] != NULL ? BP_FAULT_BLOCK : 0;
  return room;
}

/**
 * bp_fault_bytes_sync:
 * @now: the contents of a file
 * @durable: what of it was synced
 * @failed: (nullable): what it was at the last fsync that failed
 *
 * Returns: (transfer full): what is synced now: @now, without what was to be
 *   written by the fsync that failed and was not written to since
 */
BpFaultBytes *
bp_fault_bytes_sync (const BpFaultBytes *now,
                     const BpFaultBytes *durable,
                     const BpFaultBytes *failed)
{
  BpFaultBytes *synced = bp_fault_bytes_copy (now);

  for (guint i = 0; failed != NULL && i < now->blocks->len; i++)
    {
      const guint8 *block = get_block (now, i);

      if (block != NULL && block == get_block (failed, i) && block != get_block (durable, i))
        {
          release_block (synced->blocks->pdata[i]);
          synced->blocks->pdata[i] = acquire_block ((gpointer)get_block (durable, i));
        }
    }

  return synced;
}

/**
 * bp_fault_tear_init:
 * @tear: filled
 * @random: the state of the stream, which must outlive @tear
 *
 * Draws how a power cut treats what was not synced.
 */
void
bp_fault_tear_init (BpFaultTear *tear,
                    guint64     *random)
{
  static const guint keeps[] = { 0, 1, 8, 15, 16 };

  tear->random = random;
  tear->sector = bp_fault_random (random) % 2 == 0 ? 512 : 4096;
  tear->keep = keeps[bp_fault_random (random) % G_N_ELEMENTS (keeps)];
  tear->is_dirty = bp_fault_random (random) % 4 == 0;
}

static gint64
tear_length (gint64             now,
             gint64             before,
             const BpFaultTear *tear)
{
  gint64 grown = now - before;

  switch (bp_fault_random (tear->random) % 3)
    {
    case 0:
      return now;
    case 1:
      return before;
    default:
      grown = (gint64)(bp_fault_random (tear->random) % (guint64)(grown + 1));
      return before + grown - grown % 512;
    }
}

static void
tear_block (guint8            *block,
            const guint8      *now,
            gboolean           is_appended,
            const BpFaultTear *tear)
{
  for (guint at = 0; at < BP_FAULT_BLOCK; at += tear->sector)
    {
      if (bp_fault_random (tear->random) % 16 < tear->keep)
        memcpy (block + at, now + at, tear->sector);
      else if (is_appended && tear->is_dirty)
        memset (block + at, (int)(bp_fault_random (tear->random) % 256), tear->sector);
    }
}

/**
 * bp_fault_bytes_tear:
 * @now: the contents of a file
 * @durable: what of it was synced
 * @shortest: the least length it had since then
 * @tear: how the power cut is
 *
 * A file system shortens a file as a whole or not at all, and puts what is
 * written later elsewhere.
 *
 * Returns: (transfer full): what it finds after the cut: what was synced, a
 *   random part of the other sectors, and one of the lengths it had or might
 *   have had
 */
BpFaultBytes *
bp_fault_bytes_tear (const BpFaultBytes *now,
                     const BpFaultBytes *durable,
                     gint64              shortest,
                     const BpFaultTear  *tear)
{
  static const guint8 zeros[BP_FAULT_BLOCK];
  BpFaultBytes *left = bp_fault_bytes_copy (durable);
  guint n_blocks;

  if (shortest < durable->length)
    {
      if (bp_fault_random (tear->random) % 2 == 0)
        return left;
      bp_fault_bytes_truncate (left, shortest);
    }
  if (now->length != left->length)
    bp_fault_bytes_truncate (left, tear_length (now->length, left->length, tear));
  n_blocks = (guint)((left->length + BP_FAULT_BLOCK - 1) / BP_FAULT_BLOCK);
  for (guint i = 0; i < n_blocks; i++)
    {
      const guint8 *new_block = get_block (now, i);

      if (new_block == get_block (durable, i))
        continue;
      tear_block (get_own_block (left, i), new_block != NULL ? new_block : zeros,
                  (gint64)i * BP_FAULT_BLOCK >= durable->length, tear);
    }

  return left;
}
