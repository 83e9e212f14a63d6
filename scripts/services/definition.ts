/** The services that the pipeline stands on. */
export type ServiceName = "kafka" | "registry" | "cassandra";

/** In the order in which tables and environment lines show them. */
export const SERVICE_NAMES: readonly ServiceName[] = ["kafka", "registry", "cassandra"];

/** Ports of one member by name; `client` is the one that applications use. */
export type Ports = Readonly<Record<string, number>>;

/** One process of a set; a service has several members when Kafka has several brokers. */
export interface Member {
  /** Unique in the set and a legal file name: `kafka-1`, `registry`, `cassandra`. */
  readonly id: string;
  readonly service: ServiceName;
  readonly ports: Ports;
}

/** Folders of one member, all absolute. */
export interface MemberPaths {
  /** Jars of its service. */
  readonly lib: string;
  /** Generated settings, rewritten at every start. */
  readonly config: string;
  /** What must survive a restart. */
  readonly data: string;
}

/** Memory bounds in Java's own form, such as `512m`. */
export interface HeapSizes {
  readonly kafka: string;
  readonly registry: string;
  readonly cassandra: string;
}

/** Everything a service needs to know to describe the start of one member. */
export interface LaunchRequest {
  readonly member: Member;
  /** All members of the same service, this one included. */
  readonly peers: readonly Member[];
  readonly paths: MemberPaths;
  readonly heap: string;
  /** Names the set; the same for every start of one data folder. */
  readonly clusterId: string;
  /** Where the start matters more than the speed later; false without it. */
  readonly quickStart?: boolean;
}

/** How to start one member on the local Java: pure data. */
export interface LaunchPlan {
  /** Files to write first; absolute path to text. */
  readonly files: Readonly<Record<string, string>>;
  /** Arguments of a Java run that must have succeeded once per data folder. */
  readonly prepare?: readonly string[];
  /** Arguments of the Java run that is the service. */
  readonly args: readonly string[];
}

/** One file on Maven Central. */
export interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  /** Set for an archive that is unpacked; it brings its own dependencies. */
  readonly archive?: { readonly type: string; readonly classifier: string };
}

/** What is known about one service; adding one means writing one of these. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly version: string;
  readonly artifacts: readonly Artifact[];
  /** Size of the first download, for the message that announces it. */
  readonly downloadMegabytes: number;
  /** Java feature releases it runs on, both inclusive; no `max` where none is known. */
  readonly java: { readonly min: number; readonly max?: number };
  /** Default port by name; `undefined` for an internal port. */
  readonly ports: Readonly<Record<string, number | undefined>>;
  /** Milliseconds from start to the first answer, at most. */
  readonly startTimeoutMs: number;
  plan(request: LaunchRequest): LaunchPlan;
}
