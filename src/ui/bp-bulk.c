#include "config.h"

#include "bp-bulk.h"

#include "bp-hold.h"
#include "bp-notice.h"

#include <glib/gi18n.h>

/* One save, from the click to its undoing. */
typedef struct
{
  GWeakRef widget;
  BpShop *shop;       /* (owned) */
  char *text;         /* (owned): what was done */
  GPtrArray *inverse; /* (owned) (nullable) (element-type BpWrite) */
  BpBulkFunc func;    /* (nullable) */
  GWeakRef object;
} Bulk;

static void
bulk_free (gpointer data)
{
  Bulk *bulk = data;

  g_weak_ref_clear (&bulk->widget);
  g_weak_ref_clear (&bulk->object);
  g_clear_object (&bulk->shop);
  g_clear_pointer (&bulk->inverse, g_ptr_array_unref);
  g_free (bulk->text);
  g_free (bulk);
}

static void
on_taken_back (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (GtkWidget) widget = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inverse = bp_shop_save_all_finish (BP_SHOP (source), result, &error);

  bp_hold_application (FALSE);
  bp_notice_show (widget, inverse != NULL ? _("Undone") : error->message);
}

static void
take_back (gpointer user_data)
{
  Bulk *bulk = user_data;
  GtkWidget *widget = g_weak_ref_get (&bulk->widget);

  if (widget == NULL)
    return;

  bp_hold_application (TRUE);
  bp_shop_save_all_async (bulk->shop, g_steal_pointer (&bulk->inverse), NULL, on_taken_back,
                          widget);
}

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Bulk *bulk = user_data;
  g_autoptr (GtkWidget) widget = g_weak_ref_get (&bulk->widget);
  g_autoptr (GObject) object = g_weak_ref_get (&bulk->object);
  g_autoptr (GError) error = NULL;

  bp_hold_application (FALSE);
  bulk->inverse = bp_shop_save_all_finish (BP_SHOP (source), result, &error);
  if (bulk->func != NULL && object != NULL)
    bulk->func (object, bulk->inverse != NULL);
  if (widget == NULL || bulk->inverse == NULL || bulk->inverse->len == 0)
    {
      if (widget != NULL)
        bp_notice_show (widget, error != NULL ? error->message : bulk->text);
      bulk_free (bulk);
      return;
    }

  bp_notice_show_undo (widget, bulk->text, take_back, bulk, bulk_free);
}

/**
 * bp_bulk_save:
 * @widget: in which window it is told of
 * @shop: a shop
 * @writes: (transfer full) (element-type BpWrite): what to save; all or nothing
 * @text: what was done, when it is
 * @func: (nullable): called when it has been saved, or could not be
 * @object: (type GObject) (nullable): for @func, as long as it lives
 *
 * Saves in a thread, each record as an action of its own; tells of it by a
 * toast that offers to take it back, or says why nothing was saved.
 */
void
bp_bulk_save (GtkWidget  *widget,
              BpShop     *shop,
              GPtrArray  *writes,
              const char *text,
              BpBulkFunc  func,
              gpointer    object)
{
  Bulk *bulk = g_new0 (Bulk, 1);

  g_weak_ref_init (&bulk->widget, widget);
  g_weak_ref_init (&bulk->object, object);
  bulk->shop = g_object_ref (shop);
  bulk->text = g_strdup (text);
  bulk->func = func;
  bp_hold_application (TRUE);
  bp_shop_save_all_async (shop, writes, NULL, on_saved, bulk);
}
