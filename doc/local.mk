# What is made from the options' table is part of the distribution, so that a cross compiler,
# which can't run the program, finds it made. From a repository the program makes it.
options_sources = src/config/option.c src/cli/option-list.c
EXTRA_DIST += doc/options.mdoc
EXTRA_DIST += doc/option-names
EXTRA_DIST += doc/keys.mdoc
MAINTAINERCLEANFILES = doc/keys.mdoc doc/options.mdoc doc/option-names doc/config.sample
dist_doc_DATA = doc/config.sample

AM_V_OPTIONS = $(AM_V_GEN)$(MKDIR_P) doc && ASAN_OPTIONS=detect_leaks=0 LC_ALL=C ./toukan$(EXEEXT) config options
doc/options.mdoc: $(options_sources) | toukan$(EXEEXT)
	$(AM_V_OPTIONS) --format man >$@.tmp && mv $@.tmp $@
doc/keys.mdoc: src/config/keymap.c src/cli/option-list.c | toukan$(EXEEXT)
	$(AM_V_OPTIONS) --format keys >$@.tmp && mv $@.tmp $@
doc/option-names: $(options_sources) | toukan$(EXEEXT)
	$(AM_V_OPTIONS) --format names >$@.tmp && mv $@.tmp $@
doc/config.sample: $(options_sources) | toukan$(EXEEXT)
	$(AM_V_OPTIONS) --format sample >$@.tmp && mv $@.tmp $@

# The same of sendmail's letters.
letters_sources = src/cli/sendmail-letters.c
EXTRA_DIST += doc/letters.mdoc
MAINTAINERCLEANFILES += doc/letters.mdoc
doc/letters.mdoc: $(letters_sources) | toukan$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && ASAN_OPTIONS=detect_leaks=0 LC_ALL=C ./toukan$(EXEEXT) sendmail --help=man >$@.tmp && mv $@.tmp $@

# Filled in: @sysconfdir@, @bindir@, and in place of a line of @OPTIONS@, @KEYS@, @LETTERS@ or @NAMES@
# the list made above, which lies in the build tree or in the distribution.
fill_in = fill_in () { \
	  options=`made options.mdoc` keys=`made keys.mdoc` letters=`made letters.mdoc` names=`made option-names`; \
	  $(MKDIR_P) doc completion && \
	  $(SED) -e "/^@OPTIONS@$$/{r $$options" -e 'd;}' -e "/^@KEYS@$$/{r $$keys" -e 'd;}' \
	    -e "/^@LETTERS@$$/{r $$letters" -e 'd;}' -e "/^@NAMES@$$/{r $$names" -e 'd;}' \
	    -e 's|[@]sysconfdir@|$(sysconfdir)|g' -e 's|[@]bindir@|$(bindir)|g' $(srcdir)/$$1 >$$2.tmp && \
	  mv $$2.tmp $$2; \
	}; made () { if test -f doc/$$1; then echo doc/$$1; else echo $(srcdir)/doc/$$1; fi; }; fill_in

EXTRA_DIST += doc/toukan.1.in
EXTRA_DIST += doc/toukan.conf.5.in
EXTRA_DIST += completion/toukan.bash.in
man_MANS = doc/toukan.1 doc/toukan.conf.5
bash_completiondir = $(datadir)/bash-completion/completions
bash_completion_DATA = completion/toukan.bash
CLEANFILES += doc/toukan.1
CLEANFILES += doc/toukan.conf.5
CLEANFILES += completion/toukan.bash
doc/toukan.1: doc/toukan.1.in doc/letters.mdoc Makefile
	$(AM_V_GEN)$(fill_in) doc/toukan.1.in $@
doc/toukan.conf.5: doc/toukan.conf.5.in doc/options.mdoc doc/keys.mdoc Makefile
	$(AM_V_GEN)$(fill_in) doc/toukan.conf.5.in $@
completion/toukan.bash: completion/toukan.bash.in doc/option-names Makefile
	$(AM_V_GEN)$(fill_in) completion/toukan.bash.in $@
dist_man_MANS += doc/toukan-sink.1
