const EXPORTS = [
  "java.base/jdk.internal.misc",
  "java.base/jdk.internal.ref",
  "java.base/sun.nio.ch",
  "java.management.rmi/com.sun.jmx.remote.internal.rmi",
  "java.rmi/sun.rmi.registry",
  "java.rmi/sun.rmi.server",
  "java.rmi/sun.rmi.transport.tcp",
  "java.sql/java.sql",
];

const OPENS = [
  "java.base/java.io",
  "java.base/java.lang",
  "java.base/java.lang.module",
  "java.base/java.lang.reflect",
  "java.base/java.math",
  "java.base/java.net",
  "java.base/java.nio",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/jdk.internal.loader",
  "java.base/jdk.internal.math",
  "java.base/jdk.internal.module",
  "java.base/jdk.internal.ref",
  "java.base/jdk.internal.reflect",
  "java.base/jdk.internal.util.jar",
  "java.base/sun.nio.ch",
  "jdk.management/com.sun.management.internal",
];

/**
 * Java options of Cassandra 5 on Java 17, without memory, paths and class path.
 *
 * @see conf/jvm17-server.options of Apache Cassandra 5.0; the last three lines only shorten the
 * start of a node that has no neighbours.
 */
export const CASSANDRA_JAVA_FLAGS: readonly string[] = [
  ...EXPORTS.flatMap((name) => ["--add-exports", `${name}=ALL-UNNAMED`]),
  ...OPENS.flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]),
  "-Djdk.attach.allowAttachSelf=true",
  "-Dcassandra-foreground=yes",
  "-Dcassandra.superuser_setup_delay_ms=0",
  "-Dcassandra.skip_wait_for_gossip_to_settle=0",
  "-Dcassandra.ring_delay_ms=0",
];
