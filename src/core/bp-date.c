#include "config.h"
#include "bp-date.h"
