import { Metrics } from "../../src/http/metrics/metrics.ts";
import { FakeLiveView, fakeStandby, fakeTask } from "./fake_live_view.ts";

const place = { topic: "trade1", partition: 0 };
const restore = { position: 4, restoredRecords: 4, remainingOffsets: 6, recordsPerSecond: 2 };

/** What a program shows in which everything has happened at least once. */
export async function everyMetric(): Promise<string> {
  const metrics = new Metrics();
  metrics.http.answered("/metrics", 200, 3);
  metrics.http.countClients(() => 1);
  metrics.ingest.appendFailed("LOG_UNAVAILABLE");
  metrics.ingest.spool.bounds({ bytesMax: 1_000, ageMsMax: Infinity });
  metrics.stream.taskFailed("SINK_UNAVAILABLE");
  metrics.stream.activity(place, { symbols: 5, quietSymbols: 2, openWindows: 9 });
  const view = new FakeLiveView();
  view.statuses = [fakeTask({ lagRecords: 7, lastCommitAtMs: 1_000, committedOffset: 3, restore })];
  view.standbyStatuses = [fakeStandby({ remainingOffsets: 3 })];
  return await metrics.render(view);
}
