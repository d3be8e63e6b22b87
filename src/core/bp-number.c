#include "config.h"
#include "bp-number.h"
