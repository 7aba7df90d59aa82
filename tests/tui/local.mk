TESTS += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/stage.py
EXTRA_DIST += tests/tui/gate.py
TESTS += tests/tui/test-moments.py
EXTRA_DIST += tests/tui/test-moments.py
