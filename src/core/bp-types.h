/* Forward declarations of core's types, so that headers need not include one
 * another. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BpField BpField;
typedef struct _BpTable BpTable;
typedef struct _BpValue BpValue;
typedef struct _BpChange BpChange;
typedef struct _BpState BpState;
typedef struct _BpClock BpClock;
typedef struct _BpLine BpLine;

G_END_DECLS
