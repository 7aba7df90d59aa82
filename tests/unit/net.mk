# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
EXTRA_DIST += tests/lib/certificates.h
check_PROGRAMS += tests/unit/test-tls
TESTS += tests/unit/test-tls
tests_unit_test_tls_SOURCES = tests/unit/test-tls.c
tests_unit_test_tls_SOURCES += tests/lib/certificates.c
tests_unit_test_tls_LDADD = $(NET_LIBS)
