# Kills, faults and load. Samples are in `make check`; the whole is run by name.
check_PROGRAMS += tests/campaign/inject
tests_campaign_inject_SOURCES = tests/campaign/inject.c
tests_campaign_inject_LDADD = $(GLIB_LIBS)
