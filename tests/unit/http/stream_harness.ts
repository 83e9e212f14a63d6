/** Readers of the live stream, without a socket. */
import assert from "node:assert/strict";
import type { Subscription } from "../../../src/http/viewer.ts";
import { surface } from "./harness.ts";

interface StreamEvent {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

function parseEvents(text: string): StreamEvent[] {
  return text.split("\n\n").filter((block) => block !== "" && !block.startsWith(":")).map(
    (block) => {
      const [, name = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { name, data: JSON.parse(data) };
    },
  );
}

export async function readEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<StreamEvent[]> {
  const { value } = await reader.read();
  return parseEvents(new TextDecoder().decode(value));
}

export async function follow(
  ask: (path: string) => Promise<Response>,
  query = "",
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await ask(`/api/stream${query}`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert(response.body);
  return response.body.getReader();
}

/** Reads what a reader is told at its beginning: the state and rows, then the list. */
export async function beginning(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<StreamEvent[]> {
  return [...await readEvents(reader), ...await readEvents(reader)];
}

/** A surface whose hub runs, and how to let time pass in it. */
export function running(
  options: Parameters<typeof surface>[0] = {},
): ReturnType<typeof surface> & AsyncDisposable & { pass(ticks?: number): Promise<void> } {
  const made = surface(options);
  const stop = new AbortController();
  const run = made.context.events.run(stop.signal);
  return {
    ...made,
    async pass(ticks = 1) {
      for (let tick = 0; tick < ticks; tick++) {
        made.context.clock.step();
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await run;
    },
  };
}

/** What a client looks at that looks at nothing. */
export const nothing: Subscription = {
  symbols: new Set(),
  resolution: undefined,
  rows: new Set(),
  listed: "",
};
