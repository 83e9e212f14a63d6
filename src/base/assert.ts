/** A bug of ours: never caught for a retry, always a stop. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/**
 * Stops the program when a belief of ours is wrong; on in production.
 *
 * @throws {InvariantError} If `condition` is false.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
