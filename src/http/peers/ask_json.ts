import { boundedText } from "../../base/bounded_text.ts";
import type { Clock } from "../../base/clock.ts";
import { type Ask, within } from "../within.ts";

/** How long another instance may take to answer, ms; a client waits for it. */
const answerMsMax = 1_000;

/** Longest answer of one instance that is read, characters: 5,000 candles take about 1,500,000. */
const answerCharsMax = 16 * 1024 * 1024;

/** As much of all instances that are asked or followed at the same time. */
const togetherCharsMax = 4 * answerCharsMax;

/** What an instance is asked with. */
export interface Asking {
  readonly ask: Ask;
  readonly clock: Clock;
}

/** How long the answer of each of some instances may be, characters. */
export function charsMaxOf(instances: number): number {
  return Math.min(answerCharsMax, Math.floor(togetherCharsMax / instances));
}

/**
 * What another instance answers within a second; `undefined` if that is no JSON, or an error.
 *
 * @param instances How many are asked at the same time.
 */
export async function askJson(
  url: string,
  { ask, clock }: Asking,
  instances = 1,
): Promise<unknown> {
  try {
    return await within(clock, answerMsMax, async (signal) => {
      const response = await ask(url, signal);
      if (response.ok) return JSON.parse(await boundedText(response, charsMaxOf(instances)) ?? "");
      await response.body?.cancel();
    });
  } catch {
    return undefined; // the caller says what is missing, or answers from elsewhere
  }
}
