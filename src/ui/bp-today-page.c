#include "config.h"

#include "bp-today-page.h"

#include "bp-chart.h"
#include "bp-date.h"
#include "bp-figure.h"
#include "bp-money.h"
#include "bp-overview.h"

#include <glib/gi18n.h>

/* A burst of changes, such as a sync's, is read once. */
#define REFRESH_MS 300
#define WEEK 7

struct _BpTodayPage
{
  AdwBin parent_instance;

  GtkLabel *date_label; /* (unowned), as all widgets here */
  BpFigure *sold;
  BpFigure *received;
  BpFigure *average;
  BpFigure *month;
  GtkToggleButton *table_button;
  GtkStack *days;
  BpChart *chart;
  GtkListBox *table;
  GtkListBox *low_stock;
  GtkListBox *methods;
  GtkLabel *n_pending;
  GtkLabel *n_conflicts;
  GtkLabel *n_failed;

  BpFormat *format;           /* (owned) */
  BpSyncScheduler *scheduler; /* (owned) (nullable) */
  BpOverview *overview;       /* (owned) (nullable): until it has been read */
  GCancellable *reading;      /* (owned) (nullable) */
  guint refresh_id;
  gboolean is_stale;
};

G_DEFINE_FINAL_TYPE (BpTodayPage, bp_today_page, ADW_TYPE_BIN)

static void refresh (BpTodayPage *self);

static const BpDay *
get_day (BpTodayPage *self,
         guint        days_ago)
{
  return self->overview->days->pdata[self->overview->days->len - 1 - days_ago];
}

static char *
format_date (const char *date,
             const char *format)
{
  GDate day;
  char text[128];

  if (!bp_date_parse_date (date, &day) || g_date_strftime (text, sizeof text, format, &day) == 0)
    return g_strdup (date);

  return g_strdup (text);
}

static char *
format_bills (gint64 n_bills)
{
  return g_strdup_printf (ngettext ("%d bill", "%d bills", (gulong)n_bills), (int)n_bills);
}

static char *
format_short (gint64   value,
              gpointer user_data)
{
  BpTodayPage *self = user_data;

  return bp_money_format_short (value, bp_format_get_profile (self->format)->currency);
}

/* Against the same day of last week: days of the week differ more than weeks. */
static char *
compare (BpTodayPage *self)
{
  const BpDay *before = get_day (self, WEEK);
  g_autofree char *bills = format_bills (get_day (self, 0)->n_sales);
  g_autofree char *then = bp_format_money (self->format, NULL, before->total);
  /* Translators: the name of a day of the week; see g_date_strftime(). */
  g_autofree char *weekday = format_date (before->date, _("%A"));

  if (before->total == 0)
    return g_steal_pointer (&bills);

  /* Translators: how many bills, a day of the week, an amount. */
  return g_strdup_printf (_("%s · last %s %s"), bills, weekday, then);
}

static char *
name_methods (BpTodayPage *self)
{
  const BpDay *today = get_day (self, 0);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; self->overview->methods[i] != NULL; i++)
    {
      if (today->by_method[i] != 0)
        g_ptr_array_add (names, (gpointer)bp_format_word (self->overview->methods[i]));
    }
  g_ptr_array_add (names, NULL);
  /* Translators: between the names of methods of payment. */
  return g_strjoinv (_(", "), (char **)names->pdata);
}

static void
show_figures (BpTodayPage *self)
{
  const BpDay *today = get_day (self, 0);
  gint64 total = 0, n_sales = 0;
  g_autofree char *sold = bp_format_money (self->format, NULL, today->total);
  g_autofree char *compared = compare (self);
  g_autofree char *received = bp_format_money (self->format, NULL, today->paid);
  g_autofree char *methods = name_methods (self);
  g_autofree char *average = NULL;
  g_autofree char *usual = NULL;
  g_autofree char *month = NULL;
  g_autofree char *bills = NULL;
  g_autofree char *usually = NULL;

  for (guint i = 0; i < self->overview->days->len; i++)
    {
      total += get_day (self, i)->total;
      n_sales += get_day (self, i)->n_sales;
    }

  average = today->n_sales > 0
              ? bp_format_money (self->format, NULL,
                                 bp_money_divide_rounded (today->total, today->n_sales))
              : g_strdup ("–");
  usual = bp_format_money (self->format, NULL,
                           n_sales > 0 ? bp_money_divide_rounded (total, n_sales) : 0);
  month = bp_format_money (self->format, NULL, total);
  bills = format_bills (n_sales);
  /* Translators: %s is an amount. */
  usually = g_strdup_printf (_("%s in 30 days"), usual);

  bp_figure_set (self->sold, sold, compared);
  bp_figure_set (self->received, received, methods);
  bp_figure_set (self->average, average, n_sales > 0 ? usually : "");
  bp_figure_set (self->month, month, bills);
}

static char *
describe_day (BpTodayPage *self,
              const BpDay *day)
{
  /* Translators: day of the week, day and month; see g_date_strftime(). */
  g_autofree char *date = format_date (day->date, _("%a %-d %b"));
  g_autofree char *total = bp_format_money (self->format, NULL, day->total);
  g_autofree char *bills = format_bills (day->n_sales);

  return g_strdup_printf ("%s · %s · %s", date, total, bills);
}

static GtkWidget *
make_row (const char *title,
          const char *value,
          const char *css_class)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *label = gtk_label_new (value);

  gtk_widget_add_css_class (label, "numeric");
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
  return row;
}

static void
clear (GtkListBox *list)
{
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (list))) != NULL)
    gtk_list_box_remove (list, row);
}

static void
update_days_shown (BpTodayPage *self)
{
  gboolean has_sales = FALSE;

  for (guint i = 0; i < self->overview->days->len; i++)
    {
      const BpDay *day = get_day (self, i);

      has_sales = has_sales || day->total != 0 || day->n_sales > 0 || day->n_returns > 0;
    }

  gtk_widget_set_visible (GTK_WIDGET (self->table_button), has_sales);
  gtk_stack_set_visible_child_name (
    self->days, !has_sales ? "nothing"
                : gtk_toggle_button_get_active (self->table_button) ? "table" : "chart");
}

static void
show_days (BpTodayPage *self)
{
  GArray *bars = bp_chart_bars_new ();

  clear (self->table);
  for (guint i = self->overview->days->len; i-- > 0;)
    {
      const BpDay *day = get_day (self, i);
      /* Translators: day and month; see g_date_strftime(). */
      BpChartBar bar = { day->total, format_date (day->date, _("%-d %b")),
                         describe_day (self, day) };

      g_array_append_val (bars, bar);
    }
  for (guint i = 0; i < self->overview->days->len; i++)
    {
      const BpDay *day = get_day (self, i);
      g_autofree char *date = format_date (day->date, _("%a %-d %b"));
      g_autofree char *total = bp_format_money (self->format, NULL, day->total);
      g_autofree char *bills = format_bills (day->n_sales);
      GtkWidget *row = make_row (date, total, NULL);

      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), bills);
      gtk_list_box_append (self->table, row);
    }
  bp_chart_set_bars (self->chart, bars, format_short, self);
  update_days_shown (self);
}

static void
show_methods (BpTodayPage *self)
{
  const BpDay *today = get_day (self, 0);
  gboolean is_empty = TRUE;

  clear (self->methods);
  for (guint i = 0; self->overview->methods[i] != NULL; i++)
    {
      g_autofree char *amount = bp_format_money (self->format, NULL, today->by_method[i]);

      if (today->by_method[i] == 0)
        continue;
      is_empty = FALSE;
      gtk_list_box_append (self->methods,
                           make_row (bp_format_word (self->overview->methods[i]), amount, NULL));
    }
  if (is_empty)
    gtk_list_box_append (self->methods, make_row (_("Nothing yet"), "", NULL));
}

static GtkWidget *
make_product_row (BpTodayPage *self,
                  const BpRow *row)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (BpRecord) record = bp_record_new (table);
  g_autofree char *stock = NULL;
  GtkWidget *widget;

  bp_record_fill (record, row);
  stock = bp_format_field (self->format, record,
                           &table->fields[bp_table_find_field (table, "stock")]);
  widget = make_row (bp_record_get_text (record, "name"), stock,
                     bp_record_get_integer (record, "stock") < 0 ? "error" : NULL);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (widget), TRUE);
  g_object_set_data_full (G_OBJECT (widget), "id", g_strdup (bp_record_get_id (record)), g_free);
  return widget;
}

static void
show_low_stock (BpTodayPage *self)
{
  guint n_more = self->overview->n_low_stock - self->overview->low_stock->len;

  clear (self->low_stock);
  for (guint i = 0; i < self->overview->low_stock->len; i++)
    {
      const BpRow *row = self->overview->low_stock->pdata[i];

      if (row != NULL)
        gtk_list_box_append (self->low_stock, make_product_row (self, row));
    }
  if (self->overview->n_low_stock == 0)
    gtk_list_box_append (self->low_stock, make_row (_("Nothing runs low"), "", NULL));
  if (n_more > 0)
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u More", "%u More", n_more), n_more);
      GtkWidget *row = make_row (text, "", NULL);

      gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
      gtk_list_box_append (self->low_stock, row);
    }
}

static void
show (BpTodayPage *self)
{
  /* Translators: the date of today; see g_date_strftime(). */
  g_autofree char *date = format_date (get_day (self, 0)->date, _("%A, %-d %B"));

  gtk_label_set_text (self->date_label, date);
  show_figures (self);
  show_days (self);
  show_methods (self);
  show_low_stock (self);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpTodayPage) self = user_data;
  g_autoptr (GError) error = NULL;
  BpOverview *overview = bp_overview_read_finish (BP_SHOP (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->reading);
  if (overview == NULL)
    {
      g_message ("The figures of today could not be read: %s", error->message);
      return;
    }
  g_clear_pointer (&self->overview, bp_overview_free);
  self->overview = overview;
  show (self);
  if (self->is_stale)
    refresh (self);
}

static gboolean
read_now (gpointer user_data)
{
  BpTodayPage *self = user_data;

  self->refresh_id = 0;
  self->is_stale = FALSE;
  self->reading = g_cancellable_new ();
  bp_overview_read_async (bp_format_get_shop (self->format), self->reading, on_read,
                          g_object_ref (self));
  return G_SOURCE_REMOVE;
}

/* Only what is looked at is read, and not while it is being read. */
static void
refresh (BpTodayPage *self)
{
  self->is_stale = TRUE;
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)) || self->reading != NULL
      || self->refresh_id != 0)
    return;

  self->refresh_id = g_timeout_add (self->overview == NULL ? 0 : REFRESH_MS, read_now, self);
}

static void
on_shop_changed (BpTodayPage *self,
                 guint        tables)
{
  refresh (self);
}

static void
bp_today_page_map (GtkWidget *widget)
{
  BpTodayPage *self = BP_TODAY_PAGE (widget);

  GTK_WIDGET_CLASS (bp_today_page_parent_class)->map (widget);

  /* The day may have ended meanwhile. */
  refresh (self);
}

static void
set_number (GtkLabel *label,
            gint64    number)
{
  g_autofree char *text = g_strdup_printf ("%'" G_GINT64_FORMAT, number);

  gtk_label_set_text (label, text);
}

static void
update_sync (BpTodayPage *self)
{
  const BpSyncStatus *status = bp_sync_scheduler_get_status (self->scheduler);

  set_number (self->n_pending, status != NULL ? status->n_pending : 0);
  set_number (self->n_conflicts, status != NULL ? status->n_conflicts : 0);
  set_number (self->n_failed, status != NULL ? status->n_failed : 0);
}

static void
on_table_toggled (BpTodayPage *self)
{
  if (self->overview != NULL)
    update_days_shown (self);
}

static void
on_product_activated (BpTodayPage   *self,
                      GtkListBoxRow *row)
{
  const char *id = g_object_get_data (G_OBJECT (row), "id");

  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-record", "(ss)", "products",
                              id != NULL ? id : "");
}

static void
bp_today_page_dispose (GObject *object)
{
  BpTodayPage *self = BP_TODAY_PAGE (object);

  g_clear_handle_id (&self->refresh_id, g_source_remove);
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_pointer (&self->overview, bp_overview_free);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->format);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), BP_TYPE_TODAY_PAGE);

  G_OBJECT_CLASS (bp_today_page_parent_class)->dispose (object);
}

static void
bp_today_page_class_init (BpTodayPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = bp_today_page_dispose;
  widget_class->map = bp_today_page_map;

  g_type_ensure (BP_TYPE_CHART);
  g_type_ensure (BP_TYPE_FIGURE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/bizpulse/BizPulse/bp-today-page.ui");
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, date_label);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, sold);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, received);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, average);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, month);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, table_button);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, days);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, chart);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, table);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, low_stock);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, methods);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, n_pending);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, n_conflicts);
  gtk_widget_class_bind_template_child (widget_class, BpTodayPage, n_failed);
  gtk_widget_class_bind_template_callback (widget_class, on_table_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_product_activated);
}

static void
bp_today_page_init (BpTodayPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * bp_today_page_new:
 * @format: whose shop is shown, and how
 * @scheduler: (nullable): what waits to be synced
 *
 * The page reads what it shows when it is mapped, and again when it changed.
 *
 * Returns: (transfer full): the page
 */
GtkWidget *
bp_today_page_new (BpFormat        *format,
                   BpSyncScheduler *scheduler)
{
  BpTodayPage *self = g_object_new (BP_TYPE_TODAY_PAGE, NULL);

  self->format = g_object_ref (format);
  g_signal_connect_object (bp_format_get_shop (format), "changed", G_CALLBACK (on_shop_changed),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (format, "changed", G_CALLBACK (refresh), self, G_CONNECT_SWAPPED);
  if (scheduler != NULL)
    {
      self->scheduler = g_object_ref (scheduler);
      g_signal_connect_object (scheduler, "status-changed", G_CALLBACK (update_sync), self,
                               G_CONNECT_SWAPPED);
      update_sync (self);
    }
  return GTK_WIDGET (self);
}
