/** What the documents say about the containers must be true of the compose file. */
import assert from "node:assert/strict";
import composeText from "../../../compose/compose.yaml" with { type: "text" };
import operating from "../../../docs/OPERATING.md" with { type: "text" };
import { parseComposeFile } from "../../support/compose_file.ts";

const { services, volumes } = parseComposeFile(composeText);

Deno.test("OPERATING names volumes that exist", () => {
  for (const [, name = ""] of operating.matchAll(/market_([\w-]+-data)/g)) {
    assert(name in volumes, name);
  }
});

Deno.test("OPERATING tells programs of this machine the ports that compose publishes", () => {
  const published = Object.values(services).flatMap(({ ports = [] }) => ports);
  const told = [...operating.matchAll(/127\.0\.0\.1:(\d{5})/g)].map(([, port]) => port);
  assert.equal(told.length, 3);
  for (const port of told) assert(published.some((entry) => entry.includes(`:${port}:`)), port);
  const [, cql] = /^CASSANDRA_PORT=(\d+)$/m.exec(operating) ?? [];
  assert(services["cassandra"]?.ports?.includes(`127.0.0.1:${cql}:9042`));
});
