#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the project's own tests, programs that print TAP; make check builds and selects them.
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
cd "$checkout"
export OUTPUT=${OUTPUT:-$PWD/build}
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS # make in a test is no part of a make that called this

case ${1-} in
--help | '')
	echo "usage: scripts/check.sh TEST..."
	echo "Runs tests that print TAP and counts results; 'make check' runs all tests."
	[ $# -gt 0 ]
	exit
	;;
-*)
	echo "check.sh: unknown option $1, see --help" >&2
	exit 1
	;;
esac

# In a chroot / is no mount point, and unshare(1), which tests use, fails. So chroot to a bind mount
# of /, below /sys, which can be made private.
if [ -z "${FPT_ROOT_IS_MOUNT-}" ] && [ "$(id -u)" -eq 0 ] && ! unshare --mount true 2>/dev/null; then
	export FPT_ROOT_IS_MOUNT=1
	# shellcheck disable=SC2016 # expands there
	exec unshare --mount --propagation unchanged sh -euc '
		root=/sys/fs/fuse/connections
		mount --make-rprivate /sys
		mount --rbind / $root
		exec chroot $root sh -c "cd \"\$0\" && exec \"\$@\"" "$PWD" "$@"
	' - scripts/check.sh "$@"
fi

# TAP::Harness, which prove(1) is made of, counts; this prints the counts. A second process, told of
# each begin and end, prints every five seconds which test is running. Comments on a failure stand
# behind its line if a shell test has them, and before it in a program of kselftest_harness.h.
run=(perl)
[ ! -x "$OUTPUT/contain" ] || run=("$OUTPUT/contain" --no-namespace perl) # resets signals, mask and limits
# shellcheck disable=SC2016 # perl's
exec "${run[@]}" -MTAP::Harness -MIO::Handle -e '
	sub print_running_test {
		my $from = shift;
		my ($events, $test, $begun, $done, $shown) = ("", "", time, 0, time);
		while (1) {
			vec(my $ready = "", fileno($from), 1) = 1;
			my $left = $shown + 5 - time;
			if ($left > 0 && select($ready, undef, undef, $left) > 0) {
				sysread($from, $events, 4096, length $events) or return;
				while ($events =~ s/^(.*)\n//) {
					$done++;
					($test, $begun, $shown, $done) = ($1, time, time, 0) if $1;
				}
			} elsif ($shown + 5 <= time) {
				printf STDERR "check.sh: %s: %d s, %d done\n", $test, time - $begun, $done if $test;
				$shown = time;
			}
		}
	}

	pipe(my $from, my $to) or die "pipe: $!";
	$to->autoflush;
	unless (fork // die "fork: $!") {
		close $to;
		print_running_test($from);
		exit;
	}
	my $harness = TAP::Harness->new({ exec => [], color => 0 });
	$harness->callback(made_parser => sub {
		my ($parser, $test) = @_;
		print $to "$test->[1]\n";
		my ($failed, @comments);
		$parser->callback(comment => sub {
			push @comments, shift->as_string . "\n";
			print splice @comments if $failed;
		});
		$parser->callback(test => sub {
			print $to "\n";
			$failed = !$_[0]->is_ok;
			print "\n", @comments, "$test->[1]: ", $_[0]->as_string, "\n" if $failed;
			@comments = ();
		});
	});
	my $all = $harness->runtests(@ARGV);
	my @died = $all->exit; # any exit status
	my $failed = $all->failed + @died + $all->parse_errors;
	my $whole = grep { $_->skip_all } $all->parsers; # completely skipped tests
	close $to;
	wait;
	printf "%d passed, %d failed, %d skipped\n",
		$all->passed - $all->skipped, $failed, $all->skipped + $whole;
	exit !!$failed;
' "$@" </dev/null
