import { PipelineError } from "../../base/errors.ts";
import type { WindowState } from "./key_state.ts";
import { decodeText, encodeText } from "../text.ts";
import type { Codec } from "./codec.ts";

/**
 * Values as JSON: for jobs without a schema of their own, and readable in a failing test.
 *
 * JSON knows neither `NaN` nor infinite numbers, `undefined`, `bigint` or `Date`: a value that
 * holds one of these comes back as another one, or cannot be written.
 *
 * @param isOne Tells what is a value of this form; without it everything is taken for one.
 */
export function json<T>(isOne: (value: unknown) => value is T = isAnything): Codec<T> {
  return {
    encode: (value) => encodeText(JSON.stringify(value)),
    decode(bytes) {
      const value = parse(utf8.decode(bytes));
      if (isOne(value)) return value;
      throw new PipelineError(
        "RECORD_MALFORMED",
        "Cannot read a value as it does not have the expected form",
      );
    },
  };
}

function isAnything<T>(_value: unknown): _value is T {
  return true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PipelineError("RECORD_MALFORMED", "Cannot read a value as it is not JSON", { cause });
  }
}

const utf8: Codec<string> = {
  encode: encodeText,
  decode(bytes) {
    const decoded = decodeText(bytes);
    if (decoded !== undefined) return decoded;
    throw new PipelineError("RECORD_MALFORMED", "Cannot read a value as it is not UTF-8");
  },
};

/** Values as UTF-8. */
export function text(): Codec<string> {
  return utf8;
}

/** One byte for `final`, eight each for the write time and the receive time. */
const headBytes = 17;

/** What is kept of a window: what the engine knows of it, then the aggregate as its codec has it. */
export function windowStateCodec<A>(aggregates: Codec<A>): Codec<WindowState<A>> {
  return {
    encode({ aggregate, final, versionUs, receivedAtMs }) {
      const value = aggregates.encode(aggregate);
      const bytes = new Uint8Array(headBytes + value.length);
      bytes.set(value, headBytes);
      const head = new DataView(bytes.buffer);
      head.setUint8(0, final ? 1 : 0);
      head.setFloat64(1, versionUs);
      head.setFloat64(9, receivedAtMs);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length < headBytes) {
        throw new PipelineError("RECORD_MALFORMED", "Cannot read a window as its bytes end early");
      }
      const head = new DataView(bytes.buffer, bytes.byteOffset);
      return {
        aggregate: aggregates.decode(bytes.subarray(headBytes)),
        final: head.getUint8(0) === 1,
        versionUs: head.getFloat64(1),
        receivedAtMs: head.getFloat64(9),
      };
    },
  };
}

/** One byte for `withdrawn`, eight for the span. */
const sessionBytes = 9;

/** The same of a session: its span and whether it is withdrawn, then what every window has. */
export function sessionStateCodec<A>(aggregates: Codec<A>): Codec<WindowState<A>> {
  const windows = windowStateCodec(aggregates);
  return {
    encode(state) {
      const { spanMs = 0, withdrawn } = state;
      const window = windows.encode(state);
      const bytes = new Uint8Array(sessionBytes + window.length);
      bytes.set(window, sessionBytes);
      const head = new DataView(bytes.buffer);
      head.setUint8(0, withdrawn === true ? 1 : 0);
      head.setFloat64(1, spanMs);
      return bytes;
    },
    decode(bytes) {
      const window = windows.decode(bytes.subarray(sessionBytes)); // the first to see that bytes lack
      const head = new DataView(bytes.buffer, bytes.byteOffset);
      return {
        ...window,
        spanMs: head.getFloat64(1),
        withdrawn: head.getUint8(0) === 1,
      };
    },
  };
}

/** Bytes of a time. */
const timeBytes = 8;

/** The same of a sliding window: the time of its last event, then what every window has. */
export function slidingStateCodec<A>(aggregates: Codec<A>): Codec<WindowState<A>> {
  const windows = windowStateCodec(aggregates);
  return {
    encode(state) {
      const { lastMs = 0 } = state;
      const window = windows.encode(state);
      const bytes = new Uint8Array(timeBytes + window.length);
      bytes.set(window, timeBytes);
      const head = new DataView(bytes.buffer);
      head.setFloat64(0, lastMs);
      return bytes;
    },
    decode(bytes) {
      const window = windows.decode(bytes.subarray(timeBytes)); // the first to see that bytes lack
      const lastMs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
      return { ...window, lastMs };
    },
  };
}
