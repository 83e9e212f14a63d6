/** What stands in a batch can never be read, however often it is fetched. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}
