import type {
  Addresses,
  CommitLog,
  GroupMembership,
  RecordAppender,
  RecordLog,
} from "../../src/streams/ports.ts";
import type { LogRecord, Offset, OutputRecord, TopicPartition } from "../../src/streams/record.ts";
import type { PartitionReader } from "../../src/streams/ports.ts";
import { decodeText, encodeText } from "../../src/streams/text.ts";

/** How a member of a group differs from others. */
export interface MemberOptions {
  /** Where it answers queries. */
  readonly addresses?: Addresses;
  /** Standbys of each partition; none without it. */
  readonly standbyReplicas?: number;
}

/** One log with all its ports, for the suites that test them. */
export interface LogHarness extends AsyncDisposable {
  readonly log: RecordLog;
  /** Creates a topic with a name never used before. */
  createTopic(partitions: number): Promise<string>;
  /** Creates a topic of one partition that takes 20,000 bytes a batch; absent without such bounds. */
  createSmallTopic?(): Promise<string>;
  /** The test disposes of it. */
  appender(): RecordAppender;
  /** Transactions of an application; two calls are like two processes. */
  commitLog(applicationId: string): CommitLog;
  /** A member of an application's group, as another process would be. */
  membership?(applicationId: string, options?: MemberOptions): GroupMembership;
  /** Removes the records before an offset, as retention does. */
  truncate?(partition: TopicPartition, before: Offset): Promise<void>;
  /** Deletes a topic and creates another one of the same name. */
  recreateTopic?(topic: string, partitions: number): Promise<void>;
  /** Loses the records from an offset on, as a broker that had not synced them. */
  loseTail?(partition: TopicPartition, endOffset: Offset): Promise<void>;
}

/** Opens what is tested; names in it are the test's own. */
export type LogHarnessFactory = () => Promise<LogHarness>;

/** How a suite is run. */
export interface SuiteOptions {
  readonly ignore?: boolean;
}

/** Time that a single wait in a suite may take, ms. */
export const waitMsMax = 30_000;

let names = 0;

/** A name that no other test of this run, or of another one, uses. */
export function uniqueName(stem: string): string {
  return `${stem}-${crypto.randomUUID().slice(0, 8)}-${names++}`;
}

/** A signal that fires when a wait takes too long. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(waitMsMax);
}

/** A record with texts for key and value. */
export function textRecord(
  place: { readonly topic: string; readonly partition?: number },
  key: string | null,
  value: string | null,
): OutputRecord {
  return {
    ...place,
    timestampMs: 1_700_000_000_000,
    key: key === null ? null : encodeText(key),
    value: value === null ? null : encodeText(value),
  };
}

/** The values of records as texts. */
export function valuesOf(records: readonly LogRecord[]): (string | undefined)[] {
  return records.map(({ value }) => value === null ? undefined : decodeText(value));
}

/** Reads until the position reaches `endOffset`. */
export async function readUntil(
  reader: PartitionReader,
  endOffset: Offset,
): Promise<{ readonly records: LogRecord[]; readonly position: Offset }> {
  const signal = patience();
  const records: LogRecord[] = [];
  let position = -1;
  while (position < endOffset) {
    const fetched = await reader.next(signal);
    records.push(...fetched.records);
    position = fetched.nextOffset;
  }
  return { records, position };
}

/** Every committed record of a partition from `offset` on. */
export async function readAll(
  log: RecordLog,
  partition: TopicPartition,
  offset = 0,
): Promise<LogRecord[]> {
  const { endOffset } = await log.bounds(partition);
  if (endOffset <= offset) return [];
  await using reader = log.open(partition, { offset });
  return (await readUntil(reader, endOffset)).records;
}

/**
 * The first `count` committed records of a partition, waiting for them: what a commit wrote may
 * become visible a little after it resolved.
 */
export async function readCount(
  log: RecordLog,
  partition: TopicPartition,
  count: number,
): Promise<LogRecord[]> {
  const signal = patience();
  const records: LogRecord[] = [];
  await using reader = log.open(partition, { offset: 0 });
  while (records.length < count) records.push(...(await reader.next(signal)).records);
  return records;
}

/** Registers a suite's cases, each with a harness of its own. */
export function registerCases(
  name: string,
  factory: LogHarnessFactory,
  cases: Readonly<Record<string, (harness: LogHarness) => Promise<void>>>,
  { ignore = false }: SuiteOptions = {},
): void {
  for (const [title, run] of Object.entries(cases)) {
    Deno.test({
      name: `${name} ${title}`,
      ignore,
      async fn() {
        await using harness = await factory();
        await run(harness);
      },
    });
  }
}
