const hidden = "[secret]";

/**
 * A value that shows itself only to code that asks with `reveal()`.
 *
 * Inspection prints `Secret {}`, because the value is a private field.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; every call is a place to review. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }
}
