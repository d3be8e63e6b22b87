#include "config.h"

#include "bp-import-columns.h"

#include "bp-accessible.h"

#include <glib/gi18n.h>

#define IGNORED 0
#define CELL_CHARS 24

struct _BpImportColumns
{
  AdwBin parent_instance;

  GtkBox *box;            /* (unowned) */
  GPtrArray *choices;     /* (owned) (element-type GtkDropDown): by column */
  GtkStringList *labels;  /* (owned) (nullable): “Ignore”, then the fields */
  char **names;           /* (owned) (nullable): of the fields */
};

G_DEFINE_FINAL_TYPE (BpImportColumns, bp_import_columns, ADW_TYPE_BIN)

static void
bp_import_columns_finalize (GObject *object)
{
  BpImportColumns *self = BP_IMPORT_COLUMNS (object);

  g_ptr_array_unref (self->choices);
  g_clear_object (&self->labels);
  g_strfreev (self->names);

  G_OBJECT_CLASS (bp_import_columns_parent_class)->finalize (object);
}

static void
bp_import_columns_class_init (BpImportColumnsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_import_columns_finalize;
}

static void
bp_import_columns_init (BpImportColumns *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->choices = g_ptr_array_new ();
  self->box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18));
  gtk_widget_set_margin_start (GTK_WIDGET (self->box), 18);
  gtk_widget_set_margin_end (GTK_WIDGET (self->box), 18);
  gtk_widget_set_margin_top (GTK_WIDGET (self->box), 12);
  gtk_widget_set_margin_bottom (GTK_WIDGET (self->box), 18);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (self->box));
  adw_bin_set_child (ADW_BIN (self), scrolled);
}

static void
clear (BpImportColumns *self)
{
  GtkWidget *child;

  g_ptr_array_set_size (self->choices, 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->box))) != NULL)
    gtk_box_remove (self->box, child);
  g_clear_object (&self->labels);
  g_clear_pointer (&self->names, g_strfreev);
}

/* A field has one column: the one chosen last. */
static void
on_chosen (BpImportColumns *self,
           GParamSpec      *pspec,
           GtkDropDown     *choice)
{
  guint selected = gtk_drop_down_get_selected (choice);

  for (guint i = 0; i < self->choices->len && selected != IGNORED; i++)
    {
      GtkDropDown *other = self->choices->pdata[i];

      if (other != choice && gtk_drop_down_get_selected (other) == selected)
        gtk_drop_down_set_selected (other, IGNORED);
    }
  if (selected == IGNORED)
    gtk_widget_add_css_class (gtk_widget_get_parent (GTK_WIDGET (choice)), "ignored-column");
  else
    gtk_widget_remove_css_class (gtk_widget_get_parent (GTK_WIDGET (choice)), "ignored-column");
}

static guint
find_field (BpImportColumns *self,
            const char      *name)
{
  for (guint i = 0; self->names[i] != NULL; i++)
    {
      if (g_str_equal (self->names[i], name))
        return i + 1;
    }

  return IGNORED;
}

static GtkWidget *
create_choice (BpImportColumns *self,
               const char      *header,
               const char      *field)
{
  GtkWidget *choice = gtk_drop_down_new (g_object_ref (G_LIST_MODEL (self->labels)), NULL);
  /* Translators: what a column of a file, which is called %s, is to be. */
  g_autofree char *label = g_strdup_printf (_("Field for the column “%s”"), header);

  gtk_drop_down_set_selected (GTK_DROP_DOWN (choice), find_field (self, field));
  gtk_widget_set_tooltip_text (choice, label);
  bp_accessible_name_drop_down (GTK_DROP_DOWN (choice), label);
  return choice;
}

static GtkWidget *
create_text (const char *text,
             const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (label), CELL_CHARS);
  gtk_label_set_single_line_mode (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
add_column (BpImportColumns       *self,
            const BpImportPreview *preview,
            guint                  column)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *choice = create_choice (self, preview->headers[column], preview->guess[column]);

  gtk_box_append (GTK_BOX (box), create_text (preview->headers[column], "heading"));
  gtk_box_append (GTK_BOX (box), choice);
  for (guint i = 0; i < preview->rows->len; i++)
    {
      char **cells = preview->rows->pdata[i];

      gtk_box_append (GTK_BOX (box), create_text (cells[column], "import-cell"));
    }
  if (preview->guess[column][0] == '\0')
    gtk_widget_add_css_class (box, "ignored-column");
  gtk_box_append (self->box, box);
  g_ptr_array_add (self->choices, choice);
  g_signal_connect_object (choice, "notify::selected", G_CALLBACK (on_chosen), self,
                           G_CONNECT_SWAPPED);
}

/**
 * bp_import_columns_show:
 * @self: columns
 * @preview: a file
 *
 * Shows that file, with the fields that its headers tell of.
 */
void
bp_import_columns_show (BpImportColumns       *self,
                        const BpImportPreview *preview)
{
  clear (self);
  self->names = g_strdupv (preview->names);
  self->labels = gtk_string_list_new (NULL);
  /* Translators: of a column that is not brought in. */
  gtk_string_list_append (self->labels, _("Ignore"));
  for (guint i = 0; preview->labels[i] != NULL; i++)
    gtk_string_list_append (self->labels, _(preview->labels[i]));
  for (guint i = 0; preview->headers[i] != NULL; i++)
    add_column (self, preview, i);
}

/**
 * bp_import_columns_dup_fields:
 * @self: columns
 *
 * Returns: (transfer full): for each column the name of its field, empty where
 *   it is ignored
 */
char **
bp_import_columns_dup_fields (BpImportColumns *self)
{
  char **fields = g_new0 (char *, self->choices->len + 1);

  for (guint i = 0; i < self->choices->len; i++)
    {
      guint selected = gtk_drop_down_get_selected (self->choices->pdata[i]);

      fields[i] = g_strdup (selected == IGNORED ? "" : self->names[selected - 1]);
    }

  return fields;
}
