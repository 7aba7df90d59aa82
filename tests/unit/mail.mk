# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-body
TESTS += tests/unit/test-body
tests_unit_test_body_SOURCES = tests/unit/test-body.c
tests_unit_test_body_LDADD = $(MAIL_LIBS)
check_PROGRAMS += tests/unit/test-wire
TESTS += tests/unit/test-wire
tests_unit_test_wire_SOURCES = tests/unit/test-wire.c
tests_unit_test_wire_LDADD = $(MAIL_LIBS)
