// @ts-check

/** Locales whose names of zones are tried: each has short names for its own part of the world. */
const locales = /** @type {const} */ (["en-US", "en-GB", "en-AU"]);

/** Times as the clock on a wall shows them, in a zone that is named. */
export class Zone {
  /** As the IANA names it, `Europe/Berlin`. @type {string} */
  name;
  #parts;
  #names;

  /** @param {string} [name] The reader's own where it is not given. */
  constructor(name) {
    this.#parts = new Intl.DateTimeFormat("en-GB", {
      ...(name === undefined ? {} : { timeZone: name }),
      hourCycle: "h23",
      ...{ year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
    });
    this.name = this.#parts.resolvedOptions().timeZone;
    this.#names = locales.map((locale) =>
      new Intl.DateTimeFormat(locale, { timeZone: this.name, timeZoneName: "short" })
    );
  }

  /**
   * What the zone is called at a time: `CET`, or `GMT+5:30` where it has no short name.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {string}
   */
  label(ms) {
    if (!isDate(ms)) return this.name;
    const names = this.#names.map((format) =>
      format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? ""
    );
    return names.find((name) => !/^(GMT|UTC)./.test(name)) ?? names[0] ?? this.name;
  }

  /**
   * How far the wall's clock is ahead of UTC, ms.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {number}
   */
  offsetMs(ms) {
    if (!isDate(ms)) return 0;
    return Date.parse(`${this.date(ms)}T${this.timeMs(ms)}Z`) - ms;
  }

  /**
   * Day, `2013-10-07`.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {string}
   */
  date(ms) {
    const { year, month, day } = this.#partsOf(ms);
    return `${year}-${month}-${day}`;
  }

  /**
   * Time of day, `13:30:05`.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {string}
   */
  time(ms) {
    const { hour, minute, second } = this.#partsOf(ms);
    return `${hour}:${minute}:${second}`;
  }

  /**
   * Time of day with milliseconds, `13:30:05.120`.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {string}
   */
  timeMs(ms) {
    return `${this.time(ms)}.${this.#partsOf(ms).fractionalSecond}`;
  }

  /**
   * Day and time.
   *
   * @param {number} ms Epoch milliseconds.
   * @returns {string}
   */
  dateTime(ms) {
    return `${this.date(ms)} ${this.time(ms)}`;
  }

  /** @param {number} ms */
  #partsOf(ms) {
    /** @type {Record<string, string>} */
    const found = {};
    if (isDate(ms)) {
      for (const { type, value } of this.#parts.formatToParts(ms)) found[type] = value;
    }
    const part = (/** @type {string} */ name, /** @type {number} */ length) =>
      (found[name] ?? "–".repeat(length)).padStart(length, "0");
    return {
      ...{ year: part("year", 4), month: part("month", 2), day: part("day", 2) },
      ...{ hour: part("hour", 2), minute: part("minute", 2), second: part("second", 2) },
      fractionalSecond: part("fractionalSecond", 3),
    };
  }
}

/** @param {number} ms */
function isDate(ms) {
  return Number.isFinite(new Date(ms).getTime());
}

/** The reader's. */
export const zone = new Zone();

/** Of candles as long as a day: theirs are days of UTC. */
export const utc = new Zone("UTC");
