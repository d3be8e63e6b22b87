/* What the check, the cursor and the writer share: stepping over plain text
 * eight bytes at a time, for most bytes of JSON are just that. */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

#define BP_JSON_INTEGER_MAX G_GINT64_CONSTANT (9007199254740991)
#define BP_JSON_ONES G_GUINT64_CONSTANT (0x0101010101010101)
#define BP_JSON_HIGHS G_GUINT64_CONSTANT (0x8080808080808080)

/* A high bit for each byte that is 0; exact up to the first such byte. */
static inline guint64
bp_json_mark_zeros (guint64 word)
{
  return (word - BP_JSON_ONES) & ~word & BP_JSON_HIGHS;
}

/* The first byte of a string that is no plain character: a quote, a backslash
 * or a control character; @end where there is none. */
static inline const char *
bp_json_skip_plain (const char *place,
                    const char *end)
{
  for (; end - place >= 8; place += 8)
    {
      guint64 word, marks;

      memcpy (&word, place, sizeof word);
      word = GUINT64_FROM_LE (word);
      marks = ((word - 0x20 * BP_JSON_ONES) & ~word & BP_JSON_HIGHS)
              | bp_json_mark_zeros (word ^ ('"' * BP_JSON_ONES))
              | bp_json_mark_zeros (word ^ ('\\' * BP_JSON_ONES));
      if (marks != 0)
        return place + __builtin_ctzll (marks) / 8;
    }
  while (place < end && (unsigned char)*place >= 0x20 && *place != '"' && *place != '\\')
    place++;

  return place;
}

/* The first of eight bytes that are not all ASCII without a NUL, or of the
 * last few. */
static inline const char *
bp_json_skip_ascii (const char *place,
                    const char *end)
{
  for (; end - place >= 8; place += 8)
    {
      guint64 word;

      memcpy (&word, place, sizeof word);
      if ((word & BP_JSON_HIGHS) != 0 || bp_json_mark_zeros (word) != 0)
        break;
    }

  return place;
}

G_END_DECLS
