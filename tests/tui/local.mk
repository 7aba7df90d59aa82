TESTS += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/test-composer.py
EXTRA_DIST += tests/tui/stage.py
