const hidden = "[secret]";

/**
 * A value that shows itself only to code that asks with `reveal()`.
 *
 * Inspection prints `Secret {}`, because the value is a private field.
 */
export class Secret {
  readonly #value: string;

  /** From then on it shows itself to `reveal` alone. */
  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; every call is a place to review. */
  reveal(): string {
    return this.#value;
  }

  /** Not the value. */
  toString(): string {
    return hidden;
  }

  /** Not the value. */
  toJSON(): string {
    return hidden;
  }
}
