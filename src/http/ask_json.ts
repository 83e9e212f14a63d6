import { boundedText } from "../base/bounded_text.ts";
import type { Clock } from "../base/clock.ts";
import { type Ask, within } from "./within.ts";

/** How long another instance may take to answer, ms; a client waits for it. */
const answerMsMax = 1_000;

/** Longest answer that is read, characters: 5,000 candles take about 1,500,000. */
const answerCharsMax = 16 * 1024 * 1024;

/** What an instance is asked with. */
export interface Asking {
  readonly ask: Ask;
  readonly clock: Clock;
}

/** What another instance answers within a second; `undefined` if that is no JSON, or an error. */
export async function askJson(url: string, { ask, clock }: Asking): Promise<unknown> {
  try {
    return await within(clock, answerMsMax, async (signal) => {
      const response = await ask(url, signal);
      if (response.ok) return JSON.parse(await boundedText(response, answerCharsMax) ?? "");
      await response.body?.cancel();
    });
  } catch {
    return undefined; // the caller says what is missing, or answers from elsewhere
  }
}

/** An object of an answer, whose members may be anything. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
