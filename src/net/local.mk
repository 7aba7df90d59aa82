noinst_LIBRARIES += libnet.a
libnet_a_SOURCES =
libnet_a_SOURCES += src/net/clock.h
libnet_a_SOURCES += src/net/resolver.h
libnet_a_SOURCES += src/net/stream.h
libnet_a_SOURCES += src/net/tcp.h
libnet_a_SOURCES += src/net/tls.h
libnet_a_SOURCES += src/net/tunnel.h
