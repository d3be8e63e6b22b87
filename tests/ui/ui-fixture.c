#include "config.h"

#include "ui-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)

/**
 * ui_shop_open:
 * @shop: (out caller-allocates): a shop without records
 */
void
ui_shop_open (UiShop *shop)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (GError) error = NULL;

  shop->folder = g_dir_make_tmp ("bizpulse-ui-XXXXXX", &error);
  g_assert_no_error (error);
  shop->shop = bp_shop_open (shop->folder, clock, &error);
  g_assert_no_error (error);
  shop->format = bp_format_new (shop->shop);
}

/**
 * ui_shop_close:
 * @shop: a shop whose windows are gone
 *
 * Removes its folder.
 */
void
ui_shop_close (UiShop *shop)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&shop->format);
  g_clear_object (&shop->shop);
  dir = g_dir_open (shop->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (shop->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (shop->folder);
  g_clear_pointer (&shop->folder, g_free);
}

/**
 * ui_find:
 * @widget: where to begin
 * @type: of what is looked for
 * @property: (nullable): of type string
 * @value: (nullable): of @property
 *
 * Returns: (transfer none) (nullable): the first one at or below @widget
 */
GtkWidget *
ui_find (GtkWidget  *widget,
         GType       type,
         const char *property,
         const char *value)
{
  g_autofree char *found = NULL;

  if (g_type_is_a (G_OBJECT_TYPE (widget), type))
    {
      if (property != NULL)
        g_object_get (widget, property, &found, NULL);
      if (property == NULL || g_strcmp0 (found, value) == 0)
        return widget;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *match = ui_find (child, type, property, value);

      if (match != NULL)
        return match;
    }

  return NULL;
}

/**
 * ui_has_text:
 * @widget: where to begin
 * @text: part of a label
 *
 * Returns: whether a label at or below @widget that is to be seen contains it
 */
gboolean
ui_has_text (GtkWidget  *widget,
             const char *text)
{
  if (!gtk_widget_get_child_visible (widget) || !gtk_widget_get_visible (widget))
    return FALSE;
  if (GTK_IS_LABEL (widget) && strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      if (ui_has_text (child, text))
        return TRUE;
    }

  return FALSE;
}

/**
 * ui_wait_for_text:
 * @widget: where to begin
 * @text: part of a label
 *
 * Runs the main loop until ui_has_text(); ends the test where that never
 * comes.
 */
void
ui_wait_for_text (GtkWidget  *widget,
                  const char *text)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!ui_has_text (widget, text))
    {
      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain for “%s”", text);
      g_main_context_iteration (NULL, FALSE);
    }
}
