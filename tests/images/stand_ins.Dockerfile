# What stands in for the images of others that cannot be had without a container engine: their user,
# their folders. Java and the jars are mounted, so that they need not be copied.

FROM debian AS denoland/deno
RUN useradd --uid 1993 --user-group deno && mkdir /deno-dir && chown deno:deno /deno-dir
ENV DENO_DIR=/deno-dir/ DENO_INSTALL_ROOT=/usr/local DENO_USE_CGROUPS=1
COPY deno /usr/bin/deno

FROM debian AS apache/kafka
RUN useradd --uid 1000 --user-group appuser \
    && mkdir -p /var/lib/kafka/data && chown appuser:appuser /var/lib/kafka/data
USER appuser
VOLUME /var/lib/kafka/data

FROM debian AS cassandra
RUN useradd --uid 999 --user-group cassandra \
    && mkdir /var/lib/cassandra && chown cassandra:cassandra /var/lib/cassandra
VOLUME /var/lib/cassandra

FROM denoland/deno AS confluentinc/cp-schema-registry
RUN useradd --uid 1000 --user-group appuser
USER appuser

# Debian's Prometheus, and what the image's own health check takes from busybox.
FROM debian AS prom/prometheus
RUN apt-get -o APT::Sandbox::User=root update \
    && DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root install \
        -y --no-install-recommends prometheus wget \
    && groupadd --non-unique --gid 65534 nobody \
    && mkdir /prometheus && chown nobody:nobody /prometheus
USER nobody
VOLUME /prometheus
WORKDIR /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]
