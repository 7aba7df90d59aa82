include tests/unit/base.mk
include tests/unit/core.mk
include tests/unit/mail.mk
include tests/unit/config.mk
include tests/unit/net.mk
include tests/unit/store.mk
include tests/unit/engine.mk
include tests/unit/cli.mk
include tests/unit/tui.mk
include tests/sim/local.mk
include tests/script/local.mk
include tests/lab/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/layering/local.mk
EXTRA_DIST += tests/lib/tap.h
include tests/lint/local.mk
EXTRA_DIST += tests/lib/table.h
EXTRA_DIST += tests/LESSONS.md
include tests/tui/local.mk
include tests/campaign/local.mk
