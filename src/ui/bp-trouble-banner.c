#include "config.h"

#include "bp-trouble-banner.h"

#include "bp-trouble.h"

struct _BpTroubleBanner
{
  AdwBin parent_instance;

  GtkRevealer *revealer; /* (unowned), as all widgets here */
  GtkWidget *box;
  GtkLabel *text;
  GtkWidget *retry_button;
  GtkWidget *resolve_button;

  BpShop *shop;              /* (owned) (nullable) */
  BpTrouble *trouble;        /* (owned) (nullable): what is shown */
  GCancellable *cancellable; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpTroubleBanner, bp_trouble_banner, ADW_TYPE_BIN)

enum
{
  FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
set_class (GtkWidget  *widget,
           const char *name,
           gboolean    is_set)
{
  if (is_set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

/* Takes @trouble. */
static void
show_trouble (BpTroubleBanner *self,
              BpTrouble       *trouble)
{
  gboolean in_conflict = trouble != NULL && trouble->conflict != 0;

  g_clear_pointer (&self->trouble, bp_trouble_free);
  self->trouble = trouble;
  gtk_revealer_set_reveal_child (self->revealer, trouble != NULL && trouble->words != NULL);
  if (trouble == NULL || trouble->words == NULL)
    return;

  gtk_label_set_text (self->text, trouble->words);
  gtk_widget_set_visible (self->retry_button, trouble->op_id != NULL);
  gtk_widget_set_visible (self->resolve_button, in_conflict);
  set_class (self->box, "warning", in_conflict);
  set_class (self->box, "error", !in_conflict);
}

static void
on_found (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (BpTroubleBanner) self = user_data;
  g_autoptr (GError) error = NULL;
  BpTrouble *trouble = bp_trouble_find_finish (BP_SHOP (source), result, &error);

  if (trouble != NULL)
    show_trouble (self, trouble);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

static void
on_mended (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (BpTroubleBanner) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!bp_trouble_mend_finish (BP_SHOP (source), result, &error))
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

static void
mend (BpTroubleBanner *self,
      BpRemedy         remedy)
{
  if (self->trouble != NULL && self->trouble->words != NULL)
    bp_trouble_mend_async (self->shop, self->trouble, remedy, NULL, on_mended,
                           g_object_ref (self));
}

static void
on_retry (BpTroubleBanner *self)
{
  mend (self, BP_REMEDY_RETRY);
}

static void
on_resolve (BpTroubleBanner *self)
{
  if (self->trouble != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "app.resolve-conflict", "x",
                                self->trouble->conflict);
}

static void
bp_trouble_banner_dispose (GObject *object)
{
  BpTroubleBanner *self = BP_TROUBLE_BANNER (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->shop);
  g_clear_pointer (&self->trouble, bp_trouble_free);
  /* GTK would free it, and the bin look at it once more. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_TROUBLE_BANNER);

  G_OBJECT_CLASS (bp_trouble_banner_parent_class)->dispose (object);
}

static void
bp_trouble_banner_class_init (BpTroubleBannerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_trouble_banner_dispose;

  signals[FAILED] = g_signal_new ("failed", BP_TYPE_TROUBLE_BANNER, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-trouble-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, BpTroubleBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, BpTroubleBanner, box);
  gtk_widget_class_bind_template_child (widget_class, BpTroubleBanner, text);
  gtk_widget_class_bind_template_child (widget_class, BpTroubleBanner, retry_button);
  gtk_widget_class_bind_template_child (widget_class, BpTroubleBanner, resolve_button);
  gtk_widget_class_bind_template_callback (widget_class, on_retry);
  gtk_widget_class_bind_template_callback (widget_class, on_resolve);
}

static void
bp_trouble_banner_init (BpTroubleBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_trouble_banner_set_record:
 * @self: a banner
 * @shop: whose record it is
 * @record: (nullable): what failed or is in conflict, or neither; %NULL for
 *   none. To be set again whenever it changes
 *
 * The words come from the disk, in a moment; what was told of another record
 * is gone then at the latest.
 */
void
bp_trouble_banner_set_record (BpTroubleBanner *self,
                              BpShop          *shop,
                              BpRecord        *record)
{
  BpRecordStatus status = record != NULL ? bp_record_get_status (record) : BP_RECORD_SYNCED;

  g_return_if_fail (BP_IS_TROUBLE_BANNER (self));

  g_set_object (&self->shop, shop);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (status != BP_RECORD_FAILED && status != BP_RECORD_CONFLICT)
    {
      show_trouble (self, NULL);
      return;
    }

  self->cancellable = g_cancellable_new ();
  bp_trouble_find_async (shop, bp_record_get_table (record), bp_record_get_id (record),
                         self->cancellable, on_found, g_object_ref (self));
}
