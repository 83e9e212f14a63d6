/**
 * Why no test needs to notice mutants of `src/level` and `src/kafka`, by their ids; see
 * `explained.ts`.
 */

const powerCut = "only a power cut shows whether the disk was waited for";
const sameBytes = "the same bytes are passed";
const twoThings = "steps in the memory of two things, between which nothing looks at them";

export const explainedOfAdapters: Readonly<Record<string, string>> = {
  'src/kafka/group/member_metadata.ts fallback decodeText(bytes) ?? ""': "neither is JSON",
  "src/kafka/group/membership.ts return return;": "only time: the same is written again",
  "src/kafka/group/participation.ts order this.#watchOthers(new Map()); await this.#heartbeats?.stop();":
    twoThings,
  "src/kafka/read/fetch_loop.ts order this.#readers.add(reader); this.wake();":
    "the loop does not run before both are done",
  "src/kafka/read/fetch_loop.ts order this.#stop.abort(); this.wake();":
    "the loop does not run before both are done",
  "src/kafka/read/fetch_loop.ts order this.#owner.partitionServed(reader); reader.accept(answer.fetched, ask":
    twoThings,
  "src/kafka/read/fetch_protocol.ts bound part.length * 2 > answerBytes": "only memory",
  "src/kafka/read/fetched_chunk.ts order this.#aborting.add(next.producerId); this.#upcoming.pop();":
    twoThings,
  "src/kafka/read/header_decoder.ts return return noHeaders;": "only memory",
  'src/kafka/read/header_decoder.ts negation name === "__proto__"':
    "in Deno the name is like any other; in Node and Bun it is not",
  "src/kafka/read/header_decoder.ts drop this.#previous.push(fresh);": "only speed",
  "src/kafka/read/log.ts order this.#displace(reader); this.#searches.add(search);": twoThings,
  "src/kafka/read/log.ts drop void search.finally(() => this.#searches.delete(search));":
    "only memory",
  "src/kafka/write/batch_encoder.ts bound length > shortBytes": "only speed",
  "src/kafka/write/batch_encoder.ts return return known;": "only speed",
  "src/kafka/write/batch_encoder.ts drop this.#names.set(name, bytes);": "only speed",
  "src/kafka/write/marker_watch.ts boolean false": "set before anything looks at it",
  "src/kafka/write/marker_watch.ts boolean false #2": "set before anything looks at it",
  "src/kafka/write/producer_session.ts order this.#cluster.forgetTopic(pending.topic); note(outcome, pending, error":
    twoThings,
  "src/kafka/write/producer_session.ts bound gravity(error) > gravity(outcome.fault)":
    "which of two equally grave errors is named",
  "src/kafka/write/producer_session.ts return return records;": "only speed",
  "src/kafka/write/batch_encoder.ts bound i < length":
    "a byte behind the value, which is written over or not sent",
  "src/kafka/write/producer_session.ts order this.#options.limits.onRefused?.(planned.topic, reason); this.#sequenc":
    "who is told looks at neither",
  "src/kafka/write/producers_protocol.ts order reader.int32(); // last sequence reader.int64();":
    sameBytes,
  "src/kafka/write/producers_protocol.ts order reader.int64(); // last timestamp reader.int32();":
    sameBytes,
  "src/kafka/write/transaction_protocol.ts boolean false": "known once a producer was initialised",
  'src/kafka/write/transaction_protocol.ts fallback broker.features?.get("transaction.version") ?? 0':
    "a level that is not there is no second one either way",
  "src/kafka/write/transaction_protocol.ts order await this.#ask(addPartitionsRequest(transaction, partitions), deadlin":
    "a transaction is told of both in either order",
  "src/kafka/write/transaction_protocol.ts boolean false #2":
    "either version ends it, and the producer is fenced again after it",
  'src/kafka/write/transaction_writer.ts fallback faultType(error) ?? "it was lost"':
    "only the text of a message",
  "src/level/checked_store.ts order openValue(key, sealed); ledger.found(key, sealedChecksum(sealed) as nu":
    "a ledger is dropped with the store that is refused",
  "src/level/database.ts boolean true": powerCut,
  "src/level/database.ts return return;":
    "LevelDB refuses a folder that is open in this process as well",
  "src/level/embedded_commit_log.ts fallback this.#committed(reader, place)?.offset ?? 0":
    "nothing is trimmed either way where a reader has not begun",
  "src/level/log_batch.ts bound before > startOffset": "only an entry that says what is there",
  "src/level/embedded_log.ts order throwIfAborted(signal); this.#refuseOtherTopic();":
    "which of two reasons to refuse is named, where there are both",
  "src/level/row_checksums.ts bound this.#slots * loadMax <= rows": "only when the table grows",
  "src/level/row_checksums.ts bound at < old.length": "a free slot is cleared once more",
  "src/level/state_store.ts drop this.#ledger.settle();": "only memory",
  "src/level/state_store.ts drop await batch.close();": "only memory",
};
