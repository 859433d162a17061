# Shared by the functions of this folder. POSIX sh and awk, nothing else.
#
# A function reads its event with `read_event`, reads its members with `want_text`, `want_integer`,
# `want_boolean` and `want_list` (each sets a shell variable of the same name or raises), and prints one JSON
# reply. `raise` ends it with an error, as a Lambda function ends with one. None of them may be called within
# `$(…)`, where their reply would be caught.

set -eu
LC_ALL=C
export LC_ALL
umask 077

# log WORDS: a line of the function's log.
log() {
	printf '%s\n' "$*" >&2
}

# json_text TEXT: the text as a JSON text, quotes included.
json_text() {
	printf '%s\n' "$1" | awk '
		BEGIN {
			for (code = 1; code < 32; code++) escape[sprintf("%c", code)] = sprintf("\\u%04x", code)
			escape["\t"] = "\\t"
			escape["\""] = "\\\""
			escape["\\"] = "\\\\"
		}
		{
			if (NR > 1) printf "\\n"
			else printf "\""
			for (at = 1; at <= length($0); at++) {
				c = substr($0, at, 1)
				printf "%s", (c in escape) ? escape[c] : c
			}
		}
		END { printf "\"" }
	'
}

# raise TYPE MESSAGE: ends the function with an error.
raise() {
	printf '{"errorType":%s,"errorMessage":%s}\n' "$(json_text "$1")" "$(json_text "$2")"
	exit 1
}

# read_event: reads the event from standard input.
read_event() {
	eval "$(awk -f ./event.awk)"
	[ -z "$event_error" ] || raise InvalidEvent "The event cannot be read: $event_error."
}

# take NAME KIND DEFAULT…: leaves the member NAME in `taken`; without a default it is required.
take() {
	eval "taken_type=\${type_$1:-null} taken=\${in_$1-}"
	if [ "$taken_type" = null ]; then
		[ $# -ge 3 ] || raise InvalidEvent "The event has no \"$1\" ($2)."
		taken=$3
		taken_type=default
	fi
}

# want_text NAME [DEFAULT]
want_text() {
	take "$1" "a text" ${2+"$2"}
	case $taken_type in
	text | default) eval "$1=\$taken" ;;
	*) raise InvalidEvent "\"$1\" is no text." ;;
	esac
}

# want_integer NAME LEAST MOST [DEFAULT]
want_integer() {
	take "$1" "a whole number" ${4+"$4"}
	case ${taken#-} in
	'' | *[!0-9]* | ??????????*) raise InvalidEvent "\"$1\" is no whole number of at most nine digits." ;;
	esac
	# Written as text it may have leading zeros, which arithmetic would read as octal.
	taken=$(printf '%s\n' "$taken" | awk '{ printf "%d", $0 }')
	if [ "$taken" -lt "$2" ] || [ "$taken" -gt "$3" ]; then
		raise InvalidEvent "\"$1\" is $taken; it must be from $2 to $3."
	fi
	eval "$1=\$taken"
}

# want_boolean NAME [DEFAULT]
want_boolean() {
	take "$1" "true or false" ${2+"$2"}
	case $taken in
	true | false) eval "$1=\$taken" ;;
	*) raise InvalidEvent "\"$1\" is neither true nor false." ;;
	esac
}

# want_list NAME: one element a line.
want_list() {
	take "$1" "a list"
	[ "$taken_type" = list ] || raise InvalidEvent "\"$1\" is no list of plain values."
	eval "$1=\$taken"
}

# want_name NAME [DEFAULT]: a text that is safe as the name of one file.
want_name() {
	want_text "$@"
	case $taken in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*)
		raise InvalidEvent "\"$1\" may hold letters, digits, dots, underscores and hyphens, and begins with a letter or digit."
		;;
	esac
}

# want_path NAME [DEFAULT]: an absolute path without `..`.
want_path() {
	want_text "$@"
	case $taken in
	*/../* | */..) raise InvalidEvent "\"$1\" may not hold \"..\"." ;;
	/*) ;;
	*) raise InvalidEvent "\"$1\" must be an absolute path." ;;
	esac
}

# make_folder PATH: creates a folder that this user can write to.
make_folder() {
	mkdir -p -- "$1" 2>/dev/null || raise FolderNotUsable "$1 cannot be created."
	[ -w "$1" ] || raise FolderNotUsable "$1 belongs to another user. Set another Folder."
}

# now: the time, in UTC.
now() {
	date -u +%Y-%m-%dT%H:%M:%SZ
}
