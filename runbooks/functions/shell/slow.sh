# Sleeps: a slow report.
#
# event  {"seconds": 20}
# reply  {"seconds": 20}
. ./lib.sh
read_event
want_integer seconds 0 600 20
log "working for $seconds seconds"
sleep "$seconds"
printf '{"seconds":%d}\n' "$seconds"
