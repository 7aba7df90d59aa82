check_PROGRAMS += tests/sim/sim-ladder
TESTS += tests/sim/sim-ladder
tests_sim_sim_ladder_SOURCES = tests/sim/sim-ladder.c tests/sim/world.c tests/sim/world.h tests/sim/run.c tests/sim/run.h tests/sim/oracle.c tests/sim/oracle.h tests/sim/oracle-private.h tests/sim/shadow.c
tests_sim_sim_ladder_LDADD = $(CORE_LIBS)
check_PROGRAMS += tests/sim/sim-lab
TESTS += tests/sim/sim-lab
tests_sim_sim_lab_SOURCES = tests/sim/sim-lab.c tests/sim/world.c tests/sim/world.h tests/sim/run.c tests/sim/run.h tests/sim/oracle.c tests/sim/oracle.h tests/sim/oracle-private.h tests/sim/shadow.c
tests_sim_sim_lab_LDADD = $(CORE_LIBS)
