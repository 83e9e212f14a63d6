#!/bin/bash
# logins.sh FOLDER: makes the passwords of the containers, once, and tells those that a person needs.
# Each container mounts its own folder below FOLDER and no other; files of containers that run as
# another user are readable there.
set -euo pipefail
umask 077
cd "$1"
[[ ! -e access/env ]] || exit 0

declare -A kafka cassandra
for role in kafka access provision produce process registry dev health; do
    kafka[$role]=$(od -An -v -tx1 -N16 /dev/urandom | tr -d ' \n')
done
for role in access provision process grafana dev; do
    cassandra[$role]=$(od -An -v -tx1 -N16 /dev/urandom | tr -d ' \n')
done

plain='org.apache.kafka.common.security.plain.PlainLoginModule required'

# What a program adds to its settings.
settings() {
    printf '%s\n' KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT KAFKA_SASL_MECHANISM=PLAIN \
        "KAFKA_USERNAME=$1" "KAFKA_PASSWORD=${kafka[$1]}"
    [[ -z ${cassandra[$1]:-} ]] ||
        printf '%s\n' "CASSANDRA_USERNAME=$1" "CASSANDRA_PASSWORD=${cassandra[$1]}"
}
for role in provision produce process dev; do settings "$role" > "$role/env"; done

{
    printf 'KafkaServer {\n  %s\n  username="kafka" password="%s"' "$plain" "${kafka[kafka]}"
    for role in "${!kafka[@]}"; do printf '\n  user_%s="%s"' "$role" "${kafka[$role]}"; done
    printf ';\n};\n'
} > kafka/jaas.conf
printf '%s' "${kafka[health]}" > kafka/health
printf 'KafkaClient {\n  %s\n  username="registry" password="%s";\n};\n' \
    "$plain" "${kafka[registry]}" > registry/jaas.conf
od -An -v -tx1 -N16 /dev/urandom | tr -d ' \n' > grafana/admin
printf '%s' "${cassandra[grafana]}" > grafana/cassandra
chmod a+r kafka/* registry/* grafana/*

for role in "${!cassandra[@]}"; do printf '%s=%s\n' "$role" "${cassandra[$role]}"; done \
    > access/passwords
echo "Grafana, http://localhost:3000: log in as admin with the password $(< grafana/admin)"
echo 'Programs of this machine reach Kafka and Cassandra with these lines in .env:'
cat dev/env
# Last: where it is missing, everything is made again.
settings access > access/env
