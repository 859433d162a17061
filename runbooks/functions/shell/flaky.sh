# Fails a given number of times, then succeeds: a dependency that recovers after a moment. It counts its calls in a
# file, so that the count outlives this process.
#
# event  {"folder": "/tmp/runwright-samples/run-1", "failures": 2}
# reply  {"attempt": 3, "answer": "the dependency is back"}
. ./lib.sh
read_event
want_path folder
want_integer failures 0 100 2

make_folder "$folder"
attempt=1
if [ -f "$folder/calls" ]; then
	read -r attempt <"$folder/calls" || attempt=0
	case $attempt in '' | *[!0-9]* | ??????????*) attempt=0 ;; esac
	attempt=$((attempt + 1))
fi
echo "$attempt" >"$folder/calls"
if [ "$attempt" -le "$failures" ]; then
	log "call $attempt of ${AWS_REQUEST_ID:-no request}: connection refused"
	raise DependencyUnavailable "The dependency refused call $attempt; it will be back after $failures."
fi
log "call $attempt: connected"
printf '{"attempt":%d,"answer":"the dependency is back"}\n' "$attempt"
