# Units of systemd, with the directories of this installation.
EXTRA_DIST += data/toukan-agent.service.in
if USER_UNITS
systemduserunit_DATA = data/toukan-agent.service
endif
CLEANFILES += data/toukan-agent.service
fill_in_place = $(AM_V_GEN)$(MKDIR_P) data && \
	  $(SED) -e 's|[@]bindir@|$(bindir)|g' -e 's|[@]sysconfdir@|$(sysconfdir)|g' $< >$@.tmp && mv $@.tmp $@
data/toukan-agent.service: data/toukan-agent.service.in Makefile
	$(fill_in_place)

# The outbox of a whole machine: installed, and up to root to put to use.
EXTRA_DIST += data/toukan.service.in
EXTRA_DIST += data/toukan.socket
EXTRA_DIST += data/sysusers.d/toukan.conf
EXTRA_DIST += data/tmpfiles.d/toukan.conf
EXTRA_DIST += data/config.system.in
if SYSTEM_UNITS
systemdsystemunit_DATA = data/toukan.service
systemdsystemunit_DATA += data/toukan.socket
sysusers_DATA = data/sysusers.d/toukan.conf
tmpfiles_DATA = data/tmpfiles.d/toukan.conf
endif
doc_DATA = data/config.system
CLEANFILES += data/toukan.service
CLEANFILES += data/config.system
data/toukan.service: data/toukan.service.in Makefile
	$(fill_in_place)
data/config.system: data/config.system.in Makefile
	$(fill_in_place)
