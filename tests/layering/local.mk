TESTS += tests/layering/test-rooms.py
EXTRA_DIST += tests/layering/test-rooms.py
EXTRA_DIST += tests/lib/tap.py
AM_TESTS_ENVIRONMENT += CC='$(CC)'; export CC;
TESTS += tests/layering/test-manual.sh
EXTRA_DIST += tests/layering/test-manual.sh
TESTS += tests/layering/test-completion.sh
EXTRA_DIST += tests/layering/test-completion.sh
TESTS += tests/layering/test-translation.py
EXTRA_DIST += tests/layering/test-translation.py
