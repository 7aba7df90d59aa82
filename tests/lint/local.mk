# Every C source through a second compiler and through clang-tidy, a file at a time, so
# that all findings are shown and not only the first file's.
LINT_FLAGS = $(DEFS) $(DEFAULT_INCLUDES) $(INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) -std=gnu17
LINT_EACH = find $(LINT_FOLDERS) -name '*.c' -print0 | sort -z | xargs -0 -I @ -P $$(nproc)

lint-clang: LINT_FOLDERS = $(top_srcdir)/src $(top_srcdir)/tests
lint-clang: $(BUILT_SOURCES)
	$(LINT_EACH) clang -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Werror $(LINT_FLAGS) @

lint-tidy: LINT_FOLDERS = $(top_srcdir)/src
lint-tidy: $(BUILT_SOURCES)
	$(LINT_EACH) clang-tidy --quiet @ -- $(LINT_FLAGS)

.PHONY: lint-clang lint-tidy
