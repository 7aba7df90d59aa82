# Units of systemd, with the directories of this installation.
EXTRA_DIST += data/toukan-agent.service.in
if USER_UNITS
systemduserunit_DATA = data/toukan-agent.service
endif
CLEANFILES += data/toukan-agent.service
data/toukan-agent.service: data/toukan-agent.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) data && \
	  $(SED) -e 's|[@]bindir@|$(bindir)|g' -e 's|[@]sysconfdir@|$(sysconfdir)|g' \
	  $(srcdir)/data/toukan-agent.service.in >$@.tmp && mv $@.tmp $@
