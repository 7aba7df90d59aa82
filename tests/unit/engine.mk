# A test: check_PROGRAMS += name; TESTS += name; name_SOURCES, name_LDADD. One line a file.
check_PROGRAMS += tests/unit/test-sasl
TESTS += tests/unit/test-sasl
tests_unit_test_sasl_SOURCES = tests/unit/test-sasl.c
tests_unit_test_sasl_LDADD = $(ENGINE_LIBS)
check_PROGRAMS += tests/unit/test-timeline
TESTS += tests/unit/test-timeline
tests_unit_test_timeline_SOURCES = tests/unit/test-timeline.c
tests_unit_test_timeline_SOURCES += tests/unit/timeline-pictures.h
tests_unit_test_timeline_LDADD = $(ENGINE_LIBS)
check_PROGRAMS += tests/unit/test-engine
TESTS += tests/unit/test-engine
tests_unit_test_engine_SOURCES = tests/unit/test-engine.c
tests_unit_test_engine_SOURCES += tests/lib/loopback-server.c
tests_unit_test_engine_SOURCES += tests/lib/loopback-server.h
tests_unit_test_engine_LDADD = $(ENGINE_LIBS)
