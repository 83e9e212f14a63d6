import assert from "node:assert/strict";
import { job, merge, stream, table, text } from "../../../src/streams/mod.ts";
import {
  describeTopology,
  mermaidTopology,
} from "../../../src/streams/topology/describe_topology.ts";
import { countingTopology } from "../../support/counting_topology.ts";

Deno.test("describeTopology() names every topic, store and sink", () => {
  assert.equal(
    describeTopology(countingTopology({ advanceMs: 5_000 }), "app"),
    `Topology: counting
  Source: input, one task per partition
    unreadable, impossible, more than 60000 ms ahead --> input-dead-letters
    every event --> sink
  Windows: hopping, 10000 ms every 5000 ms, grace 5000 ms
    too late --> input-late
  Store: totals, kept 1000000 ms
    changes --> app-totals-changelog
    changed rows --> sink
`,
  );
});

Deno.test("describeTopology() and mermaidTopology() show the repartition topic", () => {
  const job = countingTopology({ repartition: true });
  assert.match(describeTopology(job, "app"), /in the wrong place --> app-repartition --> read/);
  assert.match(mermaidTopology(job, "app"), /read -. in the wrong place .-> repartition --> read/);
});

Deno.test("describeTopology() names the lengths that windows are rolled up to", () => {
  const text = describeTopology(countingTopology({ rollUps: true }), "app");
  assert.ok(text.includes(`
    rolled up to 20000 ms, kept 65000 ms
    rolled up to 60000 ms, kept 65000 ms
`));
  const drawing = mermaidTopology(countingTopology({ rollUps: true }), "app");
  assert.ok(drawing.includes(`
  rollUps["rolled up to 20000 ms, 60000 ms"]
  windows --> rollUps --> store
`));
});

Deno.test("describeTopology() and mermaidTopology() show sessions", () => {
  const job = countingTopology({ gapMs: 3_000 });
  assert.match(describeTopology(job, "app"), /Windows: sessions, gap 3000 ms, grace 5000 ms\n/);
  assert.match(mermaidTopology(job, "app"), /windows\["sessions, gap 3000 ms, grace 5000 ms"\]/);
});

Deno.test("describeTopology() and mermaidTopology() show sliding windows", () => {
  const job = countingTopology({ advanceMs: 1_000, slides: true });
  const windows = /sliding, 9000 ms by 1000 ms, grace 5000 ms/;
  assert.match(describeTopology(job, "app"), windows);
  assert.match(mermaidTopology(job, "app"), windows);
});

Deno.test("describeTopology() and mermaidTopology() show a table without windows, and its topic", () => {
  const job = countingTopology({ unwindowed: true });
  const text = describeTopology(job, "app");
  assert.match(text, /Store: totals, a row per key\n/);
  assert.match(text, /changed rows --> results\n/);
  assert.doesNotMatch(text, /Windows:|late/);
  assert.match(mermaidTopology(job, "app"), /store --> output1\[\/"results"\/\]/);
  const final = countingTopology({ results: "final" });
  assert.match(describeTopology(final, "app"), /final rows --> results\n/);
});

Deno.test("describeTopology() and mermaidTopology() show every input and table", () => {
  const users = table("users", text());
  const counts = merge(stream("taps", text()), stream("clicks", text())).groupByKey()
    .join(users, (value) => value).count("counts");
  const topology = job("both").to("results", counts);
  const described = describeTopology(topology, "app");
  assert.match(described, /Source: taps, one.*\n {2}Source: clicks, merged with it\n/);
  assert.match(described, /Table: users, joined\n {2}Store: counts/);
  const drawn = mermaidTopology(topology, "app");
  assert.match(drawn, /source1\[\("clicks"\)\] --> read\n/);
  assert.match(drawn, /table0\[\("users"\)\] -- joined --> windows\n/);
});

Deno.test("mermaidTopology() draws the same", () => {
  assert.equal(
    mermaidTopology(countingTopology(), "app"),
    `flowchart LR
  source[("input")]
  read["read"]
  windows["tumbling, 10000 ms, grace 5000 ms"]
  store[("totals")]
  source --> read --> windows --> store
  store --> output0[/"sink"/]
  events[/"sink"/]
  read --> events
  store --> changelog[("app-totals-changelog")]
  read -. unreadable .-> dead[("input-dead-letters")]
  windows -. late .-> late[("input-late")]
`,
  );
});

Deno.test("describeTopology() and mermaidTopology() show streams and processors", () => {
  const lines = stream("lines", text()).groupByKey();
  const last = lines.process("last", { line: text() }, { process: (line) => [line] });
  const topology = job("lines").to("all", lines).to("last-lines", last);
  assert.equal(
    describeTopology(topology, "app").split("\n").slice(3).join("\n"),
    `  Processor: last, with stores
    every value --> all
    every value --> last-lines
  Store: positions and processors
    changes --> app-task-changelog
`,
  );
  const drawing = mermaidTopology(topology, "app");
  assert.match(drawing, /windows --> stream1\[\/"last-lines"\/\]/);
  assert.match(drawing, /windows\["last"\]/);
});
