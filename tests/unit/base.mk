# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-error
TESTS += tests/unit/test-error
tests_unit_test_error_SOURCES = tests/unit/test-error.c
tests_unit_test_error_LDADD = $(BASE_LIBS)
check_PROGRAMS += tests/unit/test-secret
TESTS += tests/unit/test-secret
tests_unit_test_secret_SOURCES = tests/unit/test-secret.c
tests_unit_test_secret_LDADD = $(BASE_LIBS)
check_PROGRAMS += tests/unit/test-ticks
TESTS += tests/unit/test-ticks
tests_unit_test_ticks_SOURCES = tests/unit/test-ticks.c
tests_unit_test_ticks_LDADD = $(BASE_LIBS)
check_PROGRAMS += tests/unit/test-visible
TESTS += tests/unit/test-visible
tests_unit_test_visible_SOURCES = tests/unit/test-visible.c
tests_unit_test_visible_LDADD = $(BASE_LIBS)
