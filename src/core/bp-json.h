/* Strict JSON (RFC 8259 as the contract narrows it): the check that goes
 * before json-glib, typed getters, a writer, and a cursor for pages of rows. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define BP_JSON_MAX_DEPTH 16

gboolean bp_json_check (const char *text,
                        gsize       length,
                        GError    **error);
JsonNode *bp_json_read_tree (const char *text,
                             gsize       length);
JsonNode *bp_json_parse (const char *text,
                         gssize      length,
                         GError    **error);
JsonNode *bp_json_parse_object (const char *text,
                                gssize      length,
                                GError    **error);

gboolean bp_json_get_integer (JsonObject *object,
                              const char *member,
                              gint64      min,
                              gint64      max,
                              gint64     *integer,
                              GError    **error);
const char *bp_json_get_string (JsonObject *object,
                                const char *member,
                                gsize       max_length,
                                GError    **error);
gboolean bp_json_dup_optional_string (JsonObject *object,
                                      const char *member,
                                      gsize       max_length,
                                      char      **text,
                                      GError    **error);
gboolean bp_json_get_boolean (JsonObject *object,
                              const char *member,
                              gboolean   *boolean,
                              GError    **error);
JsonObject *bp_json_get_object (JsonObject *object,
                                const char *member,
                                GError    **error);
JsonArray *bp_json_get_array (JsonObject *object,
                              const char *member,
                              GError    **error);
gboolean bp_json_has (JsonObject *object,
                      const char *member);

void bp_json_append_string (GString    *json,
                            const char *text);
void bp_json_append_node (GString  *json,
                          JsonNode *node);
void bp_json_append_member (GString    *json,
                            const char *member);
void bp_json_append_integer_member (GString    *json,
                                    const char *member,
                                    gint64      integer);
void bp_json_append_string_member (GString    *json,
                                   const char *member,
                                   const char *text);

/**
 * BpJsonCursor:
 *
 * A place in JSON text that bp_json_check() has found good. The functions
 * below step over it without building a tree; each returns %FALSE where the
 * text holds something else than was asked for, and the cursor is then of no
 * further use. On the stack; owns nothing.
 */
typedef struct
{
  const char *place;
  const char *end;
} BpJsonCursor;

void bp_json_cursor_init (BpJsonCursor *cursor,
                          const char   *text,
                          gsize         length);
char bp_json_cursor_peek (BpJsonCursor *cursor);
gboolean bp_json_cursor_enter (BpJsonCursor *cursor,
                               char          bracket);
gboolean bp_json_cursor_next (BpJsonCursor *cursor);
gboolean bp_json_cursor_member (BpJsonCursor *cursor,
                                GString      *name);
gboolean bp_json_cursor_integer (BpJsonCursor *cursor,
                                 gint64       *integer);
gboolean bp_json_cursor_string (BpJsonCursor *cursor,
                                GString      *text);
gboolean bp_json_cursor_boolean (BpJsonCursor *cursor,
                                 gboolean     *boolean);
gboolean bp_json_cursor_null (BpJsonCursor *cursor);
gboolean bp_json_cursor_skip (BpJsonCursor *cursor,
                              const char  **start,
                              gsize        *length);

G_END_DECLS
