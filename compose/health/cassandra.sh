#!/bin/bash
# cassandra.sh PORT: succeeds if the Cassandra node of this container answers its own protocol.
# That needs no login, and unlike cqlsh no Python.
set -euo pipefail
exec 3<> "/dev/tcp/127.0.0.1/$1"
# OPTIONS (5) in version 4, stream 0, no body. The answer is SUPPORTED (6).
printf '\x04\x00\x00\x00\x05\x00\x00\x00\x00' >&3
[[ $(dd bs=1 count=5 <&3 2> /dev/null | od -An -v -tx1 | tr -d ' \n') == 8400000006 ]]
