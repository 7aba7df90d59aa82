# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-nearest
TESTS += tests/unit/test-nearest
tests_unit_test_nearest_SOURCES = tests/unit/test-nearest.c
tests_unit_test_nearest_LDADD = $(CONFIG_LIBS)
check_PROGRAMS += tests/unit/test-option
TESTS += tests/unit/test-option
tests_unit_test_option_SOURCES = tests/unit/test-option.c
tests_unit_test_option_LDADD = $(CONFIG_LIBS)
check_PROGRAMS += tests/unit/test-config
TESTS += tests/unit/test-config
tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_LDADD = $(CONFIG_LIBS)
check_PROGRAMS += tests/unit/test-config-files
TESTS += tests/unit/test-config-files
tests_unit_test_config_files_SOURCES = tests/unit/test-config-files.c
tests_unit_test_config_files_LDADD = $(CONFIG_LIBS)
