import type { Clock } from "../../base/clock.ts";
import { type Ask, within } from "../within.ts";

/** An instance sends its state every 2 s: after so much silence it counts as unreachable. */
const silenceMsMax = 9_000;

/** What a connection is made with. */
export interface PeerConnectionOptions {
  readonly ask: Ask;
  readonly clock: Clock;
  /** Longest event that is taken, characters; the largest is the list of all names. */
  readonly eventCharsMax: () => number;
  /** Is given each event as its text; what it throws ends the connection. */
  readonly onEvent: (event: string) => void;
}

/**
 * One connection to the stream of another instance.
 *
 * Owner: `PeerStream`.
 */
export class PeerConnection {
  readonly #options: PeerConnectionOptions;
  readonly #stop = new AbortController();
  /** Resolves when the connection has ended, whatever ended it. */
  readonly ended: Promise<void>;

  constructor(url: string, options: PeerConnectionOptions) {
    this.#options = options;
    this.ended = this.#follow(url).catch(() => {});
  }

  /** Ends it; no event comes any more. */
  end(): void {
    this.#stop.abort();
  }

  async #follow(url: string): Promise<void> {
    const { ask, clock } = this.#options;
    const { signal } = this.#stop;
    const response = await within(
      clock,
      silenceMsMax,
      (late) => ask(url, AbortSignal.any([signal, late])),
    );
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (text === undefined) return;
    const cancel = () => void text.cancel().catch(() => {});
    signal.addEventListener("abort", cancel);
    try {
      if (response.ok) await this.#read(text, cancel);
    } finally {
      signal.removeEventListener("abort", cancel);
      await text.cancel().catch(() => {});
    }
  }

  /** @param cancel Ends what is under way. */
  async #read(text: ReadableStreamDefaultReader<string>, cancel: () => void): Promise<void> {
    // Looked through piece by piece: a long event comes in thousands of them.
    let [begun, lineBreak] = ["", ""];
    while (begun.length <= this.#options.eventCharsMax()) {
      const { done, value = "" } = await within(this.#options.clock, silenceMsMax, (late) => {
        late.addEventListener("abort", cancel);
        return text.read();
      });
      if (done) return;
      const ends = (lineBreak + value).split("\n\n");
      const rest = ends.pop() ?? "";
      for (const end of ends) {
        if (this.#stop.signal.aborted) return;
        this.#options.onEvent(begun + end);
        begun = "";
      }
      lineBreak = rest.endsWith("\n") ? "\n" : "";
      begun += rest.slice(0, rest.length - lineBreak.length);
    }
  }
}
