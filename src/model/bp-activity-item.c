#include "config.h"

#include "bp-activity-item.h"

struct _BpActivityItem
{
  GObject parent_instance;

  gint64 key;
  BpActivityRow *row; /* (owned) (nullable): until it is read */
};

G_DEFINE_FINAL_TYPE (BpActivityItem, bp_activity_item, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
bp_activity_item_finalize (GObject *object)
{
  BpActivityItem *self = BP_ACTIVITY_ITEM (object);

  bp_activity_row_free (self->row);

  G_OBJECT_CLASS (bp_activity_item_parent_class)->finalize (object);
}

static void
bp_activity_item_class_init (BpActivityItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_activity_item_finalize;

  /**
   * BpActivityItem::changed:
   * @self: the item
   *
   * Emitted when it has been read.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_ACTIVITY_ITEM, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_activity_item_init (BpActivityItem *self)
{
}

/**
 * bp_activity_item_new:
 * @key: which row it is
 *
 * Returns: (transfer full): an item that says nothing yet
 */
BpActivityItem *
bp_activity_item_new (gint64 key)
{
  BpActivityItem *self = g_object_new (BP_TYPE_ACTIVITY_ITEM, NULL);

  self->key = key;
  return self;
}

/**
 * bp_activity_item_get_key:
 * @self: an item
 *
 * Returns: which row it is
 */
gint64
bp_activity_item_get_key (BpActivityItem *self)
{
  return self->key;
}

/**
 * bp_activity_item_get_row:
 * @self: an item
 *
 * Returns: (transfer none) (nullable): what it says; %NULL until it is read.
 *   Valid until the next "changed"
 */
const BpActivityRow *
bp_activity_item_get_row (BpActivityItem *self)
{
  return self->row;
}

/**
 * bp_activity_item_fill:
 * @self: an item
 * @row: (transfer full): what it says from now on
 */
void
bp_activity_item_fill (BpActivityItem *self,
                       BpActivityRow  *row)
{
  bp_activity_row_free (self->row);
  self->row = row;
  g_signal_emit (self, signals[CHANGED], 0);
}
