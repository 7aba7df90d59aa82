# Ratios against other programs in the same run; never part of `make check`.
EXTRA_PROGRAMS += tests/bench/measure
tests_bench_measure_SOURCES = tests/bench/measure.c
EXTRA_DIST += tests/bench/bench.py
EXTRA_DIST += tests/bench/merging.py
CLEANFILES += tests/bench/measure

bench: all tests/bench/measure tests/campaign/inject
	@$(AM_TESTS_ENVIRONMENT) python3 -B $(srcdir)/tests/bench/bench.py $(BENCH)

.PHONY: bench
EXTRA_DIST += tests/bench/batch.py

bench-batch: all tests/lib/send-batch
	@$(AM_TESTS_ENVIRONMENT) python3 -B $(srcdir)/tests/bench/batch.py

.PHONY: bench-batch
