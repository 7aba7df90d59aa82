TESTS += tests/layering/test-rooms.py
EXTRA_DIST += tests/layering/test-rooms.py
EXTRA_DIST += tests/lib/tap.py
AM_TESTS_ENVIRONMENT += CC='$(CC)'; export CC;
