#include "config.h"
#include "bp-tax.h"
