/* Private to the net room: c-ares, loaded by the first call. */
#pragma once

#include <ares.h>

#include "net/ares-functions.h"
