/* The sections of the window as data: which table, which columns, which
 * words. A new section is one entry in bp-section.c. */
#pragma once

#include "bp-format.h"
#include "bp-record-list.h"
#include "bp-sync-scheduler.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * BpColumnKind:
 * @BP_COLUMN_FIELD: a field of the record
 * @BP_COLUMN_STATUS: the record's way to the server, as an icon
 */
typedef enum
{
  BP_COLUMN_FIELD,
  BP_COLUMN_STATUS,
} BpColumnKind;

/**
 * BpColumn:
 * @kind: what it shows
 * @field: (nullable): the field it shows and is sorted by; not sorted where
 *   %NULL
 * @title: (nullable): to be translated; the field's label where %NULL
 * @width: in pixels
 * @expand: whether it takes what is left
 * @spare: 0 where it is always shown; of the others the greatest is hidden
 *   first where there is not width enough
 * @format: (nullable): what it shows instead of the field alone; may set a
 *   CSS class
 */
typedef struct
{
  BpColumnKind kind;
  const char *field;
  const char *title;
  int width;
  gboolean expand;
  guint spare;
  char *(*format)       (BpFormat    *format,
                         BpRecord    *record,
                         const char **css_class);
} BpColumn;

/**
 * BpFilter:
 * @label: to be translated
 * @conditions: (array length=n_conditions): what holds of the records it shows
 * @n_conditions: how many
 * @attention: (nullable): to be translated, with the number of such records:
 *   what the sidebar says of them; nothing where %NULL
 *
 * What a list can be narrowed to.
 */
typedef struct
{
  const char *label;
  const BpCondition *conditions;
  guint n_conditions;
  const char *attention;
} BpFilter;

/**
 * BpSectionAction:
 * @label: to be translated
 * @action: (nullable): detailed name of an action
 *
 * Something that is done in a section beside making what it lists.
 */
typedef struct
{
  const char *label;
  const char *action;
} BpSectionAction;

/**
 * BpSection:
 * @name: stable, for settings and actions
 * @table: name of the table it lists
 * @digit: 1 to 9: with Alt it goes there (1 is kept for the day at a glance)
 * @title: to be translated, as all words below
 * @singular: one of it
 * @icon: name of a symbolic icon
 * @search_hint: what the search looks at
 * @add_label: of the button that makes a new one
 * @add_action: (nullable): detailed name of the action that makes a new one;
 *   an empty form where %NULL
 * @empty_title: where there is nothing yet
 * @empty_text: what to do about it
 * @sort: (nullable): the field its list is sorted by at first
 * @descending: the other way round at first
 * @columns: (array length=n_columns): what the list shows
 * @n_columns: how many
 * @filter: what the list can be narrowed to; none where its label is %NULL
 * @ledger_title: (nullable): of the tab that tells what its figure is made of
 * @action_label: (nullable): of a button beside its figure
 * @action: (nullable): name of that button's action, whose target is the
 *   record's id
 * @more: (array length=n_more) (nullable): what else can be done in the section
 * @n_more: how many
 * @create_page: (nullable): makes its page where that is no list; then
 *   nothing is needed below @icon
 * @create_detail: (nullable): makes the widget that shows one record; the
 *   form where %NULL
 * @set_record: of that widget
 * @prefill: (nullable): what a new record has before anything is typed
 *
 * One entry of the sidebar and its page.
 */
typedef struct
{
  const char *name;
  const char *table;
  guint digit;
  const char *title;
  const char *singular;
  const char *icon;
  const char *search_hint;
  const char *add_label;
  const char *add_action;
  const char *empty_title;
  const char *empty_text;
  const char *sort;
  gboolean descending;
  const BpColumn *columns;
  guint n_columns;
  BpFilter filter;
  const char *ledger_title;
  const char *action_label;
  const char *action;
  const BpSectionAction *more;
  guint n_more;
  GtkWidget *(*create_page)   (BpFormat        *format,
                               BpSyncScheduler *scheduler);
  GtkWidget *(*create_detail) (BpFormat *format);
  void (*set_record)          (GtkWidget *detail,
                               BpRecord  *record);
  void (*prefill)             (const BpProfile *profile,
                               BpChange        *change);
} BpSection;

const BpSection *bp_section_get (guint index);
guint bp_section_get_count (void);
const BpSection *bp_section_find (const char *name);
const BpSection *bp_section_find_for_table (const char *table);
const BpTable *bp_section_get_table (const BpSection *section);
const char *bp_section_get_column_title (const BpSection *section,
                                         const BpColumn  *column);

G_END_DECLS
