import assert from "node:assert/strict";
import { cassandraContradictions } from "../../../src/app/cassandra_settings.ts";
import { readProcessConfig } from "../../../src/app/process_config.ts";

function problems(ttl: string, day: string): string[] {
  return cassandraContradictions(readProcessConfig({ TRADES_TTL: ttl }), Date.parse(day));
}

Deno.test("cassandraContradictions() refuses a lifetime past Cassandra's last expiry, with the bound", () => {
  assert.deepEqual(problems("3285d", "2028-01-20"), []);
  assert.deepEqual(problems("0", "2037-12-01"), []);
  const [problem = "", ...more] = problems("3650d", "2028-01-20");
  assert.match(problem, /^TRADES_TTL must be at most 3287d, or 0 for no end: .*2038-01-19/);
  assert.deepEqual(more, []);
});
