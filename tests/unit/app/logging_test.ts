import assert from "node:assert/strict";
import { createLogger } from "../../../src/app/logging.ts";
import { scrubber } from "../../../src/app/scrub.ts";
import type { LogConfig } from "../../../src/app/log_settings.ts";

function linesOf(config: LogConfig, to: "terminal" | "pipe"): string[] {
  const lines: string[] = [];
  const logger = createLogger("test", config, {
    write: (line) => lines.push(line),
    terminal: to === "terminal",
    scrub: scrubber(),
  });
  logger.debug("quiet");
  logger.warn('Frame {"a": {b}} came', { count: 1 });
  return lines;
}

Deno.test("createLogger() writes text on a terminal and JSON elsewhere", () => {
  const config: LogConfig = { logLevel: "info", logFormat: "auto" };
  assert.match(
    linesOf(config, "terminal").join(),
    / warning Frame \{"a": \{b\}\} came {2}count=1$/,
  );
  const [json = ""] = linesOf(config, "pipe");
  assert.equal(JSON.parse(json).message, 'Frame {"a": {b}} came');
});

Deno.test("createLogger() keeps the format that was asked for", () => {
  assert.match(linesOf({ logLevel: "info", logFormat: "json" }, "terminal").join(), /^\{/);
  assert.match(linesOf({ logLevel: "info", logFormat: "text" }, "pipe").join(), /^\d\d:/);
});

Deno.test("createLogger() leaves out what is less important than LOG_LEVEL", () => {
  assert.equal(linesOf({ logLevel: "debug", logFormat: "text" }, "terminal").length, 2);
  assert.equal(linesOf({ logLevel: "warning", logFormat: "text" }, "terminal").length, 1);
  assert.equal(linesOf({ logLevel: "error", logFormat: "text" }, "terminal").length, 0);
});
