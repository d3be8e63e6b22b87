#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BP_TYPE_CHART (bp_chart_get_type ())

/**
 * BpChart:
 *
 * Values side by side as bars, with a scale. Its parts are widgets, so that
 * their looks come from the style; the bar under the pointer, or reached with
 * the arrow keys, is told in words above.
 */
G_DECLARE_FINAL_TYPE (BpChart, bp_chart, BP, CHART, GtkWidget)

/**
 * BpChartBar:
 * @value: how high
 * @name: (transfer full): short, below the bar
 * @description: (transfer full): in words
 */
typedef struct
{
  gint64 value;
  char *name;
  char *description;
} BpChartBar;

/**
 * BpChartFormatFunc:
 * @value: of a line of the scale
 *
 * Returns: (transfer full): what stands beside it
 */
typedef char *(*BpChartFormatFunc) (gint64   value,
                                    gpointer user_data);

void bp_chart_set_bars (BpChart          *self,
                        GArray           *bars,
                        BpChartFormatFunc format,
                        gpointer          user_data);
GArray *bp_chart_bars_new (void);

G_END_DECLS
