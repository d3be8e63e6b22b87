#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define BP_TYPE_FIGURE (bp_figure_get_type ())

/**
 * BpFigure:
 *
 * One figure on a card: what it is, how much, and a remark. Property "title".
 */
G_DECLARE_FINAL_TYPE (BpFigure, bp_figure, BP, FIGURE, AdwBin)

void bp_figure_set (BpFigure   *self,
                    const char *value,
                    const char *detail);

G_END_DECLS
