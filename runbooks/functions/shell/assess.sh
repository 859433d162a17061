# Rates the severity of a service's fault by the share of its requests that fail: SEV1 from 25 %, SEV2 from 5 %, else SEV3.
#
# event  {"service": "checkout", "errorPercent": 40}
# reply  {"service": "checkout", "severity": "SEV1", "finding": "checkout fails 40 % of its requests (SEV1)"}
. ./lib.sh
read_event
want_name service
want_integer errorPercent 0 100

severity=SEV3
if [ "$errorPercent" -ge 5 ]; then severity=SEV2; fi
if [ "$errorPercent" -ge 25 ]; then severity=SEV1; fi
finding="$service fails $errorPercent % of its requests ($severity)"
log "$finding"
printf '{"service":%s,"severity":"%s","finding":%s}\n' "$(json_text "$service")" "$severity" "$(json_text "$finding")"
