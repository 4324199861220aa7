# SPDX-License-Identifier: GPL-2.0
#
# The project's own tests in C: which objects each stands on, and which functions of
# libc it watches.  make check runs them with the scripts in the folders tests/.

channel_test_OBJS     := fixtures/channel fixtures/tests/channel_test
channel_test_WRAPS    := close malloc free
backing_id_test_OBJS  := fixtures/channel fixtures/backing_id fixtures/tests/backing_id_test
backing_id_test_WRAPS := ioctl close malloc free

# No test by itself: scripts/tests/kill.sh runs it.
kill_one_OBJS         := scripts/tests/kill_one

C_TESTS := $(patsubst %_OBJS,%,$(filter %_test_OBJS,$(.VARIABLES)))

.SECONDEXPANSION:
$(OUTPUT)/tests/%: $$(call objs,$$(%_OBJS))
	@mkdir -p $(@D)
	$(call msg,LINK,,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(foreach f,$($*_WRAPS),-Wl,--wrap=$(f)) -pthread -o $@

check: all $(addprefix $(OUTPUT)/tests/,$(C_TESTS) kill_one)
	OUTPUT=$(OUTPUT) CC="$(CC)" scripts/check.sh $(TESTS)

.PHONY: check
