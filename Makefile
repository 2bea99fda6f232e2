# fivetrex: foreign data wrapper for the Fivetran REST API
#
# make, make install, make installcheck   as for any PostgreSQL extension;
#                                         PG_CONFIG= chooses the PostgreSQL
# make demo, make check, ...              set everything up by themselves

# Our own goals work on a machine without PostgreSQL, where there is no PGXS to
# include yet; PGXS has a rule called check, so it stays out when ours is meant.
OUR_GOALS = bench check check-sanitize check-versions coverage demo docs format

ifneq ($(filter $(OUR_GOALS),$(MAKECMDGOALS)),)

.PHONY: $(OUR_GOALS)
$(OUR_GOALS):
	@test/bin/$@

else

EXTENSION = fivetrex
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
MODULE_big = $(EXTENSION)
DATA = $(sort $(wildcard $(EXTENSION)--*.sql))
SOURCES = $(sort $(wildcard src/*.c src/*/*.c))
OBJS = $(SOURCES:.c=.o)

PG_CPPFLAGS = -I$(CURDIR)/src -DFTX_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter
SHLIB_LINK = -lcurl -lcrypto

REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
TAP_TESTS = 1
PROVE_TESTS = $(sort $(wildcard test/t/*.pl))
EXTRA_CLEAN = src/*/*.gcno src/*/*.gcda

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

PROVE_FLAGS += -I $(CURDIR)/test/lib

# One set of headers for all: a changed one rebuilds everything.
$(OBJS): $(wildcard src/*/*.h) $(EXTENSION).control

ifneq ($(SANITIZE),)
override CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
SHLIB_LINK += -fsanitize=$(SANITIZE)
endif

endif
