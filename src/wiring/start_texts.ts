import type { StartConfig } from "../app/start_config.ts";
import type { FeedKind } from "../http/ports.ts";

/** What a first-time user has to know: what runs, where to look, how to go live. */
export function welcome(kind: FeedKind, config: StartConfig, url: string): string {
  return [
    `${feedLine(kind, config)}`,
    `  page      ${url}`,
    `  data      ${config.dataDir} (the next start continues from there)`,
    `  metrics   ${url}/metrics`,
    `  stop      Ctrl-C`,
    ...(kind === "live" ? [] : [
      `  go live   set FINHUB_SECRET_KEY to a key from finnhub.io and FINHUB_SYMBOLS, start again`,
    ]),
  ].join("\n");
}

/** What to say when the feed has ended. */
export function farewell(kind: FeedKind, stopping: boolean): string {
  if (stopping) return "The feed is closed";
  return kind === "replay"
    ? "The recording is at its end; the page stays until Ctrl-C"
    : "The feed has ended; the page stays until Ctrl-C";
}

function feedLine(kind: FeedKind, { symbols, replayFile, replaySpeed }: StartConfig): string {
  switch (kind) {
    case "simulated":
      return `Running on a SIMULATED market (${symbols.join(", ")}): no price is real`;
    case "replay":
      return `Replaying ${replayFile} at ${
        Number.isFinite(replaySpeed) ? `${replaySpeed} times its` : "full"
      } speed`;
    case "live":
      return `Live from Finnhub: ${symbols.join(", ")}`;
  }
}
