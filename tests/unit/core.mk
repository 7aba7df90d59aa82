# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-path
TESTS += tests/unit/test-path
tests_unit_test_path_SOURCES = tests/unit/test-path.c
tests_unit_test_path_LDADD = $(CORE_LIBS)
check_PROGRAMS += tests/unit/test-path-memory
TESTS += tests/unit/test-path-memory
tests_unit_test_path_memory_SOURCES = tests/unit/test-path-memory.c
tests_unit_test_path_memory_LDADD = $(CORE_LIBS)
check_PROGRAMS += tests/unit/test-ladder
TESTS += tests/unit/test-ladder
tests_unit_test_ladder_SOURCES = tests/unit/test-ladder.c
tests_unit_test_ladder_LDADD = $(CORE_LIBS)
