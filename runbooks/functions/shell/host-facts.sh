# What this machine is: a reply with every kind of value.
#
# event  {}
# reply  {"host": "web-1", "system": {"name": "Linux", "release": "6.8", "machine": "x86_64"}, "processors": 4,
#         "shells": ["/bin/sh"], "isRoot": false, "mounts": ["/"], "filesystems": [{"mount": "/", "usedPercent": 41}]}
. ./lib.sh
read_event

# Real file systems as "PERCENT MOUNT", at most 20.
filesystems=$(df -Pk 2>/dev/null | awk '
	NR > 1 && $1 ~ /^(\/|overlay|tmpfs)/ {
		for (f = 2; f <= NF && $f !~ /^[0-9]+%$/; f++);
		if (f >= NF || ++rows > 20) next
		mount = $(f + 1)
		for (g = f + 2; g <= NF; g++) mount = mount " " $g
		print $f + 0, mount
	}') || filesystems=
mounts=
rows=
while read -r percent mount; do
	[ -n "$mount" ] || continue
	name=$(json_text "$mount")
	mounts="$mounts${mounts:+,}$name"
	rows="$rows${rows:+,}{\"mount\":$name,\"usedPercent\":$percent}"
done <<ROWS
$filesystems
ROWS
processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || processors=1
is_root=false
if [ "$(id -u)" -eq 0 ]; then is_root=true; fi
log "$(uname -srm) with $processors processors"
printf '{"host":%s,"system":{"name":%s,"release":%s,"machine":%s},"processors":%d,"shells":["/bin/sh"],"isRoot":%s,"mounts":[%s],"filesystems":[%s]}\n' \
	"$(json_text "$(uname -n)")" "$(json_text "$(uname -s)")" "$(json_text "$(uname -r)")" "$(json_text "$(uname -m)")" \
	"$processors" "$is_root" "$mounts" "$rows"
