#include "config.h"

#include "bp-status.h"

#include <glib/gi18n.h>

static const BpStatusLook record_looks[] = {
  [BP_RECORD_SYNCED] = { "emblem-ok-symbolic", N_("Synced"), "status-synced" },
  [BP_RECORD_PENDING] = { "content-loading-symbolic", N_("Pending"), "status-pending" },
  [BP_RECORD_CONFLICT] = { "dialog-warning-symbolic", N_("Conflict"), "status-conflict" },
  [BP_RECORD_FAILED] = { "dialog-error-symbolic", N_("Failed"), "status-failed" },
};

static const BpStatusLook sync_looks[] = {
  [BP_SYNC_STATE_FAILED] = { "dialog-error-symbolic", N_("Failed"), "status-failed" },
  [BP_SYNC_STATE_CONFLICTS] = { "dialog-warning-symbolic", N_("Conflicts"), "status-conflict" },
  [BP_SYNC_STATE_OFFLINE] = { "network-offline-symbolic", N_("Offline"), "status-offline" },
  [BP_SYNC_STATE_SYNCING] = { "emblem-synchronizing-symbolic", N_("Syncing"), "status-syncing" },
  [BP_SYNC_STATE_SYNCED] = { "emblem-ok-symbolic", N_("Online & Synced"), "status-online" },
};

static BpStatusLook
translate (BpStatusLook look)
{
  look.label = _(look.label);
  return look;
}

/**
 * bp_status_get_record_look:
 * @status: of a record
 *
 * Returns: how it is shown
 */
BpStatusLook
bp_status_get_record_look (BpRecordStatus status)
{
  return translate (record_looks[status]);
}

/**
 * bp_status_get_sync_look:
 * @state: the status of the whole
 *
 * Returns: how it is shown
 */
BpStatusLook
bp_status_get_sync_look (BpSyncState state)
{
  return translate (sync_looks[state]);
}

/**
 * bp_status_show:
 * @image: an image
 * @look: what it shows from now on: icon, colour, tooltip and accessible label
 */
void
bp_status_show (GtkImage    *image,
                BpStatusLook look)
{
  const char *classes[] = { look.css_class, NULL };

  gtk_image_set_from_icon_name (image, look.icon);
  gtk_widget_set_css_classes (GTK_WIDGET (image), classes);
  gtk_widget_set_tooltip_text (GTK_WIDGET (image), look.label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (image), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  look.label, -1);
}

/**
 * bp_status_to_text:
 * @status: the status of the whole
 *
 * Returns: (transfer full): its state in words, with the count that matters
 */
char *
bp_status_to_text (const BpSyncStatus *status)
{
  BpStatusLook look = bp_status_get_sync_look (status->state);
  g_autofree char *waiting = NULL;

  if (status->state == BP_SYNC_STATE_FAILED)
    return g_strdup_printf (ngettext ("%'u failed", "%'u failed", (gulong)status->n_failed),
                            (guint)status->n_failed);
  if (status->state == BP_SYNC_STATE_CONFLICTS)
    return g_strdup_printf (ngettext ("%'u conflict", "%'u conflicts", (gulong)status->n_conflicts),
                            (guint)status->n_conflicts);
  if (status->n_pending == 0)
    return g_strdup (look.label);

  waiting = g_strdup_printf (ngettext ("%'u waiting", "%'u waiting", (gulong)status->n_pending),
                             (guint)status->n_pending);
  return g_strdup_printf ("%s · %s", look.label, waiting);
}
