// @ts-check
/** Where candles are on the chart: it counts bars, people count time. */

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {import("./chart_data.js").Bar} Bar */
/** @typedef {import("../wire.ts").ResolutionJson} Resolution */
/** @typedef {{ from: number, to: number }} Span */

/** Stretches without trades are drawn as such up to so many candles, and as long as this; longer ones
 * are nights and weekends, where candles meet. */
const gapCandlesMax = 20;
const gapMsMax = 2 * 3_600_000;

/** A candle narrower than this is not one to see any more, px. */
const barPxMin = 3;
/** A candle of the next shorter length must be this wide to be worth it, px. */
const shorterPxMin = 5;

/**
 * What the chart draws: candles, and empty windows where no one traded for a while.
 *
 * @param {readonly Candle[]} candles Oldest first.
 * @param {number} sizeMs
 * @returns {Bar[]}
 */
export function barsOf(candles, sizeMs) {
  const gapMax = Math.min(gapCandlesMax * sizeMs, gapMsMax);
  /** @type {Bar[]} */
  const bars = [];
  for (const candle of candles) {
    const end = bars.at(-1)?.end ?? candle.start;
    if (candle.start - end <= gapMax) {
      for (let start = end; start < candle.start; start += sizeMs) {
        bars.push({ start, end: start + sizeMs });
      }
    }
    bars.push(candle);
  }
  return bars;
}

/**
 * The time at a position between bars, epoch ms; beyond both ends time runs on evenly.
 *
 * @param {readonly Bar[]} candles Oldest first, at least one.
 * @param {number} position
 * @param {number} sizeMs
 */
export function timeAt(candles, position, sizeMs) {
  const index = Math.max(0, Math.min(candles.length - 1, Math.round(position)));
  return (candles[index]?.start ?? 0) + (position - index) * sizeMs;
}

/**
 * The position of a time between bars, the reverse of `timeAt`. A time in a stretch without
 * candles is where they meet.
 *
 * @param {readonly Bar[]} candles Oldest first.
 * @param {number} timeMs
 * @param {number} sizeMs
 */
export function positionOf(candles, timeMs, sizeMs) {
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined) return 0;
  if (timeMs < first.start) return (timeMs - first.start) / sizeMs;
  if (timeMs > last.start) return candles.length - 1 + (timeMs - last.start) / sizeMs;
  return candles.findIndex(({ start }) => start >= timeMs);
}

/**
 * What is in view once candles have changed so that the reader's place is kept: the end, where
 * that was in view, else the candle at the left edge.
 *
 * @param {readonly Bar[]} before
 * @param {readonly Bar[]} after
 * @param {Span & { follow: boolean }} view Positions that were in view, and whether the end is one
 *   that new candles follow.
 * @returns {Span}
 */
export function keptView(before, after, { from, to, follow }) {
  const [last, newLast] = [before.at(-1), after.at(-1)];
  if (last === undefined || newLast === undefined) return { from, to };
  const follows = follow && to >= before.length - 1 && newLast.start >= last.start;
  const left = before[Math.max(0, Math.min(before.length - 1, Math.round(from)))] ?? last;
  const index = after.findIndex(({ start }) => start >= left.start);
  const move = follows || index < 0 ? after.length - before.length : index - before.indexOf(left);
  return { from: from + move, to: to + move };
}

/**
 * The length of candles that fits what is in view. It changes only where candles become too narrow
 * to see, or where shorter ones have room: a reader at the border does not see it flicker.
 *
 * @param {readonly Resolution[]} resolutions Shortest first.
 * @param {Resolution} current
 * @param {number} barPx How wide a candle is now.
 * @returns {Resolution}
 */
export function fittingResolution(resolutions, current, barPx) {
  const msPerPx = current.size_ms / barPx;
  const pxOf = (/** @type {Resolution} */ { size_ms }) => size_ms / msPerPx;
  if (barPx < barPxMin) {
    return resolutions.find((one) => pxOf(one) >= barPxMin) ?? resolutions.at(-1) ?? current;
  }
  const shorter = resolutions.find((one) =>
    one.size_ms < current.size_ms && pxOf(one) >= shorterPxMin
  );
  return shorter ?? current;
}
