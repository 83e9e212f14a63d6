/** `deno task dev audit` tells packages that are vulnerable from a registry that does not answer. */
import assert from "node:assert/strict";
import { root } from "../../scripts/lib/source_files.ts";
import { freePort } from "../support/free_port.ts";

const ignore = Deno.permissions.querySync({ name: "run" }).state !== "granted";

const advisory = {
  id: 1,
  url: "https://example.test/GHSA-1",
  title: "a frame ends the process",
  severity: "high",
  vulnerable_versions: "<99.0.0",
  cwe: [],
  cvss: { score: 7, vectorString: null },
};

async function audit(port: number): Promise<[code: number, output: string]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", "scripts/audit.ts"],
    cwd: root,
    env: { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}` },
  }).output();
  const texts = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return [code, texts.join("")];
}

async function auditedBy(answer: () => Response): Promise<[code: number, output: string]> {
  await using registry = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  return await audit(registry.addr.port);
}

Deno.test({
  name: "audit says what is vulnerable, and that nothing is",
  ignore,
  async fn() {
    const [found, report] = await auditedBy(() => Response.json({ ws: [advisory] }));
    assert.match(report, /Package: +ws\n[^]*Found 1 vulnerabilities/);
    assert.equal(found, 1);
    const [none, praise] = await auditedBy(() => Response.json({}));
    assert.match(praise, /No known vulnerabilities/);
    assert.equal(none, 0);
  },
});

Deno.test({
  name: "audit says that nothing is known where the registry cannot be asked",
  ignore,
  async fn() {
    const unknown = /^Not audited: the registry could not be asked, so nothing is known\. error: /;
    for (const status of [404, 500]) {
      const [code, output] = await auditedBy(() =>
        new Response("Found 1 vulnerabilities", { status })
      );
      assert.match(output, unknown);
      assert.equal(code, 3);
    }
    const [code, output] = await audit(freePort());
    assert.match(output, unknown);
    assert.match(output, /error sending request/);
    assert.equal(code, 3);
  },
});
