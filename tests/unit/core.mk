# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-path
TESTS += tests/unit/test-path
tests_unit_test_path_SOURCES = tests/unit/test-path.c
tests_unit_test_path_LDADD = $(CORE_LIBS)
