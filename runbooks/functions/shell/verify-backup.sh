# Is there a fresh backup? Raises BackupMissing, BackupTooOld or BackupTooSmall.
#
# event  {"directory": "/backup", "pattern": "*.tar.gz", "withinDays": 1, "leastKilobytes": 1}
# reply  {"file": "/backup/2026-11-20.tar.gz", "kilobytes": 20480}
. ./lib.sh
read_event
want_path directory
want_text pattern '*'
want_integer withinDays 1 365 1
want_integer leastKilobytes 0 999999999 1

log "looking for $pattern in $directory"
[ -d "$directory" ] || raise BackupMissing "$directory does not exist: was the backup ever set up here?"
newest=$(find "$directory" -type f -name "$pattern" -exec ls -dt {} + | head -n 1)
[ -n "$newest" ] || raise BackupMissing "$directory holds no file that matches $pattern."
log "the newest is $newest"
[ -n "$(find "$newest" -mtime "-$withinDays")" ] ||
	raise BackupTooOld "$newest is older than $withinDays days."
kilobytes=$((($(wc -c <"$newest") + 1023) / 1024))
[ "$kilobytes" -ge "$leastKilobytes" ] ||
	raise BackupTooSmall "$newest has $kilobytes KB; at least $leastKilobytes KB were expected."
printf '{"file":%s,"kilobytes":%d}\n' "$(json_text "$newest")" "$kilobytes"
