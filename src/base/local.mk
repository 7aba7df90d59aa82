noinst_LIBRARIES += libbase.a
libbase_a_SOURCES =
libbase_a_SOURCES += src/base/domain.h
libbase_a_SOURCES += src/base/error.h
libbase_a_SOURCES += src/base/i18n.h
libbase_a_SOURCES += src/base/secret.h
libbase_a_SOURCES += src/base/ticks.h
libbase_a_SOURCES += src/base/visible.h
