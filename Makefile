# fivetrex: foreign data wrapper for the Fivetran REST API
#
# make, make install    as for any PostgreSQL extension; PG_CONFIG= chooses the
#                       PostgreSQL, LIBCURL= a libcurl of your own (its prefix);
#                       also from another folder (make -f .../Makefile)
# make installcheck     in a running server, as a user other than root, with
#                       IPC::Run; its TAP files run one after the other
# make demo, make check, ...   set everything up by themselves

# Where the sources are; another folder than the current one in a VPATH build.
HERE := $(or $(VPATH),$(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST)))))
ifeq ($(abspath $(HERE)),$(CURDIR))
HERE := .
endif

# Our own goals work on a machine without PostgreSQL, where there is no PGXS to
# include yet; PGXS has a rule called check, so it stays out when ours is meant.
OUR_GOALS = bench check check-pictures check-sanitize check-versions check-web coverage demo dist docs format fuzz

ifneq ($(filter $(OUR_GOALS),$(MAKECMDGOALS)),)

.PHONY: $(OUR_GOALS)
$(OUR_GOALS):
	@$(HERE)/test/bin/$@

else

# Names below the sources' folder, as PGXS wants them: it adds the folder.
below = $(sort $(patsubst $(HERE)/%,%,$(wildcard $(addprefix $(HERE)/,$(1)))))

EXTENSION = fivetrex fivetrex_watch
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(HERE)/fivetrex.control 2>/dev/null)
MODULE_big = fivetrex
DATA = $(call below,fivetrex--*.sql fivetrex_watch--*.sql)
SOURCES = $(call below,src/*.c src/*/*.c src/*/*/*.c)
OBJS = $(SOURCES:.c=.o)

ifeq ($(SOURCES),)
$(error no sources in '$(HERE)/src'; where a path has spaces, run make in the folder itself)
endif
ifneq ($(HERE),.)
# PGXS sets it only where PostgreSQL itself was built apart from its sources.
VPATH = $(HERE)
ifneq ($(wildcard $(HERE)/src/*.o),)
$(error '$(HERE)' has been built in: make clean there, before another folder builds from it)
endif
endif

PG_CPPFLAGS = -I$(HERE)/src -DFTX_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter
SHLIB_LINK = -lcurl -lcrypto
ifneq ($(LIBCURL),)
PG_CPPFLAGS += -I$(LIBCURL)/include
SHLIB_LINK += -L$(LIBCURL)/lib -Wl,-rpath,$(LIBCURL)/lib
endif

REGRESS = $(patsubst sql/%.sql,%,$(call below,sql/*.sql))
# whatever encoding and locale the server has
REGRESS_OPTS = --encoding=UTF8 --no-locale
TAP_TESTS = 1
PROVE_TESTS = $(call below,test/t/*.pl)
EXTRA_CLEAN = src/*/*.gcno src/*/*.gcda src/*/*/*.gcno src/*/*/*.gcda

PG_CONFIG ?= pg_config
ifneq ($(shell test -e "`$(PG_CONFIG) --includedir-server`/postgres.h" && echo yes),yes)
$(error $(PG_CONFIG) leads to no server's headers: install them (Debian: postgresql-server-dev-NN), \
or name a PostgreSQL that has them by PG_CONFIG=/path/to/pg_config)
endif
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# prove runs where the sources are.
PROVE_FLAGS += -I test/lib

# One set of headers for all: a changed one rebuilds everything.  The folders
# are made where the objects go.
$(OBJS) $(OBJS:.o=.bc): $(wildcard $(HERE)/src/*/*.h $(HERE)/src/*/*/*.h) $(HERE)/fivetrex.control | folders
.PHONY: folders
folders:
	@mkdir -p $(sort $(dir $(OBJS)))

# The manual, the reference and the recipes, under the extension's name:
# README.md could be anybody's.
MANUALS = README.md:fivetrex.md src/catalogue/README.md:fivetrex_tables.md \
	test/recipes/README.md:fivetrex_recipes.md
MANUAL_DIR = $(DESTDIR)$(docdir)/extension
# The recipes' programs, in a folder beside.
RECIPES = $(addprefix $(HERE)/test/recipes/,check_fivetran deliver grafana.json)
# Their links lead to each other under these names; what is not installed is no link.
MANUAL_LINKS = \
	-e 's,\]\((\.\./)*src/catalogue/README\.md,](fivetrex_tables.md,g' \
	-e 's,\]\((\.\./)*test/recipes/README\.md,](fivetrex_recipes.md,g' \
	-e 's,\]\((\.\./)+README\.md,](fivetrex.md,g' \
	-e 's,\]\(([a-z]+\.json)\),](fivetrex_recipes/\1),g' \
	-e 's,\[([^][]*)\]\((src/README\.md|[A-Z]+\.md|LICENSE)\),\1,g'
.PHONY: install-manual uninstall-manual
install: install-manual
install-manual:
	$(MKDIR_P) '$(MANUAL_DIR)/fivetrex_recipes'
	$(foreach page,$(MANUALS),sed -E $(MANUAL_LINKS) $(HERE)/$(subst :, >'$(MANUAL_DIR)/,$(page))' && \
		chmod 644 '$(MANUAL_DIR)/$(lastword $(subst :, ,$(page)))' &&) true
	$(INSTALL_SCRIPT) $(filter-out %.json,$(RECIPES)) '$(MANUAL_DIR)/fivetrex_recipes'
	$(INSTALL_DATA) $(filter %.json,$(RECIPES)) '$(MANUAL_DIR)/fivetrex_recipes'
uninstall: uninstall-manual
uninstall-manual:
	rm -f $(foreach page,$(MANUALS),'$(MANUAL_DIR)/$(lastword $(subst :, ,$(page)))')
	rm -rf '$(MANUAL_DIR)/fivetrex_recipes'

# The headers of 15 are not those of C23, which new compilers take by default.
ifeq ($(MAJORVERSION),15)
override CFLAGS += -std=gnu17
endif

ifneq ($(SANITIZE),)
override CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
SHLIB_LINK += -fsanitize=$(SANITIZE)
endif

endif
