/* Tells the scheduler that somebody types, scans or scrolls. */
#include "config.h"

#include "bp-activity.h"

static gboolean
on_key (BpSyncScheduler *scheduler)
{
  bp_sync_scheduler_note_activity (scheduler);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_scroll (BpSyncScheduler *scheduler)
{
  bp_sync_scheduler_note_activity (scheduler);
  return GDK_EVENT_PROPAGATE;
}

/**
 * bp_activity_watch:
 * @widget: a window
 * @scheduler: who is told
 *
 * From now on @scheduler knows of every key and every turn of a wheel in
 * @widget, before anything in it does; both go on to whom they are meant for.
 */
void
bp_activity_watch (GtkWidget       *widget,
                   BpSyncScheduler *scheduler)
{
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *wheel
    = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (on_key), scheduler,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (wheel, "scroll", G_CALLBACK (on_scroll), scheduler,
                           G_CONNECT_SWAPPED);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (wheel, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (widget, keys);
  gtk_widget_add_controller (widget, wheel);
}
