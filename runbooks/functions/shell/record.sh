# Appends one line, with the time, to a file; the journal, log or timeline of the other samples.
#
# event  {"file": "/tmp/runwright-samples/cleanup.log", "text": "deleted 3 files"}
# reply  {"file": "/tmp/runwright-samples/cleanup.log", "line": "2026-11-20T02:00:04Z deleted 3 files", "lines": 41}
. ./lib.sh
read_event
want_path file
want_text text

make_folder "${file%/*}/"
line="$(now) $(printf '%s' "$text" | tr '\n\r\t' '   ')"
printf '%s\n' "$line" >>"$file" || raise FileNotWritable "$file cannot be written."
log "$line"
printf '{"file":%s,"line":%s,"lines":%d}\n' "$(json_text "$file")" "$(json_text "$line")" "$(wc -l <"$file")"
