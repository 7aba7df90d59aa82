# A target is a file fuzz-NAME.c with LLVMFuzzerTestOneInput() and a folder corpus/NAME. It takes four lines:
#   fuzz_targets += tests/fuzz/fuzz-NAME
#   tests_fuzz_fuzz_NAME_SOURCES = tests/fuzz/fuzz-NAME.c $(fuzz_main)
#   tests_fuzz_fuzz_NAME_LDADD = $(CORE_LIBS)
#   tests_fuzz_fuzz_NAME_LDFLAGS = $(fuzz_ldflags)
# Configured with --enable-fuzzers (and CC=clang) it is a libFuzzer program:
#   mkdir -p found && tests/fuzz/fuzz-NAME -max_total_time=60 found ../tests/fuzz/corpus/NAME
# (what it finds goes into the first folder)
# Without, it runs through its corpus in `make check`.
fuzz_targets =
if FUZZERS
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += $(fuzz_targets)
else
fuzz_main = tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
endif
EXTRA_DIST += tests/fuzz/corpus
fuzz_targets += tests/fuzz/fuzz-reply
tests_fuzz_fuzz_reply_SOURCES = tests/fuzz/fuzz-reply.c $(fuzz_main)
tests_fuzz_fuzz_reply_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_reply_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-capabilities
tests_fuzz_fuzz_capabilities_SOURCES = tests/fuzz/fuzz-capabilities.c $(fuzz_main)
tests_fuzz_fuzz_capabilities_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_capabilities_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-command
tests_fuzz_fuzz_command_SOURCES = tests/fuzz/fuzz-command.c $(fuzz_main)
tests_fuzz_fuzz_command_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_command_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-receiver
tests_fuzz_fuzz_receiver_SOURCES = tests/fuzz/fuzz-receiver.c $(fuzz_main)
tests_fuzz_fuzz_receiver_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_receiver_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c $(fuzz_main)
tests_fuzz_fuzz_config_LDADD = $(CONFIG_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-address
tests_fuzz_fuzz_address_SOURCES = tests/fuzz/fuzz-address.c $(fuzz_main)
tests_fuzz_fuzz_address_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_address_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz-wire.c $(fuzz_main)
tests_fuzz_fuzz_wire_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_wire_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-intake
tests_fuzz_fuzz_intake_SOURCES = tests/fuzz/fuzz-intake.c $(fuzz_main)
tests_fuzz_fuzz_intake_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_intake_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-mailto
tests_fuzz_fuzz_mailto_SOURCES = tests/fuzz/fuzz-mailto.c $(fuzz_main)
tests_fuzz_fuzz_mailto_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_mailto_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-letter
tests_fuzz_fuzz_letter_SOURCES = tests/fuzz/fuzz-letter.c $(fuzz_main)
tests_fuzz_fuzz_letter_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_letter_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-aliases
tests_fuzz_fuzz_aliases_SOURCES = tests/fuzz/fuzz-aliases.c $(fuzz_main)
tests_fuzz_fuzz_aliases_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_aliases_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-template
tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz-template.c $(fuzz_main)
tests_fuzz_fuzz_template_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_template_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-rows
tests_fuzz_fuzz_rows_SOURCES = tests/fuzz/fuzz-rows.c $(fuzz_main)
tests_fuzz_fuzz_rows_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_rows_LDFLAGS = $(fuzz_ldflags)
fuzz_targets += tests/fuzz/fuzz-jobs
tests_fuzz_fuzz_jobs_SOURCES = tests/fuzz/fuzz-jobs.c $(fuzz_main)
tests_fuzz_fuzz_jobs_LDADD = $(MAIL_LIBS)
tests_fuzz_fuzz_jobs_LDFLAGS = $(fuzz_ldflags)
