# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
EXTRA_DIST += tests/lib/certificates.h
check_PROGRAMS += tests/unit/test-tls
TESTS += tests/unit/test-tls
tests_unit_test_tls_SOURCES = tests/unit/test-tls.c
tests_unit_test_tls_SOURCES += tests/lib/certificates.c
tests_unit_test_tls_LDADD = $(NET_LIBS)
check_PROGRAMS += tests/unit/test-stream
TESTS += tests/unit/test-stream
tests_unit_test_stream_SOURCES = tests/unit/test-stream.c
tests_unit_test_stream_SOURCES += tests/lib/certificates.c
tests_unit_test_stream_LDADD = $(NET_LIBS)
check_PROGRAMS += tests/unit/test-tcp
TESTS += tests/unit/test-tcp
tests_unit_test_tcp_SOURCES = tests/unit/test-tcp.c
tests_unit_test_tcp_LDADD = $(NET_LIBS)
