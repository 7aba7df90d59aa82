/* Private to those who speak TLS or need its mathematics: OpenSSL, loaded by the first call. */
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "net/openssl-functions.h"
