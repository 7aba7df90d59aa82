TESTS += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/stage.py
EXTRA_DIST += tests/tui/gate.py
TESTS += tests/tui/test-moments.py
EXTRA_DIST += tests/tui/test-moments.py
EXTRA_DIST += tests/tui/arrival.py
TESTS += tests/tui/test-writing.py
EXTRA_DIST += tests/tui/test-writing.py
TESTS += tests/tui/test-drafts.py
EXTRA_DIST += tests/tui/test-drafts.py
TESTS += tests/tui/test-silence.py
EXTRA_DIST += tests/tui/test-silence.py
# To be preloaded, so it is neither a program nor has it a sanitizer.
check_DATA += tests/tui/setting.so
EXTRA_DIST += tests/tui/setting.c
CLEANFILES += tests/tui/setting.so
tests/tui/setting.so: tests/tui/setting.c
	$(AM_V_CC)$(MKDIR_P) tests/tui && $(CC) -D_GNU_SOURCE -std=gnu17 $(WARNING_CFLAGS) -shared -fPIC -o $@ $(srcdir)/tests/tui/setting.c
EXTRA_DIST += tests/tui/languages.py
TESTS += tests/tui/test-screens.py
EXTRA_DIST += tests/tui/test-screens.py
EXTRA_DIST += tests/tui/screens
# Screens and the tour as they are now become those that the tests compare with.
update-screens: all tests/tui/setting.so
	@$(AM_TESTS_ENVIRONMENT) UPDATE=1 python3 -B $(srcdir)/tests/tui/test-screens.py
	@$(AM_TESTS_ENVIRONMENT) UPDATE=1 python3 -B $(srcdir)/tests/tui/test-tour.py
TESTS += tests/tui/test-tour.py
EXTRA_DIST += tests/tui/test-tour.py
EXTRA_DIST += doc/tour.md
# Composers killed at ten times as many moments; SEED=N for those that were tried before.
campaign-composer: all tests/tui/setting.so
	@$(AM_TESTS_ENVIRONMENT) CAMPAIGN=1 python3 -B $(srcdir)/tests/tui/test-drafts.py kill -9 while typing
.PHONY: campaign-composer update-screens
TESTS += tests/tui/test-terminals.py
EXTRA_DIST += tests/tui/test-terminals.py
