check_PROGRAMS += tests/unit/test-report
TESTS += tests/unit/test-report
tests_unit_test_report_SOURCES = tests/unit/test-report.c
tests_unit_test_report_LDADD = libcli.a libstore.a $(ENGINE_LIBS) $(SQLITE_LIBS)
TESTS += tests/unit/test-verb-config.py
EXTRA_DIST += tests/unit/test-verb-config.py
TESTS += tests/unit/test-verb-paths.py
EXTRA_DIST += tests/unit/test-verb-paths.py
