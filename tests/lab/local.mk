# Networks of every kind in namespaces of their own; a row of a table is a test.
TESTS += tests/lab/test-lab.py
EXTRA_DIST += tests/lab/test-lab.py
EXTRA_DIST += tests/lab/lab/__init__.py
EXTRA_DIST += tests/lab/lab/client.py
EXTRA_DIST += tests/lab/lab/dns.py
EXTRA_DIST += tests/lab/lab/firewall.py
EXTRA_DIST += tests/lab/lab/link.py
EXTRA_DIST += tests/lab/lab/namespaces.py
EXTRA_DIST += tests/lab/lab/network.py
EXTRA_DIST += tests/lab/lab/relay.py
EXTRA_DIST += tests/lab/lab/sink.py
TESTS += tests/lab/test-demo.py
TESTS += tests/lab/test-readme.py
EXTRA_DIST += tests/lab/test-demo.py
EXTRA_DIST += tests/lab/test-readme.py
TESTS += tests/lab/test-sink.py
EXTRA_DIST += tests/lab/test-sink.py
