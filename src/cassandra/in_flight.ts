/**
 * Room for a bounded number of works at once, by any caller; waiters are served in order.
 *
 * What the other side cannot manage in time it refuses, and refuses again when as much comes again:
 * so a failure halves the room, down to one, and each success gives a little of it back.
 *
 * @see Jacobson, Congestion Avoidance and Control (1988): additive increase, multiplicative decrease
 */
export class Slots {
  readonly #limitMax: number;
  #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limitMax How many at once at most, > 0. */
  constructor(limitMax: number) {
    this.#limitMax = limitMax;
    this.#limit = limitMax;
  }

  /** How many there is room for now, free or not. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  async take(): Promise<void> {
    if (this.#taken < this.limit) {
      this.#taken += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }

  give(): void {
    this.#taken -= 1;
    this.#serve();
  }

  /** A work came through: once all that there is room for have, there is room for one more. */
  widen(): void {
    this.#limit = Math.min(this.#limitMax, this.#limit + 1 / this.#limit);
    this.#serve();
  }

  /** A work was refused, or not answered. */
  narrow(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }

  #serve(): void {
    while (this.#taken < this.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken += 1;
      next();
    }
  }
}

/**
 * Works on items in the order given, as many at once as there is room for.
 *
 * After a failure nothing new is started; what runs is waited for, so that no work continues after
 * the caller's back, and the first error is thrown. One item is asked for ahead of its room.
 */
export async function forEachInFlight<T>(
  items: Iterable<T>,
  slots: Slots,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const start = (item: T) => {
    const done: Promise<void> = work(item)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        running.delete(done);
        slots.give();
      });
    running.add(done);
  };
  try {
    for (const item of items) {
      await slots.take();
      if (failure !== undefined) {
        slots.give();
        break;
      }
      start(item);
    }
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}

/** How a work is repeated that was too much for the other side. */
export interface OverloadOptions {
  readonly slots: Slots;
  readonly isOverload: (error: unknown) => boolean;
  /** Tries in all, > 0. */
  readonly triesMax: number;
}

/**
 * Repeats a work that was too much, with less room for all; what came through beside it is not done
 * again. Has a place when it is called and when it ends, but gives it up in between.
 */
export async function withLessRoom(
  work: () => Promise<void>,
  { slots, isOverload, triesMax }: OverloadOptions,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await work();
      return slots.widen();
    } catch (error) {
      if (!isOverload(error)) throw error;
      slots.narrow();
      if (tries === triesMax) throw error;
      slots.give();
      await slots.take();
    }
  }
}
