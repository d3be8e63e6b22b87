#include "config.h"

#include "bp-reports-page.h"

#include "bp-accessible.h"
#include "bp-date.h"
#include "bp-dialogs.h"
#include "bp-notice.h"
#include "bp-report-table.h"

#include <glib/gi18n.h>

#define REFRESH_MS 500

struct _BpReportsPage
{
  AdwBin parent_instance;

  GtkDropDown *kind;      /* (unowned), as all widgets here */
  GtkDropDown *range;
  GtkWidget *dates;
  GtkEditable *from;
  GtkEditable *to;
  GtkLabel *said;
  GtkWidget *export_button;
  GtkStack *stack;
  BpReportTable *table;

  BpFormat *format;       /* (owned) */
  GCancellable *reading;  /* (owned) (nullable) */
  guint refresh_id;
};

G_DEFINE_FINAL_TYPE (BpReportsPage, bp_reports_page, ADW_TYPE_BIN)

/* From so many days ago to so many days ago; or from the first of a month. */
static const struct
{
  const char *title;
  int from;
  int to;
  gboolean whole_months;
} ranges[] = {
  { N_("Today"), 0, 0, FALSE },
  { N_("Yesterday"), 1, 1, FALSE },
  { N_("Last 7 Days"), 6, 0, FALSE },
  { N_("Last 30 Days"), 29, 0, FALSE },
  { N_("This Month"), 0, 0, TRUE },
  { N_("Last Month"), 1, 1, TRUE },
  { N_("Other Days…"), 0, 0, FALSE },
};

#define LAST_30_DAYS 3
#define OTHER_DAYS (G_N_ELEMENTS (ranges) - 1)

static void
get_month (const char *today,
           int         months_ago,
           char      **first,
           char      **last)
{
  GDate day;

  if (!bp_date_parse_date (today, &day))
    return;

  g_date_set_day (&day, 1);
  g_date_subtract_months (&day, (guint)months_ago);
  *first = g_strdup_printf ("%04d-%02d-01", g_date_get_year (&day), g_date_get_month (&day));
  *last = g_strdup_printf ("%04d-%02d-%02d", g_date_get_year (&day), g_date_get_month (&day),
                           g_date_get_days_in_month (g_date_get_month (&day),
                                                     g_date_get_year (&day)));
}

static void
set_dates (BpReportsPage *self)
{
  guint selected = gtk_drop_down_get_selected (self->range);
  g_autofree char *today = bp_format_get_today (self->format);
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;

  if (selected >= OTHER_DAYS)
    return;

  if (ranges[selected].whole_months)
    get_month (today, ranges[selected].from, &from, &to);
  else
    {
      from = bp_date_add_days (today, -ranges[selected].from);
      to = bp_date_add_days (today, -ranges[selected].to);
    }
  gtk_editable_set_text (self->from, from);
  gtk_editable_set_text (self->to, to);
}

static BpReportQuery
get_query (BpReportsPage *self)
{
  return (BpReportQuery){ (BpReportKind)gtk_drop_down_get_selected (self->kind),
                          gtk_editable_get_text (self->from), gtk_editable_get_text (self->to) };
}

static gboolean
check_date (GtkEditable *entry)
{
  GDate date;
  gboolean is_date = bp_date_parse_date (gtk_editable_get_text (entry), &date);

  if (is_date)
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               is_date ? GTK_ACCESSIBLE_INVALID_FALSE
                                       : GTK_ACCESSIBLE_INVALID_TRUE,
                               -1);
  return is_date;
}

static void
show_rows (BpReportsPage *self,
           GPtrArray     *rows)
{
  g_autofree char *text = g_strdup_printf (ngettext ("%u row", "%u rows", rows->len), rows->len);

  gtk_label_set_text (self->said, text);
  gtk_widget_set_sensitive (self->export_button, rows->len > 0);
  bp_report_table_set_rows (self->table, self->format,
                            (BpReportKind)gtk_drop_down_get_selected (self->kind), rows);
  gtk_stack_set_visible_child_name (self->stack, rows->len > 0 ? "table" : "nothing");
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpReportsPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = bp_report_run_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->reading);
  if (rows != NULL)
    show_rows (self, rows);
  else
    gtk_label_set_text (self->said, error->message);
}

static void
stop_reading (BpReportsPage *self)
{
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
}

static void
read_now (BpReportsPage *self)
{
  const BpReportQuery query = get_query (self);
  gboolean is_good;

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;

  stop_reading (self);
  is_good = check_date (self->from);
  if (!check_date (self->to) || !is_good)
    return;

  self->reading = g_cancellable_new ();
  bp_report_run_async (bp_format_get_shop (self->format), &query, self->reading, on_read,
                       g_object_ref (self));
}

static gboolean
on_refresh (gpointer user_data)
{
  BpReportsPage *self = user_data;

  self->refresh_id = 0;
  read_now (self);
  return G_SOURCE_REMOVE;
}

/* Once for many changes. */
static void
refresh (BpReportsPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && self->refresh_id == 0)
    self->refresh_id = g_timeout_add (REFRESH_MS, on_refresh, self);
}

static void
on_shop_changed (BpReportsPage *self,
                 guint          tables)
{
  refresh (self);
}

static void
on_kind (BpReportsPage *self)
{
  read_now (self);
}

static void
on_range (BpReportsPage *self)
{
  gboolean is_other = gtk_drop_down_get_selected (self->range) == OTHER_DAYS;

  if (self->format == NULL)
    return;

  gtk_widget_set_visible (self->dates, is_other);
  if (is_other)
    gtk_widget_grab_focus (GTK_WIDGET (self->from));
  set_dates (self);
  read_now (self);
}

static void
on_dates (BpReportsPage *self)
{
  if (self->format != NULL && gtk_drop_down_get_selected (self->range) == OTHER_DAYS)
    read_now (self);
}

static void
on_exported (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (BpReportsPage) self = user_data;
  g_autoptr (GError) error = NULL;

  if (bp_report_export_finish (BP_SHOP (source), result, &error))
    bp_notice_show (GTK_WIDGET (self), _("Report exported"));
  else
    bp_notice_show (GTK_WIDGET (self), error->message);
}

static void
on_file_chosen (GObject    *object,
                const char *path)
{
  BpReportsPage *self = BP_REPORTS_PAGE (object);
  const BpReportQuery query = get_query (self);

  bp_report_export_async (bp_format_get_shop (self->format), &query, path, NULL, on_exported,
                          g_object_ref (self));
}

static void
on_export (BpReportsPage *self)
{
  GtkStringObject *kind = gtk_drop_down_get_selected_item (self->kind);
  g_autofree char *name = g_strdup_printf ("%s %s.csv", gtk_string_object_get_string (kind),
                                           gtk_editable_get_text (self->to));

  bp_dialogs_choose_new_file (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                              _("Export Report"), name, on_file_chosen, G_OBJECT (self));
}

static void
bp_reports_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (bp_reports_page_parent_class)->map (widget);

  set_dates (BP_REPORTS_PAGE (widget));
  read_now (BP_REPORTS_PAGE (widget));
}

static void
bp_reports_page_dispose (GObject *object)
{
  BpReportsPage *self = BP_REPORTS_PAGE (object);

  stop_reading (self);
  g_clear_object (&self->format);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_REPORTS_PAGE);

  G_OBJECT_CLASS (bp_reports_page_parent_class)->dispose (object);
}

static void
bp_reports_page_class_init (BpReportsPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_reports_page_dispose;
  widget_class->map = bp_reports_page_map;

  g_type_ensure (BP_TYPE_REPORT_TABLE);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/bizpulse/BizPulse/bp-reports-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, kind);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, range);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, dates);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, from);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, to);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, said);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, export_button);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, BpReportsPage, table);
  gtk_widget_class_bind_template_callback (widget_class, on_kind);
  gtk_widget_class_bind_template_callback (widget_class, on_range);
  gtk_widget_class_bind_template_callback (widget_class, on_dates);
  gtk_widget_class_bind_template_callback (widget_class, on_export);
}

static void
bp_reports_page_init (BpReportsPage *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  bp_accessible_name_drop_down (self->kind, _("Report"));
  bp_accessible_name_drop_down (self->range, _("Days"));
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    gtk_string_list_append (titles, _(ranges[i].title));
  g_signal_handlers_block_by_func (self->range, on_range, self);
  gtk_drop_down_set_model (self->range, G_LIST_MODEL (titles));
  gtk_drop_down_set_selected (self->range, LAST_30_DAYS);
  g_signal_handlers_unblock_by_func (self->range, on_range, self);
}

/**
 * bp_reports_page_new:
 * @format: whose shop is shown, and how
 * @scheduler: (nullable): not needed
 *
 * The page reads what it shows when it is mapped, and again when it changed.
 *
 * Returns: (transfer full): the page
 */
GtkWidget *
bp_reports_page_new (BpFormat        *format,
                     BpSyncScheduler *scheduler)
{
  BpReportsPage *self = g_object_new (BP_TYPE_REPORTS_PAGE, NULL);

  self->format = g_object_ref (format);
  g_signal_connect_object (bp_format_get_shop (format), "changed", G_CALLBACK (on_shop_changed),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (format, "changed", G_CALLBACK (refresh), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
