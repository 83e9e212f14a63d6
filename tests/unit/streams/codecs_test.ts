import assert from "node:assert/strict";
import { json, PipelineError, text } from "../../../src/streams/mod.ts";
import {
  sessionStateCodec,
  slidingStateCodec,
  windowStateCodec,
} from "../../../src/streams/topology/codecs.ts";

const window = { final: true, versionUs: 2, receivedAtMs: 3 };
const open = { final: false, versionUs: 1e15, receivedAtMs: 1e12 };

Deno.test.each([
  { of: "window", codec: windowStateCodec(text()), states: [window, open] },
  {
    of: "session",
    codec: sessionStateCodec(text()),
    states: [{ ...window, spanMs: 4, withdrawn: true }, { ...open, spanMs: 0, withdrawn: false }],
  },
  { of: "sliding window", codec: slidingStateCodec(text()), states: [{ ...window, lastMs: 4 }] },
])("the state of a $of comes back as it was, and is refused where its bytes end early", (row) => {
  const { codec, states } = row;
  for (const aggregate of ["", "much"]) {
    for (const state of states) {
      const bytes = codec.encode({ ...state, aggregate });
      assert.deepEqual(codec.decode(bytes), { ...state, aggregate });
      for (let length = 0; length < bytes.length - aggregate.length; length++) {
        assert.throws(() => codec.decode(bytes.subarray(0, length)), PipelineError);
      }
    }
  }
});

Deno.test.each([
  { codec: text(), bytes: [0xff], why: /it is not UTF-8/ },
  { codec: json(), bytes: [0xff], why: /it is not UTF-8/ },
  { codec: json(), bytes: [], why: /it is not JSON/ },
  { codec: json((it): it is string => typeof it === "string"), bytes: [0x31], why: /form/ },
])("a codec says why it cannot read $bytes: $why", ({ codec, bytes, why }) => {
  const decode = () => codec.decode(Uint8Array.from(bytes));
  assert.throws(decode, { name: "PipelineError", code: "RECORD_MALFORMED", message: why });
});
