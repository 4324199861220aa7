# SPDX-License-Identifier: GPL-2.0
#
# The project's own tests, run by make check: each *_test.c and each .sh in a folder tests/.

TESTS_C  := $(wildcard harness/tests/*.c fixtures/tests/*.c scripts/tests/*.c)
C_TESTS  := $(basename $(notdir $(filter %_test.c,$(TESTS_C))))
SH_TESTS := $(wildcard harness/tests/*.sh fixtures/tests/*.sh scripts/tests/*.sh)

# Not tests themselves; scripts run them.
TEST_PROGRAMS := demo demo_standalone crash_cases faulty kill_one parallel_panic pass_fs stuck_cases

test_obj = $(call objs,$(filter %/$(1).c,$(TESTS_C)))

# libc functions that a test wraps. ioctl() has another name, too, where _TIME_BITS changes a type.
wrap = -Wl,--wrap=$(1) $(if $(filter ioctl,$(1)),-Wl$(comma)--wrap=__ioctl_time64$(comma)--defsym=__wrap___ioctl_time64=__wrap_ioctl)
channel_test_WRAPS    := close malloc free
backing_id_test_WRAPS := ioctl close malloc free

# A test that replaces the suite links its own contract; others link the real one.
units_test_OBJS := $(call objs,harness/tests/plain_suite.c)
demo_OBJS       := $(units_test_OBJS)
needs_test_OBJS := $(call objs,cases/contract.c)
transfer_test_OBJS := $(needs_test_OBJS)
requests_alike_test_OBJS := $(needs_test_OBJS)

# The same cases with the stand-in for the kernel's kselftest headers.
demo_standalone_OBJS := $(OUTPUT)/obj/harness/tests/demo_standalone.o $(demo_OBJS)
$(OUTPUT)/obj/harness/tests/demo_standalone.o: HEADERS = -I harness/standalone
$(OUTPUT)/obj/harness/tests/demo_standalone.o: harness/tests/demo.c
	@mkdir -p $(@D)
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) $(FPT_CFLAGS) -c $< -o $@

# These run in a virtual machine without shared libraries.
$(addprefix $(OUTPUT)/tests/,crash_cases stuck_cases parallel_panic): LINK_STATIC := $(STATIC)

$(OUTPUT)/tests/%: $$(call test_obj,$$*) $$($$*_OBJS) \
		$(call rooms,$(FIXTURES) fixtures/servers/raw fixtures/servers/common fixtures/backing_id)
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(LINK_STATIC)) $(foreach f,$($*_WRAPS),$(call wrap,$(f))) $(LIBURING) -pthread -o $@

# A small file system with the mistakes of real ones, see fixtures/layer_fs.
LAYER_FS := $(if $(LIBFUSE_VERSION),$(OUTPUT)/tests/layer_fs)

$(OUTPUT)/tests/layer_fs: $(call objs,fixtures/layer_fs/main_layer_fs.c) $(call rooms,fixtures/layer_fs) \
		$(OUTPUT)/libfuse.mk $(addsuffix /lib/libfuse3.a,$(LIBFUSE_DIR))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $(LIBFUSE_STATIC) $(filter $(OUTPUT)/obj/% $(OUTPUT)/lib/%,$^) $(LIBFUSE_LIBS) -o $@

# Servers whose system calls go through deliberate faults, see fixtures/servers/faults.c.
FAULTY := $(addprefix $(OUTPUT)/faulty/,raw $(filter libfuse,$(LIBFUSE_SERVERS)))
WRAPS  := $(foreach f,ioctl ia32_ioctl read write writev,$(call wrap,$(f)))

$(FAULTY): $(OUTPUT)/faulty/%: $(OUTPUT)/servers/% $(OUTPUT)/obj/fixtures/servers/%/variant.o \
		$(call objs,fixtures/servers/faults.c fixtures/backing_id/non_linux.c) \
		$(call rooms,fixtures/servers/$$* $(SERVING))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(call link,$(if $(filter libfuse,$*),$(LIBFUSE_STATIC),$(STATIC))) $(WRAPS) \
		$(if $(filter libfuse,$*),$(LIBFUSE_LIBS)) -pthread -o $@

faulty: $(FAULTY)

# Servers on a libfuse with one mutation each, for scripts/tests/libfuse-mutations.sh. OUTPUT is where
# scripts/libfuse.sh built libfuse and a server from $(LIBFUSE_TREE) without a mutation.
mutation_header = $(shell sed -n 's,^// $(2): *,,p' scripts/tests/libfuse-mutations/$(1).cocci)
mutation_variant = $(call objs,fixtures/servers/libfuse/variant$(patsubst libfuse%,%,$(subst -,_,\
	$(call mutation_header,$(1),server))).c)

$(OUTPUT)/mutations/%.c: scripts/tests/libfuse-mutations/%.cocci scripts/tests/libfuse-mutations/macros.h \
		$$(LIBFUSE_TREE)/lib/$$(call mutation_header,$$*,file)
	@mkdir -p $(@D)
	$(call msg,SPATCH,,$@)
	$(Q)rm -f $@ $(basename $@)
	$(Q)spatch --very-quiet --macro-file $(word 2,$^) --sp-file $< $(word 3,$^) -o $@ >$@.log 2>&1 || \
		{ cat $@.log; echo "$<: cannot be applied to $(word 3,$^)"; exit 1; } >&2

$(OUTPUT)/mutations/%.o: $(OUTPUT)/mutations/%.c $(OUTPUT)/meson/compile_commands.json
	$(call msg,CC,,$@)
	$(Q)cd $(OUTPUT)/meson && eval "$$(python3 -c 'import json, sys; \
		print(*(unit["command"].partition(" -MD ")[0] for unit in json.load(sys.stdin) if unit["file"].endswith(sys.argv[1])))' \
		/lib/$(call mutation_header,$*,file) <compile_commands.json)" -O0 -g0 -w -o $@ -c $<

# The linker prefers the .o to the same file in the library.
$(OUTPUT)/mutations/%: $(OUTPUT)/mutations/%.o $(call rooms,fixtures/servers/libfuse $(SERVING)) \
		$$(call mutation_variant,$$*)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $(LIBFUSE_STATIC) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBFUSE_LIBS) -o $@

check: all $(addprefix $(OUTPUT)/tests/,$(C_TESTS) $(TEST_PROGRAMS)) $(FAULTY) $(LAYER_FS)
	@OUTPUT=$(OUTPUT) CC="$(CC)" scripts/check.sh \
		$(or $(TESTS),$(addprefix $(OUTPUT)/tests/,$(C_TESTS)) $(SH_TESTS))

.PHONY: check faulty
