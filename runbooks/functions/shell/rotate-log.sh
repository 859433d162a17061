# Rotates a log file: app.log becomes app.log.1, app.log.1 becomes app.log.2, and files beyond `keep` are deleted.
#
# event  {"file": "/var/log/app.log", "keep": 5, "whenKilobytes": 64}
# reply  {"file": "/var/log/app.log", "rotated": true, "kilobytes": 80}
. ./lib.sh
read_event
want_path file
want_integer keep 1 50 5
want_integer whenKilobytes 0 1048576 64

if [ ! -f "$file" ]; then
	log "$file does not exist yet"
	printf '{"file":%s,"rotated":false,"kilobytes":0}\n' "$(json_text "$file")"
	exit 0
fi
kilobytes=$(($(wc -c <"$file") / 1024))
rotated=false
if [ "$kilobytes" -ge "$whenKilobytes" ]; then
	rm -f -- "$file.$keep"
	number=$keep
	while [ "$number" -gt 1 ]; do
		previous=$((number - 1))
		if [ -f "$file.$previous" ]; then mv -f -- "$file.$previous" "$file.$number"; fi
		number=$previous
	done
	mv -f -- "$file" "$file.1"
	rotated=true
fi
log "$file has $kilobytes KB; rotated: $rotated"
printf '{"file":%s,"rotated":%s,"kilobytes":%d}\n' "$(json_text "$file")" "$rotated" "$kilobytes"
