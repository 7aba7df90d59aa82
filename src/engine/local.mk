noinst_LIBRARIES += libengine.a
libengine_a_SOURCES =
libengine_a_SOURCES += src/engine/engine.h
libengine_a_SOURCES += src/engine/memory-source.h
libengine_a_SOURCES += src/engine/sasl.h
libengine_a_SOURCES += src/engine/work.h
