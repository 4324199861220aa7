# SPDX-License-Identifier: GPL-2.0
#
# Builds, runs and checks the suite. `make help` lists the targets.

# Below tools/testing/selftests of a kernel tree this is a kselftest.
LIB_MK := $(firstword $(wildcard ../lib.mk ../../lib.mk))
ifneq ($(LIB_MK),)
IN_TREE := 1
endif

# Characters that make or shells would split paths at.
hash  := \#
open  := (
close := )
odd   := $(hash) $$ % & * : ; < > = ? [ \ ] ` { | } ! ' " $(open) $(close)
odd_in = $(filter-out 1,$(words x$(1)x))$(strip $(foreach c,$(odd),$(findstring $c,$(1))))
refuse = $(error $(1) has characters that are special to make or shells: $(2))
$(if $(call odd_in,$(CURDIR)),$(call refuse,the checkout '$(CURDIR)',move it))
$(if $(call odd_in,$(value OUTPUT)),$(call refuse,OUTPUT '$(value OUTPUT)',set another directory))

ifdef IN_TREE
OUTPUT ?= $(CURDIR)
else
override OUTPUT := $(abspath $(or $(OUTPUT),build))
# One job per CPU, unless the caller gave -j.
ifeq ($(MAKELEVEL)$(findstring -j,$(shell echo "$$MAKEFLAGS"))$(filter clean setup,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
endif

CASES    := $(patsubst cases/%.c,%,$(filter-out cases/contract.c,$(wildcard cases/*.c)))
EXTERNAL := $(patsubst cases/external/%.c,%,$(wildcard cases/external/*.c))

# A server has one variant per file variant_NAME.c in its directory; variant.c is the unnamed one.
variants = $(patsubst $(1)-main,$(1),$(patsubst fixtures/servers/$(1)/variant_%.c,$(1)-%,\
	$(patsubst fixtures/servers/$(1)/variant.c,$(1)-main,$(wildcard fixtures/servers/$(1)/variant*.c))))

CFLAGS ?= -O2 -g
FPT_CFLAGS = -std=gnu11 -D_GNU_SOURCE= -Wall -Wextra -Wno-unused-parameter -Wwrite-strings -Werror=$(DISCARDED_QUALIFIERS) $(WERROR) -MMD -MP \
	-iquote . -iquote fixtures $(HEADERS) $(if $(LIBURING),-DHAVE_LIBURING)

# The warning's name in clang and gcc.
DISCARDED_QUALIFIERS := $(if $(shell echo __clang__ | $(CC) -E - | grep -x 1),incompatible-pointer-types-discards-qualifiers,discarded-qualifiers)

# For clients that use io_uring.
LIBURING := $(shell echo 'int main(void) { return io_uring_queue_init(1, 0, 0); }' | \
	$(CC) -include liburing.h -x c - -o /dev/null -luring 2>/dev/null && echo -luring)

ifdef IN_TREE
TEST_GEN_PROGS := $(addprefix cases/,$(CASES))
TEST_GEN_FILES := servers/raw programs/idle
EXTRA_CLEAN := $(OUTPUT)/obj $(OUTPUT)/lib $(OUTPUT)/servers/raw-uring
OVERRIDE_TARGETS := 1
include $(LIB_MK)
HEADERS = $(KHDR_INCLUDES) -I$(selfdir) # missing in lib.mk of older trees
else
HEADERS = -isystem $(OUTPUT)/uapi -isystem $(OUTPUT)/kselftest
-include $(OUTPUT)/libfuse.mk
# Programs and servers start for every case: static linking makes a run a fifth shorter.
STATIC := $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -static -x c - -o /dev/null 2>/dev/null && echo -static)
ifneq ($(V),1)
Q := @
msg = @printf '  %-8s%s\n' "$(1)" "$(3:$(OUTPUT)/%=%)";
endif
endif

ifneq ($(LIBFUSE_VERSION),)
LIBFUSE_SERVERS := $(filter-out $(if $(LIBFUSE_URING),,%-uring),$(call variants,libfuse))
# The linker warns of libfuse's dlopen() and libnuma's getaddrinfo(), which are not called.
LIBFUSE_STATIC := $(if $(STATIC),$(shell \
	echo 'int fuse_session_loop_mt(void); int main(void) { return fuse_session_loop_mt(); }' | \
	$(CC) -static -Wl,--no-warnings -x c - -x none $(LIBFUSE_LIBS) -o /dev/null 2>/dev/null && \
	echo -static -Wl,--no-warnings))
endif

# Needs liburing 2.2 and the <linux/fuse.h> of Linux 6.14.
RAW_URING := $(shell echo 'int main(void) { return IORING_SETUP_SQE128 & FUSE_IO_URING_CMD_REGISTER; }' | \
	$(CC) $(HEADERS) $(STATIC) -include liburing.h -include linux/fuse.h -x c - -o /dev/null \
		-luring 2>/dev/null && echo yes)
RAW_SERVERS := $(filter-out $(if $(RAW_URING),,%-uring),$(call variants,raw))
SERVERS := $(RAW_SERVERS) $(LIBFUSE_SERVERS)
ifdef IN_TREE
TEST_GEN_FILES += $(addprefix $(OUTPUT)/servers/,$(filter %-uring,$(RAW_SERVERS)))
all: $(TEST_GEN_FILES)
endif

# Programs of scripts/vm.sh, which runs x86-64 kernels.
VM := $(if $(shell echo __x86_64__ | $(CC) -E - | grep -x 1),init monitor tsc)

.DEFAULT_GOAL := all

objs  = $(patsubst %.c,$(OUTPUT)/obj/%.o,$(1))
room_objs = $(call objs,$(filter-out $(1)/variant% $(1)/main_%,$(wildcard $(1)/*.c)))
rooms = $(foreach room,$(1),$(OUTPUT)/lib/$(room).a)

# The linker takes from these archives what a room needs.
FIXTURES := fixtures/explorer fixtures/model fixtures/external fixtures/world fixtures/client fixtures/shared harness
SERVING  := fixtures/servers/common fixtures/backing_id fixtures/shared
link = $(CC) $(LDFLAGS) $(1) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

.SECONDEXPANSION:

ifdef IN_TREE
HEADERS_READY :=
else
HEADERS_READY := $(OUTPUT)/kselftest/VERSION

# Files that root (sudo) builds are given to the owner of the directory.
OWNER := $(if $(filter 0,$(shell id -u)),$(filter-out 0:%,$(shell stat -c %u:%g $(dir $(OUTPUT)) 2>/dev/null)))

all: $(addprefix $(OUTPUT)/cases/,$(CASES)) $(addprefix $(OUTPUT)/external/,$(EXTERNAL)) \
	$(addprefix $(OUTPUT)/servers/,$(SERVERS)) \
	$(OUTPUT)/contain $(OUTPUT)/explore $(OUTPUT)/probe $(OUTPUT)/programs/idle $(addprefix $(OUTPUT)/vm/,$(VM))
	$(if $(OWNER),@find $(OUTPUT) -xdev -uid 0 -exec chown -h $(OWNER) {} +)

help:
	@echo "make setup              install tools, fetch headers, build libfuse"
	@echo "make                    build the suite in $(OUTPUT)"
	@echo "make run_tests          run it: [SERVER=./my-server] [ARGS='scripts/run.sh options']"
	@echo "make results            the same, and write the results to results/ in the checkout"
	@echo "make vm KERNEL=6.12     run it in a virtual machine with a Debian kernel"
	@echo "make matrix             run it with many kernels and servers"
	@echo "make list               list the cases: name, promise, since, needs, abilities, title, level"
	@echo "make contract           the promises and the cases that test them, as Markdown"
	@echo "make check              run the project's own tests: [TESTS='some of them']"
	@echo "make bench              compare the duration of a case with a bare mount cycle"
	@echo "make install            copy programs and servers to INSTALL_PATH="
	@echo "make man                make man pages of the commands: man -M $(OUTPUT)/man run.sh"
	@echo "make version            print the suite's version"
	@echo "make clean              remove the build, but not what setup fetched"
	@echo "make hooks              install scripts/pre-commit: format and lint of what is staged"

setup:
	scripts/setup.sh

run_tests: all
	@OUTPUT=$(OUTPUT) scripts/run.sh $(addprefix --server=,$(SERVER)) $(ARGS)

results: all
	@OUTPUT=$(OUTPUT) scripts/run.sh --results results $(addprefix --server=,$(SERVER)) $(ARGS)

vm: all
	$(if $(KERNEL),,$(error set KERNEL, such as KERNEL=6.12; scripts/vm.sh --help has other kernels))
	@OUTPUT=$(OUTPUT) scripts/vm.sh --debian $(KERNEL) $(addprefix --server=,$(SERVER)) $(ARGS)

matrix: all
	@OUTPUT=$(OUTPUT) scripts/matrix.sh $(ARGS)

list: all
	@OUTPUT=$(OUTPUT) scripts/run.sh --list

contract: all
	@OUTPUT=$(OUTPUT) scripts/contract.sh

bench: all $(OUTPUT)/bench-cycle
	@OUTPUT=$(OUTPUT) scripts/bench.sh

install: all
	$(if $(INSTALL_PATH),,$(error set INSTALL_PATH))
	$(if $(call odd_in,$(INSTALL_PATH)),$(call refuse,INSTALL_PATH '$(INSTALL_PATH)',set another directory))
	mkdir -p $(INSTALL_PATH)
	cp -p $(addprefix $(OUTPUT)/cases/,$(CASES)) $(addprefix $(OUTPUT)/servers/,$(SERVERS)) \
		$(OUTPUT)/programs/idle $(INSTALL_PATH)

man: $(patsubst scripts/%,$(OUTPUT)/man/man1/%.1,$(wildcard scripts/*.sh))

$(OUTPUT)/man/man1/%.1: scripts/% scripts/lib/man.sh $(wildcard scripts/lib/man*.sed) VERSION
	@mkdir -p $(@D)
	$(call msg,MAN,,$@)
	$(Q)scripts/lib/man.sh $< >$@.new && mv $@.new $@

version:
	@scripts/check.sh --version

hooks:
	ln -sf "$(CURDIR)/scripts/pre-commit" "$$(git rev-parse --git-path hooks)/pre-commit"

clean:
	rm -rf $(addprefix $(OUTPUT)/,obj lib cases external servers programs tests faulty vm man contain explore probe bench-cycle)

include tests.mk

.PHONY: all help hooks setup run_tests results vm matrix list contract bench install man version clean
endif

$(OUTPUT)/obj/%.o: %.c | $(HEADERS_READY)
	@mkdir -p $(@D)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(FPT_CFLAGS) -c $< -o $@

# The backing-id library as compiled on another system, for the test of that.
$(OUTPUT)/obj/fixtures/backing_id/non_linux.o: fixtures/backing_id/backing_id.c
	@mkdir -p $(@D)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(FPT_CFLAGS) -U__linux__ $(foreach f,create value drop strerror,\
		-Dbacking_id_$(f)=non_linux_backing_id_$(f)) -c $< -o $@

$(OUTPUT)/kselftest/VERSION:
	@echo "no kselftest headers: run scripts/setup.sh" >&2; exit 1

$(OUTPUT)/lib/%.a: $$(call room_objs,$$*)
	@mkdir -p $(@D)
	$(call msg,AR,,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUTPUT)/cases/%: $(OUTPUT)/obj/cases/%.o $(call objs,cases/contract.c) $(call rooms,$(FIXTURES))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

$(OUTPUT)/external/%: $(OUTPUT)/obj/cases/external/%.o $(call objs,cases/contract.c) $(call rooms,$(FIXTURES))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

$(OUTPUT)/probe: $(call objs,$(wildcard fixtures/probe/*.c) cases/contract.c) $(call rooms,$(FIXTURES))
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

$(OUTPUT)/explore: $(call objs,fixtures/explorer/main_explore.c cases/contract.c) $(call rooms,$(FIXTURES))
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

$(OUTPUT)/contain: $(call objs,fixtures/programs/contain.c) $(call rooms,$(FIXTURES))
	$(call msg,LINK,,$@)
	$(Q)$(call link) -o $@

$(OUTPUT)/programs/idle: $(call objs,fixtures/programs/idle.c)
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) -o $@

$(OUTPUT)/vm/%: $(OUTPUT)/obj/scripts/vm/guest/main_%.o $(call rooms,scripts/vm/guest)
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) -o $@

$(OUTPUT)/bench-cycle: $(call objs,scripts/lib/bench_cycle.c)
	$(call msg,LINK,,$@)
	$(Q)$(call link) -o $@

$(OUTPUT)/servers/raw-uring: LIBS := -luring
$(addprefix $(OUTPUT)/servers/,$(RAW_SERVERS)): $(OUTPUT)/servers/raw%: \
		$(OUTPUT)/obj/fixtures/servers/raw/variant$$(subst -,_,$$*).o \
		$(call rooms,fixtures/servers/raw $(SERVING)) $(call objs,fixtures/backing_id/non_linux.c)
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBS) -pthread -o $@

$(OUTPUT)/obj/fixtures/servers/libfuse/%.o: FPT_CFLAGS += $(LIBFUSE_CFLAGS)
$(addprefix $(OUTPUT)/servers/,$(LIBFUSE_SERVERS)): $(OUTPUT)/servers/libfuse%: \
		$(OUTPUT)/obj/fixtures/servers/libfuse/variant$$(subst -,_,$$*).o \
		$(call rooms,fixtures/servers/libfuse $(SERVING)) $(OUTPUT)/libfuse.mk \
		$(addsuffix /lib/libfuse3.a,$(LIBFUSE_DIR))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $(LIBFUSE_STATIC) $< -Wl,--start-group $(filter $(OUTPUT)/lib/%,$^) -Wl,--end-group \
		$(LIBFUSE_LIBS) -o $@

-include $(shell find $(OUTPUT)/obj -name '*.d' 2>/dev/null)

.SECONDARY:
