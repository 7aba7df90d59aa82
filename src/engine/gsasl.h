/* Private to the engine: libgsasl, loaded by the first call. */
#pragma once

#include <gsasl.h>

#include "engine/gsasl-functions.h"
