noinst_LIBRARIES += libmail.a
libmail_a_SOURCES =
libmail_a_SOURCES += src/mail/address.h
libmail_a_SOURCES += src/mail/body.h
libmail_a_SOURCES += src/mail/build.h
libmail_a_SOURCES += src/mail/intake.h
libmail_a_SOURCES += src/mail/wire.h
