#include "config.h"
#include "bp-money.h"
