# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of the commands of scripts/ in bash, for ~/.bashrc or the command line:
#
#	. scripts/completion.bash
#
# Options are those of --help; servers, cases and promises those that are built.

_fpt_scripts=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
declare -gA _fpt_options=() # by command: lines of option and, if it has one, its value
_fpt_names='' _fpt_names_of=''

# _fpt_read_options COMMAND: from the synopsis, the tables, and what extends a table's option (--kcidb-origin).
_fpt_read_options()
{
	local help option word words
	local -A found=([--help]='' [--version]='')

	[ -z "${_fpt_options[$1]-}" ] || return 0
	help=$("$_fpt_scripts/$1" --help 2>/dev/null)
	while read -ra words; do
		option=
		for word in "${words[@]}"; do
			word=${word%,}
			if [[ $word = -[a-z-]* ]]; then
				option=$word
				found[$option]=${found[$option]-}
			elif [ -n "$option" ]; then
				found[$option]=${word%...}
			fi
		done
	done < <(sed -nE 's/^ +(-[-a-z].*)/\1/; T; s/  .*//p' <<<"$help"
		sed -nE '/^usage: /,/^[^ u]|^$/p' <<<"$help" | grep -oE -- '--[a-z-]+( [A-Z|]+)?')
	while read -r word; do
		option=${word#--}
		[ -z "${found[--${option%%-*}]-}" ] || found[$word]=${found[$word]-VALUE}
	done < <(grep -oE -- '--[a-z-]+' <<<"$help")
	for option in "${!found[@]}"; do
		_fpt_options[$1]+="$option ${found[$option]}"$'\n'
	done
}

_fpt_read_names()
{
	local output=${OUTPUT:-$(dirname "$_fpt_scripts")/build} built

	built=$output:$(stat -c %Y "$output/cases" 2>/dev/null)
	[ "$built" != "$_fpt_names_of" ] || return 0
	_fpt_names_of=$built
	_fpt_names=$("$_fpt_scripts/run.sh" --list 2>/dev/null | cut -f 1,2 | tr '\t' '\n' | sort -u)
}

_fpt_servers()
{
	local output=${OUTPUT:-$(dirname "$_fpt_scripts")/build}

	find "$output/servers" -maxdepth 1 -type f -perm -u+x -printf '%f\n' 2>/dev/null
}

_fpt_kernels()
{
	cut -f 1 "$(dirname "$_fpt_scripts")/fixtures/kernels/matrix.tsv" | sed 1d
}

_fpt_architectures()
{
	sed -n 's/^\([a-z][^ ]*\) .*/\1/p' "$_fpt_scripts/lib/architectures"
}

# _fpt_offer WORDS: of a list with commas, the last element is completed.
_fpt_offer()
{
	local before=''

	[[ $cur != *,* ]] || before=${cur%,*},
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${cur#"$before"}")
}

_fpt_files()
{
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	compopt -o filenames 2>/dev/null || :
}

_fpt_value() # OPTION METAVARIABLE
{
	case $1 in
	--server)
		_fpt_offer "$(_fpt_servers)"
		[ ${#COMPREPLY[@]} -gt 0 ] || _fpt_files
		;;
	--filter) _fpt_read_names && _fpt_offer "$_fpt_names" ;;
	--debian) _fpt_offer "$(_fpt_kernels | grep -v -e '-[a-z]')" ;;
	--arch) _fpt_offer "$(_fpt_architectures)" ;;
	--pages) _fpt_offer "4k 16k 64k" ;;
	--accel) _fpt_offer "kvm tcg auto" ;;
	--kind) _fpt_offer "single mt uring" ;;
	--order) _fpt_offer failed-first ;;
	*)
		case $2 in
		*FILE* | *DIR* | *PATH* | *TREE* | BZIMAGE) _fpt_files ;;
		esac
		;;
	esac
}

_fpt_complete() # COMMAND WORD PREVIOUS
{
	local command=${1##*/} cur=$2 previous=$3 value='' word

	COMPREPLY=()
	[ "$(realpath -- "${1/#\~/$HOME}" 2>/dev/null)" = "$_fpt_scripts/$command" ] || return 0 # another run.sh
	if [ "$cur" = = ]; then
		cur=
	elif [ "$previous" = = ]; then # bash splits --option=value
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
		case $command:$word in
		matrix.sh:-- | libfuse.sh:-- | bench.sh:--vm) command=vm.sh ;;
		esac
	done
	[ "$command" != stress.sh ] || command=run.sh
	_fpt_read_options "$command"
	[[ $previous != -* ]] || value=$(sed -n "s/^$previous //p" <<<"${_fpt_options[$command]}")
	if [ -n "$value" ]; then
		_fpt_value "$previous" "$value"
		return
	fi
	case $command:$cur in
	*:-*) _fpt_offer "$(cut -d ' ' -f 1 <<<"${_fpt_options[$command]}")" ;;
	matrix.sh:*) _fpt_offer "$(_fpt_kernels)" ;;
	debian-kernel.sh:* | debian-source.sh:*) _fpt_offer "$(_fpt_kernels | grep -v -e '-[a-z]')" ;;
	kernel.sh:*) _fpt_offer "tiny debug" ;;
	*) _fpt_files ;;
	esac
}

for _fpt_command in "$_fpt_scripts"/*.sh; do
	complete -F _fpt_complete "${_fpt_command##*/}"
done
unset _fpt_command
