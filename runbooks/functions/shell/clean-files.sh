# Counts the old files of the calling user under a directory, and deletes them unless dryRun is true (the default).
# Stays on one file system, follows no symbolic link, deletes no directory.
#
# event  {"directory": "/var/tmp/build", "olderThanDays": 30, "pattern": "*.tmp", "dryRun": true}
# reply  {"directory": "/var/tmp/build", "found": 12, "megabytes": 3, "deleted": 0, "dryRun": true}
. ./lib.sh
read_event
want_path directory
want_integer olderThanDays 0 3650 30
want_text pattern '*'
want_boolean dryRun true

[ -d "$directory" ] || raise DirectoryNotFound "$directory is no directory."
place=$(cd -P -- "$directory" && pwd -P) || raise DirectoryNotReadable "$directory cannot be entered."
case $place in
/ | /bin* | /boot* | /dev* | /etc* | /lib* | /proc* | /sbin* | /sys* | /usr* | /home | /opt | /root | /run | /srv | /var | /System* | /Library* | /Users | "${HOME:-/}")
	raise DirectoryRefused "$place is no place to clean. Name a directory that holds temporary files only."
	;;
esac

old_files() {
	find "$place" -xdev -type f -user "$(id -u)" -name "$pattern" -mtime "+$olderThanDays" "$@"
}

# Prints "COUNT BYTES". Directories that may not be read are named in the log and left out.
measure() {
	old_files -exec ls -ldn {} + | awk '/^-/ { count++; bytes += $5 } END { printf "%d %.0f\n", count, bytes }'
}

before=$(measure)
found=${before% *}
log "$found files older than $olderThanDays days under $place"
old_files | awk 'NR <= 10 { print "  " $0 } END { if (NR > 10) print "  and more" }' >&2

deleted=0
if [ "$dryRun" = false ] && [ "$found" -gt 0 ]; then
	old_files -exec rm -f {} +
	after=$(measure)
	deleted=$((found - ${after% *}))
	log "deleted $deleted"
fi
printf '{"directory":%s,"found":%d,"megabytes":%d,"deleted":%d,"dryRun":%s}\n' \
	"$(json_text "$place")" "$found" "$(awk -v bytes="${before#* }" 'BEGIN { print int(bytes / 1048576) }')" "$deleted" "$dryRun"
