# Writes a page about a machine from the results of other functions.
#
# event  {"file": "/tmp/…/inventory.txt", "host": "web-1", "processors": 4, "isRoot": false, "paths": ["/", "/tmp"],
#         "usedPercents": ["41", "3"], "system": {…}}
# reply  {"file": "/tmp/…/inventory.txt", "lines": 6}
. ./lib.sh
read_event
want_path file
want_text host
want_integer processors 1 65536
want_boolean isRoot
want_list paths
want_list usedPercents
[ "${type_system:-}" = object ] || raise InvalidEvent "\"system\" is no object."

make_folder "${file%/*}/"
{
	echo "Inventory of $host, $(now)"
	echo "processors   $processors"
	echo "run as root  $isRoot"
	echo "paths        $(printf '%s\n' "$paths" | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 }')"
	echo "used         $(printf '%s\n' "$usedPercents" | awk '{ printf "%s%s %%", (NR > 1 ? ", " : ""), $0 }')"
	# shellcheck disable=SC2154 # set by read_event
	echo "system       $in_system"
} >"$file"
cat -- "$file" >&2
printf '{"file":%s,"lines":%d}\n' "$(json_text "$file")" "$(wc -l <"$file")"
