# Kills, faults and load. Samples, others each day, are in `make check`; the whole is run by
# name: `make campaign-faults`, `make campaign-load`, and SEED=N for what was tried before.
check_PROGRAMS += tests/campaign/inject
tests_campaign_inject_SOURCES = tests/campaign/inject.c
tests_campaign_inject_LDADD = $(GLIB_LIBS)
LONG_TESTS += tests/campaign/test-faults.py
LONG_TESTS += tests/campaign/test-load.py
LONG_TESTS += tests/campaign/test-batch.py
EXTRA_DIST += tests/campaign/life.py
EXTRA_DIST += tests/campaign/test-faults.py
EXTRA_DIST += tests/campaign/test-load.py
EXTRA_DIST += tests/campaign/weather.py
EXTRA_DIST += tests/campaign/test-batch.py

campaign-faults: all tests/campaign/inject
	@$(AM_TESTS_ENVIRONMENT) CAMPAIGN=1 python3 -B $(srcdir)/tests/campaign/test-faults.py $(LIFE)

campaign-load: all
	@$(AM_TESTS_ENVIRONMENT) CAMPAIGN=1 python3 -B $(srcdir)/tests/campaign/test-load.py

campaign-batch: all tests/lib/send-batch
	@$(AM_TESTS_ENVIRONMENT) python3 -B $(srcdir)/tests/campaign/test-batch.py 100000 100 $(SEED)

.PHONY: campaign-faults campaign-load campaign-batch
