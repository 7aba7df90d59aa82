include src/base/local.mk
include src/core/local.mk
include src/mail/local.mk
include src/config/local.mk
include src/net/local.mk
include src/store/local.mk
include src/engine/local.mk
include src/cli/local.mk
include src/sink/local.mk
include src/demo/local.mk

# From right to left: a room may use those behind it.
BASE_LIBS   = libbase.a $(GLIB_LIBS) $(IDN2_LIBS)
CORE_LIBS   = libcore.a $(BASE_LIBS)
MAIL_LIBS   = libmail.a libconfig.a $(CORE_LIBS) $(GMIME_LIBS) $(GIO_LIBS)
CONFIG_LIBS = libconfig.a $(CORE_LIBS) $(GIO_LIBS)
NET_LIBS    = libnet.a $(CORE_LIBS) $(OPENSSL_LIBS) $(CARES_LIBS) $(GIO_LIBS)
STORE_LIBS  = libstore.a $(CORE_LIBS) $(SQLITE_LIBS)
ENGINE_LIBS = libengine.a libmail.a libconfig.a libnet.a libstore.a libcore.a libbase.a $(JSON_LIBS) \
	$(GMIME_LIBS) $(GSASL_LIBS) $(OPENSSL_LIBS) $(CARES_LIBS) $(SQLITE_LIBS) $(GIO_LIBS) $(GLIB_LIBS) $(IDN2_LIBS)

bin_PROGRAMS += toukan
toukan_SOURCES = src/main.c
toukan_LDADD = libcli.a libstore.a $(ENGINE_LIBS) $(SQLITE_LIBS) $(LIBINTL)
