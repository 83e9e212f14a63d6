import assert from "node:assert/strict";
import { globalTable, job, stream, table, text, tumbling } from "../../../src/streams/mod.ts";
import { rulesOf } from "../../../src/streams/topology/rules.ts";

const lines = stream("lines", text()).groupByKey();
const windows = tumbling("10s", { grace: "5s", retention: "1m" });
const counts = lines.window(windows).count("counts");

// The text is part of the state: where it changes, every result is made again.
Deno.test("rulesOf() says what it always has of a job that chooses nothing", () => {
  assert.equal(
    rulesOf(job("counts").to("counts", counts)),
    '{"engine":1,"job":"","grace":5000,"kept":[[10000,60000]],"future":60000,"agreeing":1000,' +
      '"rekeyed":false}',
  );
});

Deno.test("rulesOf() tells apart what makes other results of the same input", () => {
  const joined = (topic: string) =>
    lines.leftJoin(table(topic, text()), String).window(windows).count("counts");
  const global = (topic: string) =>
    lines.leftJoin(globalTable(topic, text()), String, String).window(windows).count("counts");
  const jobs = [
    job("a").to("counts", counts),
    job("a", { revision: "2" }).to("counts", counts),
    job("a", { maxFuture: "1s" }).to("counts", counts),
    job("a", { agreeingEvents: 1 }).to("counts", counts),
    job("a").to("counts", lines.count("counts")),
    job("a").to("counts", joined("names")),
    job("a").to("counts", joined("cities")),
    job("a").to("counts", global("names")),
    job("a").to("counts", global("cities")),
  ];
  assert.equal(new Set(jobs.map(rulesOf)).size, jobs.length);
});
