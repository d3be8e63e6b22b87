#include "config.h"

#include "bp-accessible.h"

/**
 * bp_accessible_name_drop_down:
 * @drop_down: a choice
 * @label: what is chosen
 *
 * Names it, and the button in it, which GTK 4.8 leaves without a name.
 */
void
bp_accessible_name_drop_down (GtkDropDown *drop_down,
                              const char  *label)
{
  GtkWidget *button = gtk_widget_get_first_child (GTK_WIDGET (drop_down));

  gtk_accessible_update_property (GTK_ACCESSIBLE (drop_down), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  if (button != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                    -1);
}
