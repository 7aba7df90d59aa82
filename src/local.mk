include src/base/local.mk
include src/core/local.mk
include src/mail/local.mk
include src/config/local.mk
include src/net/local.mk
include src/store/local.mk
include src/engine/local.mk
include src/cli/local.mk
include src/tui/local.mk
include src/sink/local.mk
include src/demo/local.mk

# What the mail room alone needs.
MAIL_OUTER_LIBS = $(GMIME_LIBS) $(JSON_LIBS) $(CMARK_LIBS) $(CSV_LIBS)

# From right to left: a room may use those behind it. OpenSSL, c-ares and libgsasl are loaded by
# the first call (src/net/library.h); only tests and the sink are linked with them.
BASE_LIBS   = libbase.a $(GLIB_LIBS) $(IDN2_LIBS)
CORE_LIBS   = libcore.a $(BASE_LIBS)
MAIL_LIBS   = libmail.a libconfig.a $(CORE_LIBS) $(MAIL_OUTER_LIBS) $(GIO_LIBS)
CONFIG_LIBS = libconfig.a $(CORE_LIBS) $(GIO_LIBS)
NET_LIBS    = libnet.a $(CORE_LIBS) $(GIO_LIBS)
STORE_LIBS  = libstore.a $(CORE_LIBS) $(SQLITE_LIBS)
TUI_LIBS    = libtui.a $(ENGINE_LIBS) $(UNISTRING_LIBS) $(CURSES_LIBS)
ENGINE_LIBS = libengine.a libmail.a libconfig.a libnet.a libstore.a libcore.a libbase.a $(MAIL_OUTER_LIBS) \
	$(SQLITE_LIBS) $(GIO_LIBS) $(GLIB_LIBS) $(IDN2_LIBS)

bin_PROGRAMS += toukan
toukan_SOURCES = src/main.c
toukan_LDADD = libcli.a libtui.a libstore.a $(ENGINE_LIBS) $(SQLITE_LIBS) $(UNISTRING_LIBS) $(CURSES_LIBS) $(LIBINTL)

# Another program's links are never replaced, nor removed.
sendmail_links = $(DESTDIR)$(sbindir)/sendmail $(DESTDIR)$(bindir)/mailq $(DESTDIR)$(bindir)/newaliases
if SENDMAIL_LINKS
install-exec-hook: install-sendmail-links
uninstall-hook: uninstall-sendmail-links
endif
install-sendmail-links: install-binPROGRAMS
	$(AM_V_at)$(MKDIR_P) "$(DESTDIR)$(sbindir)" "$(DESTDIR)$(bindir)"
	$(AM_V_at)for link in $(sendmail_links); do \
	  if test "$$(readlink "$$link")" = "$(bindir)/toukan"; then continue; fi; \
	  if test -e "$$link" || test -h "$$link"; then \
	    echo "$$link belongs to another program: remove it, or configure with --disable-sendmail-links" >&2; exit 1; \
	  fi; \
	  $(LN_S) "$(bindir)/toukan" "$$link" || exit 1; \
	done
uninstall-sendmail-links:
	$(AM_V_at)for link in $(sendmail_links); do \
	  if test "$$(readlink "$$link")" = "$(bindir)/toukan"; then rm -f "$$link"; fi; \
	done
.PHONY: install-sendmail-links uninstall-sendmail-links
