/* What is remembered of the lists: how they are sorted, and how wide their
 * columns are. */
#include "config.h"

#include "bp-window-private.h"

#include "bp-section.h"

#include <glib/gi18n.h>

#define SORT_KEY "sort"
#define WIDTHS_KEY "column-widths"

static void
fill_sort_menu (BpWindow        *self,
                const BpSection *section)
{
  g_autoptr (GMenu) fields = g_menu_new ();
  g_autoptr (GMenu) directions = g_menu_new ();

  for (guint i = 0; i < section->n_columns; i++)
    {
      const BpColumn *column = &section->columns[i];
      g_autoptr (GMenuItem) item = NULL;

      if (column->field == NULL)
        continue;
      item = g_menu_item_new (bp_section_get_column_title (section, column), NULL);
      g_menu_item_set_action_and_target (item, "win.sort", "s", column->field);
      g_menu_append_item (fields, item);
    }
  g_menu_append (directions, _("_Descending"), "win.sort-descending");
  g_menu_remove_all (self->sort_menu);
  g_menu_append_section (self->sort_menu, NULL, G_MENU_MODEL (fields));
  g_menu_append_section (self->sort_menu, NULL, G_MENU_MODEL (directions));
}

static void
show_direction (BpWindow   *self,
                BpListPage *page)
{
  gboolean descending;
  const char *field = bp_list_page_get_sort (page, &descending);

  bp_window_set_state (self, "sort", g_variant_new_string (field != NULL ? field : ""));
  bp_window_set_state (self, "sort-descending", g_variant_new_boolean (descending));
}

/* A dictionary as @all with @value for @section; floating. */
static GVariant *
replace (GVariant   *all,
         const char *section,
         GVariant   *value)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *name;
  GVariant *other;

  g_variant_builder_init (&builder, g_variant_get_type (all));
  g_variant_builder_add (&builder, "{s@*}", section, value);
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&s@*}", &name, &other))
    {
      if (!g_str_equal (name, section))
        g_variant_builder_add (&builder, "{s@*}", name, other);
    }

  return g_variant_builder_end (&builder);
}

static void
remember (BpWindow   *self,
          const char *key,
          const char *section,
          GVariant   *value)
{
  g_autoptr (GVariant) before = NULL;

  if (!bp_window_has_key (self, key))
    return;

  before = g_settings_get_value (self->settings, key);
  g_settings_set_value (self->settings, key, replace (before, section, value));
}

static GVariant *
recall (BpWindow   *self,
        const char *key,
        const char *section,
        const char *type)
{
  g_autoptr (GVariant) all = NULL;

  if (!bp_window_has_key (self, key))
    return NULL;

  all = g_settings_get_value (self->settings, key);
  return g_variant_lookup_value (all, section, G_VARIANT_TYPE (type));
}

static void
on_sorted (BpWindow   *self,
           const char *field,
           gboolean    descending,
           BpListPage *page)
{
  if (page == bp_window_get_list_page (self))
    show_direction (self, page);
  if (field != NULL)
    {
      g_autoptr (GVariant) sort = g_variant_ref_sink (g_variant_new ("(sb)", field, descending));

      remember (self, SORT_KEY, bp_list_page_get_section (page)->name, sort);
    }
}

static void
on_resized (BpWindow   *self,
            GVariant   *widths,
            BpListPage *page)
{
  remember (self, WIDTHS_KEY, bp_list_page_get_section (page)->name, widths);
}

static void
restore (BpWindow   *self,
         BpListPage *page)
{
  const BpSection *section = bp_list_page_get_section (page);
  g_autoptr (GVariant) sort = recall (self, SORT_KEY, section->name, "(sb)");
  g_autoptr (GVariant) widths = recall (self, WIDTHS_KEY, section->name, "a{si}");
  const char *field = section->sort;
  gboolean descending = section->descending;

  if (sort != NULL)
    g_variant_get (sort, "(&sb)", &field, &descending);
  if (field != NULL)
    bp_list_page_sort (page, field, descending);
  if (widths != NULL)
    bp_list_page_set_widths (page, widths);
}

/**
 * bp_window_show_sort:
 * @self: a window
 * @page: the list that is shown
 *
 * Shows in the menu what it can be sorted by, and is.
 */
void
bp_window_show_sort (BpWindow   *self,
                     BpListPage *page)
{
  fill_sort_menu (self, bp_list_page_get_section (page));
  show_direction (self, page);
}

/**
 * bp_window_follow_list:
 * @self: a window
 * @page: a new list
 *
 * Gives it the order and the widths it had when it was last seen, and
 * remembers them from now on.
 */
void
bp_window_follow_list (BpWindow   *self,
                       BpListPage *page)
{
  restore (self, page);
  g_signal_connect_object (page, "sorted", G_CALLBACK (on_sorted), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "resized", G_CALLBACK (on_resized), self, G_CONNECT_SWAPPED);
}
