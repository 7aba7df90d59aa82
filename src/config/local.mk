noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES =
libconfig_a_SOURCES += src/config/account.h
libconfig_a_SOURCES += src/config/config.h
libconfig_a_SOURCES += src/config/option.h
libconfig_a_SOURCES += src/config/secret-command.h
