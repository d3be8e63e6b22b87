/* A file packed with gzip, a block at a time. */
#include "config.h"

#include "bp-spool.h"

#define BLOCK (64 * 1024)
#define PACK_LEVEL 1

static gboolean
pack_block (GConverter   *packer,
            const guint8 *block,
            gsize         length,
            BpSpoolFile  *packed,
            GError      **error)
{
  GConverterFlags flags = length == 0 ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS;
  g_autofree guint8 *out = g_malloc (BLOCK);
  GConverterResult result = G_CONVERTER_CONVERTED;
  gsize taken = 0;

  while (result != G_CONVERTER_FINISHED && (length == 0 || taken < length))
    {
      gsize n_read;
      gsize n_written;

      result = g_converter_convert (packer, block + taken, length - taken, out, BLOCK, flags,
                                    &n_read, &n_written, error);
      if (result == G_CONVERTER_ERROR || !bp_spool_file_append (packed, out, n_written, error))
        return FALSE;
      taken += n_read;
    }
  return TRUE;
}

/**
 * bp_spool_pack:
 * @self: a spool
 * @store_id: whose file it is
 * @file: a finished one
 * @error: #BpSpoolError
 *
 * Returns: (transfer full): the same content, packed with gzip; equal bytes
 *   make equal bytes
 */
BpSpoolFile *
bp_spool_pack (BpSpool     *self,
               const char  *store_id,
               BpSpoolFile *file,
               GError     **error)
{
  g_autoptr (GZlibCompressor) packer
    = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, PACK_LEVEL);
  g_autoptr (BpSpoolFile) packed = bp_spool_make (self, store_id, error);
  g_autofree guint8 *block = g_malloc (BLOCK);
  gint64 offset = 0;
  gssize length;

  if (packed == NULL)
    return NULL;

  packed->is_gzip = TRUE;
  packed->number = file->number;
  do
    {
      if (bp_spool_is_closed (self))
        {
          g_set_error_literal (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_CLOSED, "The server ends");
          return NULL;
        }
      length = bp_spool_file_read (file, offset, block, BLOCK, error);
      if (length < 0 || !pack_block (G_CONVERTER (packer), block, (gsize)length, packed, error))
        return NULL;
      offset += length;
    }
  while (length > 0);

  bp_spool_file_finish (packed, NULL);
  return g_steal_pointer (&packed);
}
