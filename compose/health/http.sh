#!/bin/bash
# http.sh PORT PATH [STATUS]: succeeds if an HTTP server of this container answers with this status,
# 200 without one.
# Needs nothing but bash: the images it runs in have neither curl nor wget.
set -euo pipefail
exec 3<> "/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[[ $status == "${3:-200}" ]]
