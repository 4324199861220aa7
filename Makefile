# SPDX-License-Identifier: GPL-2.0
#
# Builds, runs and checks the suite. `make help` lists the targets.

# What a kernel tree needs of the suite, with a Makefile of its own.
ifneq ($(wildcard ../lib.mk ../../lib.mk),)
$(error a checkout is no kselftest: move it out of the kernel tree, and write one with scripts/export-kselftest.sh TREE)
endif

# Characters that make or shells would split paths at.
hash  := \#
open  := (
close := )
comma := ,
odd   := $(hash) $$ % & * : ; < > = ? [ \ ] ` { | } ! ' " $(open) $(close)
odd_in = $(filter-out 1,$(words x$(1)x))$(strip $(foreach c,$(odd),$(findstring $c,$(1))))
refuse = $(error $(1) has characters that are special to make or shells: $(2))
$(if $(call odd_in,$(CURDIR)),$(call refuse,the checkout '$(CURDIR)',move it))
$(if $(call odd_in,$(value OUTPUT)),$(call refuse,OUTPUT '$(value OUTPUT)',set another directory))

override OUTPUT := $(abspath $(or $(OUTPUT),build))
# One job per CPU, unless the caller gave -j.
ifeq ($(MAKELEVEL)$(findstring -j,$(shell echo "$$MAKEFLAGS"))$(filter clean setup,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

CASES    := $(patsubst cases/%.c,%,$(filter-out cases/contract.c,$(wildcard cases/*.c)))
EXTERNAL := $(patsubst cases/external/%.c,%,$(wildcard cases/external/*.c))

# A server has one variant per file variant_NAME.c in its directory; variant.c is the unnamed one.
variants = $(patsubst $(1)-main,$(1),$(patsubst fixtures/servers/$(1)/variant_%.c,$(1)-%,\
	$(patsubst fixtures/servers/$(1)/variant.c,$(1)-main,$(wildcard fixtures/servers/$(1)/variant*.c))))

CFLAGS ?= -O2 -g
FPT_CFLAGS = -std=gnu11 -D_GNU_SOURCE= -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Wall -Wextra -Wno-unused-parameter -Wwrite-strings -Werror=$(DISCARDED_QUALIFIERS) $(WERROR) \
	-MMD -MP -MT '$$(OUTPUT)$(@:$(OUTPUT)%=%)' -iquote . -iquote fixtures $(HEADERS) $(if $(LIBURING),-DHAVE_LIBURING)

# As of the kernel's W=1.
FPT_CFLAGS += -Wmissing-declarations -Wmissing-prototypes -Wold-style-definition -Wstrict-prototypes \
	-Wunused-const-variable

# CC, which all that follows asks, may be another architecture's, or another C library's. As in lib.mk:
# LLVM=1, LLVM=/path/to/ or LLVM=-14, CROSS_COMPILE=aarch64-linux-gnu-.
ifneq ($(LLVM),)
llvm = $(filter %/,$(LLVM))$(1)$(filter -%,$(LLVM))
CC := $(call llvm,clang) $(if $(CROSS_COMPILE),--target=$(notdir $(CROSS_COMPILE:%-=%)))
AR := $(call llvm,llvm-ar)
else ifneq ($(CROSS_COMPILE),)
CC := $(CROSS_COMPILE)gcc
AR := $(CROSS_COMPILE)ar
endif

# Headers hold for all architectures: one OUTPUT's are good for another.
FETCHED := $(firstword $(foreach d,$(OUTPUT) $(CURDIR)/build,$(if $(wildcard $(d)/kselftest/VERSION),$(d))) $(OUTPUT))
# make mounted does with the host's <linux/fuse.h> and a stand-in for a kernel's kselftest headers.
STANDALONE := $(if $(wildcard $(FETCHED)/kselftest/VERSION),,$(filter mounted,$(MAKECMDGOALS)))
HEADERS := $(if $(STANDALONE),-I harness/standalone,-isystem $(FETCHED)/uapi -isystem $(FETCHED)/kselftest)

-include $(OUTPUT)/libfuse.mk
ifneq ($(V),1)
Q := @
msg = @printf '  %-8s%s\n' "$(1)" "$(3:$(OUTPUT)/%=%)";
endif

# yes if CC defines MACRO as 1, if it links STATEMENTS with FLAGS
defines = $(shell echo $(1) | $(CC) -E - 2>/dev/null | grep -qx 1 && echo yes)
links   = $(shell echo 'int main(void) { $(1) }' | $(CC) $(2) -o /dev/null 2>/dev/null && echo yes)

# musl-gcc of a distribution knows none of the kernel's headers; these are linux-libc-dev's.
ifeq ($(call links,,-include linux/types.h -x c -),)
KERNEL_HEADERS := $(OUTPUT)/kernel-headers
HEADERS += -isystem $(KERNEL_HEADERS)
endif

# The warning's name in clang and gcc.
DISCARDED_QUALIFIERS := $(if $(call defines,__clang__),incompatible-pointer-types-discards-qualifiers,discarded-qualifiers)

# Programs and servers start for every case: static linking makes a run a fifth shorter.
STATIC := $(if $(call links,,-static -x c -),-static)

# For clients that use io_uring.
LIBURING := $(if $(call links,return (long)io_uring_queue_init;,$(STATIC) -include liburing.h -x c - -luring),-luring)

# Needs liburing 2.2 and the <linux/fuse.h> of Linux 6.14.
RAW_URING := $(if $(LIBURING),$(call links,return IORING_SETUP_SQE128 & FUSE_IO_URING_CMD_REGISTER;,\
	$(HEADERS) -include liburing.h -include linux/fuse.h -x c -))
RAW_SERVERS := $(filter-out $(if $(RAW_URING),,%-uring),$(call variants,raw))

# raw as a 32-bit program, which many a 64-bit kernel runs, too.
CC32_OF_x86_64 := '$(CC) -m32' i686-linux-gnu-gcc
CC32_OF_aarch64 := arm-linux-gnueabihf-gcc
CC32 := $(shell for cc in $(CC32_OF_$(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))); do \
	echo 'int main(void) { return 0; }' | $$cc $(STATIC) -include stdio.h -x c - -o /dev/null 2>/dev/null && echo "$$cc" && break; done)

# libfuse.mk may be of a libfuse for another target. The linker warns of libfuse's dlopen() and libnuma's
# getaddrinfo(), which are not called.
ifneq ($(LIBFUSE_VERSION),)
links_libfuse = $(call links,int fuse_session_loop_mt(void); return fuse_session_loop_mt();,$(1) -x c - -x none $(LIBFUSE_LIBS))
LIBFUSE_STATIC := $(if $(STATIC),$(if $(call links_libfuse,-static -Wl$(comma)--no-warnings),-static -Wl$(comma)--no-warnings))
ifneq ($(or $(LIBFUSE_STATIC),$(call links_libfuse)),)
LIBFUSE_SERVERS := $(filter-out $(if $(LIBFUSE_URING),,%-uring),$(call variants,libfuse))
else
LIBFUSE_WHY := $(CC) cannot link libfuse $(LIBFUSE_VERSION)
endif
endif

SERVERS := $(RAW_SERVERS) $(if $(CC32),raw32) $(LIBFUSE_SERVERS)

# What this build lacks, and why; run.sh says it of servers.
lacks = $(if $(filter $(1),$(SERVERS)),,$(1): $(2))
NO_LIBFUSE := $(or $(LIBFUSE_WHY),no libfuse for $(CC))
define LEFT_OUT
$(call lacks,libfuse,$(NO_LIBFUSE))
$(call lacks,libfuse-mt,$(NO_LIBFUSE))
$(call lacks,libfuse-uring,$(if $(LIBFUSE_SERVERS),$(LIBFUSE_URING_WHY),$(NO_LIBFUSE)))
$(call lacks,raw32,no compiler of 32-bit programs for $(CC): gcc -m32, i686-linux-gnu-gcc)
$(call lacks,raw-uring,no liburing 2.2 or headers of Linux 6.14 for $(CC))
$(if $(LIBURING),,io_uring in clients: no liburing for $(CC))
endef

# Programs of scripts/vm.sh.
VM := init monitor $(if $(call defines,__x86_64__),tsc)

.DEFAULT_GOAL := all

objs  = $(patsubst %.c,$(OUTPUT)/obj/%.o,$(1))
room_objs = $(call objs,$(filter-out $(1)/variant% $(1)/main_%,$(wildcard $(1)/*.c)))
rooms = $(foreach room,$(1),$(OUTPUT)/lib/$(room).a)

# The linker takes from these archives what a room needs.
FIXTURES := fixtures/explorer fixtures/model fixtures/world fixtures/client fixtures/shared harness
SERVING  := fixtures/servers/common fixtures/backing_id fixtures/shared
link = $(CC) $(LDFLAGS) $(1) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

.SECONDEXPANSION:

HEADERS_READY := $(if $(STANDALONE),,$(FETCHED)/kselftest/VERSION) $(addsuffix /asm,$(KERNEL_HEADERS))

# Files that root (sudo) builds are given to the owner of the directory.
OWNER := $(if $(filter 0,$(shell id -u)),$(filter-out 0:%,$(shell stat -c %u:%g $(dir $(OUTPUT)) 2>/dev/null)))

MOUNTED := $(addprefix $(OUTPUT)/external/,$(EXTERNAL)) $(OUTPUT)/trial $(OUTPUT)/contain
give_back = $(if $(OWNER),@find $(OUTPUT) -xdev -uid 0 -exec chown -h $(OWNER) {} +)

all: $(addprefix $(OUTPUT)/cases/,$(CASES)) $(addprefix $(OUTPUT)/servers/,$(SERVERS)) $(MOUNTED) \
	$(OUTPUT)/explore $(OUTPUT)/probe $(OUTPUT)/programs/idle $(addprefix $(OUTPUT)/vm/,$(VM))
	$(file >$(OUTPUT)/left-out,$(LEFT_OUT))
	@sed -i '/^$$/d' $(OUTPUT)/left-out && sed 's/^/left out: /' $(OUTPUT)/left-out
	$(give_back)

mounted: $(MOUNTED)
	$(give_back)

help:
	@echo "make setup              install tools, fetch headers, build libfuse"
	@echo "make                    build the suite in $(OUTPUT)"
	@echo "                        [CC=, LLVM=, CROSS_COMPILE= for another target, OUTPUT= for its directory]"
	@echo "make mounted            build only what scripts/run.sh --mount needs, without libfuse and kernel source"
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
	rm -rf $(addprefix $(OUTPUT)/,obj lib 32 cases external servers programs tests faulty vm man kernel-headers contain explore trial probe bench-cycle left-out)

include tests.mk

.PHONY: all mounted help hooks setup run_tests results vm matrix list contract bench install man version clean

# Headers that come after make mounted are newer than what it has built without them.
$(OUTPUT)/obj/%.o: %.c $(HEADERS_READY)
	@mkdir -p $(@D)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(FPT_CFLAGS) -c $< -o $@

# The backing-id library as compiled on another system, for the test of that.
$(OUTPUT)/obj/fixtures/backing_id/non_linux.o: fixtures/backing_id/backing_id.c
	@mkdir -p $(@D)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(FPT_CFLAGS) -U__linux__ $(foreach f,create value drop strerror,\
		-Dbacking_id_$(f)=non_linux_backing_id_$(f)) -c $< -o $@

$(FETCHED)/kselftest/VERSION:
	@echo "no kselftest headers: run scripts/setup.sh" >&2; exit 1

$(OUTPUT)/kernel-headers/asm:
	@mkdir -p $(@D)
	ln -sfn /usr/include/linux /usr/include/asm-generic $(@D)
	ln -sfn $(firstword $(wildcard /usr/include/$(shell $(CC) -print-multiarch)/asm /usr/include/asm)) $@

$(OUTPUT)/lib/%.a: $$(call room_objs,$$*)
	@mkdir -p $(@D)
	$(call msg,AR,,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUTPUT)/cases/%: $(OUTPUT)/obj/cases/%.o $(call objs,cases/contract.c) $(call rooms,$(FIXTURES))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

$(OUTPUT)/external/%: $(OUTPUT)/obj/cases/external/%.o $(call objs,cases/contract.c) \
		$(call rooms,fixtures/external $(FIXTURES))
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

$(OUTPUT)/trial: $(call objs,fixtures/external/main_trial.c cases/contract.c) $(call rooms,fixtures/external $(FIXTURES))
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBURING) -o $@

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
$(OUTPUT)/servers/libfuse-uring: LDFLAGS += -Wl,--wrap=__io_uring_get_cqe
$(addprefix $(OUTPUT)/servers/,$(RAW_SERVERS)): $(OUTPUT)/servers/raw%: \
		$(OUTPUT)/obj/fixtures/servers/raw/variant$$(subst -,_,$$*).o \
		$(call rooms,fixtures/servers/raw $(SERVING)) $(call objs,fixtures/backing_id/non_linux.c)
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(STATIC)) $(LIBS) -pthread -o $@

$(OUTPUT)/servers/raw32: $(OUTPUT)/servers/raw
	$(Q)$(MAKE) --no-print-directory CC='$(CC32)' HEADERS='$(HEADERS)' HEADERS_READY= OUTPUT=$(OUTPUT)/32 $(OUTPUT)/32/servers/raw
	$(Q)cp $(OUTPUT)/32/servers/raw $@

$(OUTPUT)/obj/fixtures/servers/libfuse/%.o $(OUTPUT)/obj/fixtures/layer_fs/%.o: FPT_CFLAGS += $(LIBFUSE_CFLAGS)
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
