import assert from "node:assert/strict";
import { formatJson, formatText, type LogLine } from "../../../src/app/log_line.ts";
import { InvariantError } from "../../../src/base/assert.ts";
import { PipelineError } from "../../../src/base/errors.ts";

const line: LogLine = {
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  level: "info",
  name: "produce",
  message: "Connected",
  fields: { symbols: 2, host: "ws.example" },
};

Deno.test("formatText() is one readable line", () => {
  assert.equal(formatText(line), '03:04:05.678 info    Connected  symbols=2 host="ws.example"');
  assert.equal(formatText({ ...line, fields: {} }), "03:04:05.678 info    Connected");
});

Deno.test("formatText() lets no message forge another line", () => {
  assert.equal(
    formatText({ ...line, message: "a\n\u001b[2Jb\r", fields: {} }),
    "03:04:05.678 info    a\n  \\u001b[2Jb\\r",
  );
});

Deno.test("formatJson() is one JSON object whose own names win over fields", () => {
  assert.deepEqual(JSON.parse(formatJson({ ...line, fields: { level: "mine", offset: 7n } })), {
    time: "2026-01-02T03:04:05.678Z",
    level: "info",
    program: "produce",
    message: "Connected",
    offset: "7",
  });
});

Deno.test("formatJson() shows a fault by code and context, and a bug by its stack", () => {
  const fault = new PipelineError("SINK_UNAVAILABLE", "Cannot write", {
    cause: new Error("refused"),
    context: { host: "c1" },
  });
  const bug = new InvariantError("offset went back");
  const fields = JSON.parse(formatJson({ ...line, fields: { fault, bug } }));
  assert.deepEqual(fields.fault, {
    code: "SINK_UNAVAILABLE",
    message: "Cannot write: refused",
    host: "c1",
  });
  assert.match(fields.bug.stack, /log_line_test/);
});

for (const format of [formatText, formatJson]) {
  Deno.test(`${format.name}() lets nothing invisible through`, () => {
    const text = "a\u009bb\u202ec\u200bd\u2028e\u{e0041}f\u007fg";
    const shown = "a\\u009bb\\u202ec\\u200bd\\u2028e\\udb40\\udc41f\\u007fg";
    const formatted = format({ ...line, message: text, fields: { symbol: text } });
    assert.equal(formatted.split(shown).length, 3, formatted);
  });

  Deno.test(`${format.name}() survives values that JSON cannot hold`, () => {
    const fields = { nothing: undefined, big: 2n, list: [3n], fn: () => 1, symbol: Symbol("s") };
    const text = format({ ...line, fields });
    assert(text.includes("2") && !text.includes("nothing"));
  });
}
