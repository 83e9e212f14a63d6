import type { Headers } from "../../streams/record.ts";
import { decodeText } from "../../streams/text.ts";
import { UnreadableError } from "../wire/unreadable.ts";
import type { RecordCursor } from "./record_cursor.ts";

const noHeaders: Headers = Object.freeze({});
const noBytes = new Uint8Array(0);

/** What the record before had at one place of its headers. */
interface PreviousHeader {
  nameBytes: Uint8Array;
  name: string;
  value: Uint8Array;
}

/**
 * Reads the headers of one record after the other.
 *
 * A writer gives all its records the same names in the same order, so each place is compared with
 * the record before and decoded only if it differs.
 */
export class HeaderDecoder {
  readonly #cursor: RecordCursor;
  readonly #previous: PreviousHeader[] = [];

  constructor(cursor: RecordCursor) {
    this.#cursor = cursor;
  }

  /** The headers at the cursor; of several with one name the last one stays. */
  decode(): Headers {
    const count = this.#cursor.varint();
    if (count < 0) throw new UnreadableError(`${count} headers`);
    if (count === 0) return noHeaders;
    const headers: Record<string, Uint8Array> = {};
    for (let place = 0; place < count; place++) {
      const { name, value } = this.#next(place);
      if (name === "__proto__") define(headers, name, value);
      else headers[name] = value;
    }
    return headers;
  }

  #next(place: number): PreviousHeader {
    const previous = this.#previous[place] ?? this.#add();
    const nameBytes = this.#cursor.bytesLike(previous.nameBytes) ?? noBytes;
    if (nameBytes !== previous.nameBytes) {
      previous.nameBytes = nameBytes;
      previous.name = decodeText(nameBytes) ?? "";
    }
    previous.value = this.#cursor.bytesLike(previous.value) ?? noBytes;
    return previous;
  }

  #add(): PreviousHeader {
    const fresh = { nameBytes: noBytes, name: "", value: noBytes };
    this.#previous.push(fresh);
    return fresh;
  }
}

/** A name that would otherwise change the object's prototype. */
function define(headers: Record<string, Uint8Array>, name: string, value: Uint8Array): void {
  Object.defineProperty(headers, name, { value, enumerable: true, configurable: true });
}
