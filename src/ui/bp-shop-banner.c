#include "config.h"

#include "bp-shop-banner.h"

#include <glib/gi18n.h>

struct _BpShopBanner
{
  AdwBin parent_instance;

  GtkRevealer *revealer;      /* (unowned), as all widgets here */
  GtkLabel *text;
  GtkWidget *button;

  BpSyncScheduler *scheduler; /* (owned) (nullable) */
  gboolean is_read_only;
};

G_DEFINE_FINAL_TYPE (BpShopBanner, bp_shop_banner, ADW_TYPE_BIN)

static void
update (BpShopBanner *self)
{
  const BpSyncStatus *status = bp_sync_scheduler_get_status (self->scheduler);
  gboolean must_pair = status != NULL && status->must_pair;
  const char *text = NULL;

  if (self->is_read_only)
    text = _("These books can only be read: nothing can be saved. The folder they are in cannot"
             " be written.");
  else if (must_pair)
    text = _("The server no longer accepts this device. Everything is kept here until it is"
             " paired again.");

  if (text != NULL)
    gtk_label_set_text (self->text, text);
  gtk_widget_set_visible (self->button, must_pair && !self->is_read_only);
  gtk_widget_set_visible (GTK_WIDGET (self->revealer), text != NULL);
  gtk_revealer_set_reveal_child (self->revealer, text != NULL);
}

static void
bp_shop_banner_dispose (GObject *object)
{
  BpShopBanner *self = BP_SHOP_BANNER (object);

  g_clear_object (&self->scheduler);
  adw_bin_set_child (ADW_BIN (self), NULL);

  G_OBJECT_CLASS (bp_shop_banner_parent_class)->dispose (object);
}

static void
bp_shop_banner_class_init (BpShopBannerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bp_shop_banner_dispose;
}

static void
bp_shop_banner_init (BpShopBanner *self)
{
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *text = gtk_label_new (NULL);

  self->revealer = GTK_REVEALER (revealer);
  self->text = GTK_LABEL (text);
  self->button = gtk_button_new_with_label (_("Pair Again…"));
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->button), "s", "sync");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->button), "app.preferences-page");
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  gtk_label_set_xalign (self->text, 0);
  gtk_label_set_wrap (self->text, TRUE);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_widget_add_css_class (box, "shop-banner");
  gtk_box_append (GTK_BOX (box), text);
  gtk_box_append (GTK_BOX (box), self->button);
  gtk_revealer_set_child (self->revealer, box);
  gtk_widget_set_visible (revealer, FALSE);
  adw_bin_set_child (ADW_BIN (self), revealer);
}

/**
 * bp_shop_banner_set_shop:
 * @self: a banner that tells nothing yet
 * @shop: whose books they are
 * @scheduler: the shop's
 */
void
bp_shop_banner_set_shop (BpShopBanner    *self,
                         BpShop          *shop,
                         BpSyncScheduler *scheduler)
{
  g_return_if_fail (self->scheduler == NULL);

  self->scheduler = g_object_ref (scheduler);
  self->is_read_only = bp_store_is_read_only (bp_shop_get_store (shop));
  g_signal_connect_object (scheduler, "status-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
}
