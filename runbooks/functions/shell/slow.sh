# Takes its time: a report that nobody wants to wait for.
#
# event  {"seconds": 20}
# reply  {"seconds": 20}
. ./lib.sh
read_event
want_integer seconds 0 600 20
log "working for $seconds seconds"
sleep "$seconds"
printf '{"seconds":%d}\n' "$seconds"
