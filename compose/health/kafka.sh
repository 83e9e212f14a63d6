#!/bin/bash
# kafka.sh PORT [NAME PASSWORD_FILE]: succeeds if the Kafka node of this container answers its own
# protocol and, with a name, lists itself by it among the brokers, where clients then find it. For
# that it logs in as `health`, who has no rights, with the 32 characters of the file.
# Not with Kafka's own tools: each call would start one more Java.
set -euo pipefail
exec 3<> "/dev/tcp/127.0.0.1/$1"

# The next bytes of the answer, as hexadecimal digits.
receive() { dd bs=1 count="$1" <&3 2> /dev/null | od -An -v -tx1 | tr -d ' \n'; }

# ApiVersions (18) in version 0: correlation id 1, no client id. The answer: size, id, error code.
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff' >&3
size=$((16#$(receive 4)))
answer=$(receive "$size")
[[ $answer == 000000010000* ]]
[[ $# -gt 1 ]] || exit 0

# SaslHandshake (17) in version 1 for PLAIN, then SaslAuthenticate (36) in version 0.
printf '\x00\x00\x00\x11\x00\x11\x00\x01\x00\x00\x00\x03\xff\xff\x00\x05PLAIN' >&3
size=$((16#$(receive 4)))
answer=$(receive "$size")
[[ $answer == 000000030000* ]]
printf '\x00\x00\x00\x36\x00\x24\x00\x00\x00\x00\x00\x04\xff\xff\x00\x00\x00\x28' >&3
printf '\x00health\x00%s' "$(< "$3")" >&3
size=$((16#$(receive 4)))
answer=$(receive "$size")
[[ $answer == 000000040000* ]]

# Metadata (3) in version 1, of no topic: the brokers with their names.
printf '\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x02\xff\xff\x00\x00\x00\x00' >&3
size=$((16#$(receive 4)))
answer=$(receive "$size")
[[ $answer == *"$(printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n')"* ]]
