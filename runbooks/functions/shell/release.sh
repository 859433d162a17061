# Switches a service between releases: activate, check, rollback. The service is a folder that notes which release
# is current and which came before. A release whose name ends in "-bad" never becomes healthy.
#
# event  {"action": "activate", "service": "checkout", "release": "2.4.0", "folder": "/tmp/runwright-samples/releases"}
# reply  {"service": "checkout", "current": "2.4.0", "previous": "2.3.1"}
. ./lib.sh
read_event
want_text action
want_name service
want_path folder /tmp/runwright-samples/releases

place=$folder/$service
make_folder "$place"

# note FILE: what the file holds; the first release when there is none.
note() {
	noted=2.3.1
	if [ -f "$place/$1" ]; then read -r noted <"$place/$1" || noted=2.3.1; fi
}
note current
current=$noted
note previous
previous=$noted

case $action in
activate)
	want_name release
	if [ "$current" != "$release" ]; then previous=$current; fi
	current=$release
	;;
rollback)
	log "$service goes back from $current to $previous"
	current=$previous
	;;
check)
	case $current in
	*-bad)
		log "GET /health of $service $current: 500"
		raise ReleaseUnhealthy "$service $current answers 500 to its health check."
		;;
	esac
	log "GET /health of $service $current: 200"
	;;
*) raise InvalidEvent "\"action\" must be activate, check or rollback." ;;
esac
printf '%s\n' "$current" >"$place/current"
printf '%s\n' "$previous" >"$place/previous"
printf '{"service":%s,"current":%s,"previous":%s}\n' \
	"$(json_text "$service")" "$(json_text "$current")" "$(json_text "$previous")"
