/** The log of the engine's tests passes the suites that Kafka passes. */
import { appenderContract } from "../../contract/appender.ts";
import { commitLogContract } from "../../contract/commit_log.ts";
import { type LogHarness, uniqueName } from "../../contract/log_harness.ts";
import { recordSizesContract } from "../../contract/record_sizes.ts";
import { recordLogContract } from "../../contract/record_log.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";

function open(): Promise<LogHarness> {
  const log = new MemoryLog();
  return Promise.resolve({
    log,
    createTopic(partitions) {
      const name = uniqueName("topic");
      log.createTopic(name, partitions);
      return Promise.resolve(name);
    },
    createSmallTopic() {
      const name = uniqueName("topic");
      log.createTopic(name, 1);
      log.valueBytesMax = 19_000;
      return Promise.resolve(name);
    },
    appender: () => log,
    commitLog: (applicationId) => log.commitLogOf(applicationId),
    truncate(place, before) {
      log.truncate(place, before);
      return Promise.resolve();
    },
    recreateTopic(topic, partitions) {
      log.createTopic(topic, partitions);
      return Promise.resolve();
    },
    loseTail(place, endOffset) {
      log.loseTail(place, endOffset);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

recordLogContract("MemoryLog", open);
appenderContract("MemoryLog", open);
commitLogContract("MemoryLog", open);
recordSizesContract("MemoryLog", open);
