# Operates a service: status, restart, verify.
#
# SERVICE_MANAGER (an environment variable of the function) says how:
#   files    the service is a folder with a few files, so that the sample runs anywhere and harms nothing.
#            After a restart it answers "starting" to two checks before it is healthy.
#   systemd  systemctl restart, systemctl is-active.
#
# event  {"action": "restart", "service": "web", "folder": "/tmp/runwright-samples/services"}
# reply  {"service": "web", "status": "starting", "restarts": 3}
. ./lib.sh
read_event
want_text action
want_name service
want_path folder /tmp/runwright-samples/services

reply() {
	log "$service is $1"
	printf '{"service":%s,"status":%s,"restarts":%d}\n' "$(json_text "$service")" "$(json_text "$1")" "$2"
}

# read_number FILE: what the file holds, or 0.
read_number() {
	number=0
	if [ -f "$1" ]; then read -r number <"$1" || number=0; fi
	case $number in '' | *[!0-9]* | ??????????*) number=0 ;; esac
}

by_files() {
	place=$folder/$service
	make_folder "$place"
	read_number "$place/restarts"
	restarts=$number
	read_number "$place/checks-until-healthy"
	checks=$number
	case $action in
	status)
		status=healthy
		if [ "$restarts" -eq 0 ]; then status=stopped; elif [ "$checks" -gt 0 ]; then status=starting; fi
		;;
	restart)
		restarts=$((restarts + 1))
		echo "$restarts" >"$place/restarts"
		echo 2 >"$place/checks-until-healthy"
		status=starting
		;;
	verify)
		[ "$restarts" -gt 0 ] || raise ServiceStopped "$service has never been started."
		if [ "$checks" -gt 0 ]; then
			echo "$((checks - 1))" >"$place/checks-until-healthy"
			log "$service answers 503, starting"
			raise ServiceNotReady "$service is still starting."
		fi
		status=healthy
		;;
	*) raise InvalidEvent "\"action\" must be status, restart or verify." ;;
	esac
	reply "$status" "$restarts"
}

by_systemd() {
	command -v systemctl >/dev/null 2>&1 || raise NoServiceManager "This machine has no systemctl."
	case $action in
	status) ;;
	restart) systemctl restart -- "$service" >&2 || raise RestartFailed "systemctl could not restart $service." ;;
	verify) ;;
	*) raise InvalidEvent "\"action\" must be status, restart or verify." ;;
	esac
	status=$(systemctl is-active -- "$service" 2>/dev/null) || status=${status:-unknown}
	if [ "$action" = verify ] && [ "$status" != active ]; then
		raise ServiceNotReady "$service is $status."
	fi
	restarts=$(systemctl show --property=NRestarts --value -- "$service" 2>/dev/null) || restarts=0
	reply "$status" "${restarts:-0}"
}

case ${SERVICE_MANAGER:-files} in
files) by_files ;;
systemd) by_systemd ;;
*) raise InvalidConfiguration "SERVICE_MANAGER must be files or systemd." ;;
esac
