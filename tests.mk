# SPDX-License-Identifier: GPL-2.0
#
# The project's own tests in C: which objects each stands on, and which functions of
# libc it watches.  make check runs them with the scripts in the folders tests/.

channel_test_OBJS     := fixtures/channel fixtures/tests/channel_test
channel_test_WRAPS    := close malloc free
backing_id_test_OBJS  := fixtures/channel fixtures/backing_id fixtures/tests/backing_id_test
backing_id_test_WRAPS := ioctl close malloc free
control_test_OBJS     := fixtures/servers/control harness/errname fixtures/tests/control_test
opens_test_OBJS       := $(addprefix fixtures/servers/,opens plan control ops toyfs) harness/errname \
			 fixtures/tests/opens_test
ops_test_OBJS         := fixtures/servers/ops fixtures/servers/op_name fixtures/tests/ops_test
plan_test_OBJS        := fixtures/servers/plan fixtures/servers/control harness/errname \
			 fixtures/tests/plan_test
intake_test_OBJS       := $(addprefix fixtures/servers/,intake ops op_name) fixtures/tests/intake_test
transfer_test_OBJS     := $(addprefix fixtures/,client contract fail_nth failing pattern sabotage steps transfer) \
			 $(addprefix harness/,case_info contract errname journal record since) fixtures/tests/transfer_test
raw_init_test_OBJS    := $(addprefix fixtures/servers/,raw_init wire) fixtures/sabotage harness/errname \
			 fixtures/tests/raw_init_test
toyfs_test_OBJS       := fixtures/servers/toyfs fixtures/tests/toyfs_test
last_resort_test_OBJS := harness/last_resort harness/tests/last_resort_test
units_OBJS            := $(addprefix harness/,$(HARNESS)) harness/tests/units

C_TESTS := channel_test backing_id_test control_test intake_test last_resort_test opens_test ops_test plan_test \
	raw_init_test toyfs_test transfer_test units

# No tests by themselves: harness/tests/demo.sh, scripts/tests/kill.sh, faults.sh, mount.sh and vm-boots.sh run them.
faulty_OBJS           := fixtures/tests/faulty
demo_OBJS             := $(addprefix harness/,$(HARNESS)) harness/tests/demo
kill_one_OBJS         := scripts/tests/kill_one
dies_OBJS             := $(addprefix harness/,$(HARNESS)) scripts/tests/dies
dies_LDFLAGS          := $(STATIC)
lingers_OBJS          := $(addprefix harness/,$(HARNESS)) scripts/tests/lingers
lingers_LDFLAGS       := $(STATIC)
meets_OBJS            := $(addprefix harness/,$(HARNESS)) scripts/tests/meets
meets_LDFLAGS         := $(STATIC)
pass_fs_OBJS          := scripts/tests/pass_fs

SH_TESTS := $(wildcard harness/tests/*.sh fixtures/tests/*.sh scripts/tests/*.sh)

.SECONDEXPANSION:
$(OUTPUT)/tests/%: $$(call objs,$$(%_OBJS))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $($*_LDFLAGS) $^ $(foreach f,$($*_WRAPS),-Wl,--wrap=$(f)) $(LIBURING) -pthread -o $@

# Servers on a libfuse with one mistake each: scripts/tests/libfuse-mistakes.sh has them made where
# scripts/libfuse.sh built that libfuse, of $(LIBFUSE_TREE), and a server without a mistake.
of_mistake = $(shell sed -n 's,^// $(2): *,,p' scripts/tests/libfuse-mistakes/$(1).cocci)

$(OUTPUT)/mistakes/%.c: scripts/tests/libfuse-mistakes/%.cocci scripts/tests/libfuse-mistakes/macros.h \
		$$(LIBFUSE_TREE)/lib/$$(call of_mistake,$$*,file)
	@mkdir -p $(@D)
	$(call msg,SPATCH,,$@)
	$(Q)rm -f $@ $(basename $@)
	$(Q)spatch --very-quiet --macro-file $(word 2,$^) --sp-file $< $(word 3,$^) -o $@ >$@.said 2>&1 || \
		{ cat $@.said; echo "$<: cannot be applied to $(word 3,$^)"; exit 1; } >&2

$(OUTPUT)/mistakes/%.o: $(OUTPUT)/mistakes/%.c $(OUTPUT)/meson/compile_commands.json
	$(call msg,CC,,$@)
	$(Q)cd $(OUTPUT)/meson && eval "$$(jq -r --arg file /lib/$(call of_mistake,$*,file) \
		'.[] | select(.file | endswith($$file)).command | sub(" -MD .*"; "")' compile_commands.json)" -O0 -g0 -w -o $@ -c $<

# What is in the .o is not taken from the library.
$(OUTPUT)/mistakes/%: $(OUTPUT)/mistakes/%.o $(LIBFUSE_OBJS) $(SERVING_OBJS) $(filter %.a,$(LIBFUSE_LIBS)) \
		$$(call objs,fixtures/servers/$$(subst -,_,$$(call of_mistake,$$*,server)))
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $(LIBFUSE_STATIC) $(filter %.o,$^) $(LIBFUSE_LIBS) -o $@

check: all $(addprefix $(OUTPUT)/tests/,$(C_TESTS) demo dies faulty kill_one lingers meets pass_fs)
	@OUTPUT=$(OUTPUT) CC="$(CC)" scripts/check.sh \
		$(or $(TESTS),$(addprefix $(OUTPUT)/tests/,$(C_TESTS)) $(SH_TESTS))

.PHONY: check
