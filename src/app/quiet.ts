import process from "node:process";

/**
 * Drops what Deno warns of in Node's name: kafkajs sets timers that lie in the past, which is
 * harmless, and each would be two lines on the terminal.
 */
export function dropNodeWarnings(): void {
  process.removeAllListeners("warning");
}
