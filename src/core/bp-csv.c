#include "config.h"
#include "bp-csv.h"
