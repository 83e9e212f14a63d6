const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * 32-bit murmur2, as Kafka's clients compute it.
 *
 * @see org.apache.kafka.common.utils.Utils#murmur2
 */
export function murmur2(data: Uint8Array): number {
  let hash = seed ^ data.length;
  const blocksEnd = data.length & ~3;
  for (let i = 0; i < blocksEnd; i += 4) {
    let k = byteAt(data, i) | (byteAt(data, i + 1) << 8) | (byteAt(data, i + 2) << 16) |
      (byteAt(data, i + 3) << 24);
    k = Math.imul(k, multiplier);
    k ^= k >>> 24;
    k = Math.imul(k, multiplier);
    hash = Math.imul(hash, multiplier) ^ k;
  }
  const rest = data.length - blocksEnd;
  if (rest >= 3) hash ^= byteAt(data, blocksEnd + 2) << 16;
  if (rest >= 2) hash ^= byteAt(data, blocksEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(data, blocksEnd), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

function byteAt(data: Uint8Array, index: number): number {
  return data[index] as number;
}

/**
 * The partition of a key: the same one that Kafka's Java client chooses.
 *
 * @param partitionCount Partitions of the topic, > 0.
 * @see org.apache.kafka.clients.producer.internals.BuiltInPartitioner#partitionForKey
 */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return partitionOfHash(murmur2(key), partitionCount);
}

/** The partition of a key whose murmur2 is known. */
export function partitionOfHash(hash: number, partitionCount: number): number {
  return (hash & 0x7fffffff) % partitionCount;
}
