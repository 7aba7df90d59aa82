noinst_LIBRARIES += libstore.a
libstore_a_SOURCES =
libstore_a_SOURCES += src/store/database.h
libstore_a_SOURCES += src/store/path-store.h
libstore_a_SOURCES += src/store/address-book.h
libstore_a_SOURCES += src/store/outbox.h
libstore_a_SOURCES += src/store/database.c
libstore_a_SOURCES += src/store/path-store.c
