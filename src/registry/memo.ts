import { assert } from "../base/assert.ts";

/**
 * Remembers answers by key, the least recently asked forgotten first.
 *
 * Questions asked at the same time share one answer; failures are not remembered.
 */
export class Memo<K, V> {
  readonly #entriesMax: number;
  readonly #answers = new Map<K, Promise<V>>();

  constructor(entriesMax: number) {
    assert(entriesMax > 0, `memo maximum must be positive: ${entriesMax}`);
    this.#entriesMax = entriesMax;
  }

  /** The remembered answer, or the one that `ask` gives now. */
  get(key: K, ask: () => Promise<V>): Promise<V> {
    const answer = this.#answers.get(key) ?? this.#ask(key, ask);
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    this.#forgetOldest();
    return answer;
  }

  #ask(key: K, ask: () => Promise<V>): Promise<V> {
    const answer = ask();
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }

  #forgetOldest(): void {
    for (const key of this.#answers.keys()) {
      if (this.#answers.size <= this.#entriesMax) return;
      this.#answers.delete(key);
    }
  }
}
