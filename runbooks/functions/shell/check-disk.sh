# How full is the file system that holds a path? Raises DiskFull above a limit.
#
# event  {"path": "/", "failAbovePercent": 90}         the limit is optional
# reply  {"path": "/", "filesystem": "/dev/sda1", "usedPercent": 41, "availableMegabytes": 20480}
. ./lib.sh
read_event
want_path path
want_integer failAbovePercent 1 100 100

[ -e "$path" ] || raise PathNotFound "$path does not exist."
row=$(df -Pk -- "$path" | awk 'NR == 2 { for (f = 1; f <= NF; f++) if ($f ~ /^[0-9]+%$/) { print $(f - 1), $f + 0, $1; exit } }')
[ -n "$row" ] || raise NotMeasured "df has no figures for $path."
available=${row%% *}
row=${row#* }
used=${row%% *}
filesystem=${row#* }
log "$path is on $filesystem: $used % used, $((available / 1024)) MB available"

if [ "$used" -gt "$failAbovePercent" ]; then
	raise DiskFull "$path is $used % full; the limit is $failAbovePercent %. $((available / 1024)) MB are left."
fi
printf '{"path":%s,"filesystem":%s,"usedPercent":%d,"availableMegabytes":%d}\n' \
	"$(json_text "$path")" "$(json_text "$filesystem")" "$used" "$((available / 1024))"
