/** The scripts that containers run, with a `deno` that says what it was started with. */
import assert from "node:assert/strict";
import { readProcessConfig } from "../../src/app/process_config.ts";
import { outputOf } from "../support/command.ts";

const spy = `#!/bin/sh\necho "$HTTP_PEER_URL"\n`;

/** What the launcher of a program in this folder tells it of HTTP_PEER_URL. */
async function peerUrl(
  folder: string,
  program: string,
  given: Readonly<Record<string, string>>,
): Promise<string> {
  const child = new Deno.Command("/bin/sh", {
    args: [`${folder}/${program}`],
    clearEnv: true,
    env: { PATH: `${folder}:/usr/bin:/bin`, ...given },
  });
  const { success, stdout } = await child.output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("the launcher of process tells others its machine's name where it listens everywhere", async () => {
  const folder = await Deno.makeTempDir({ prefix: "launchers-" });
  await outputOf(Deno.execPath(), ["run", "--allow-write", "scripts/launchers.ts", folder]);
  await Deno.writeTextFile(`${folder}/deno`, spy, { mode: 0o755 });
  const everywhere = { HTTP_HOST: "0.0.0.0", HTTP_PORT: "8080" };
  const told = await peerUrl(folder, "process", everywhere);
  assert.equal(told, `http://${Deno.hostname()}:8080`);
  const encrypted = { ...everywhere, HTTP_TLS_CERT_FILE: "/login/cert.pem" };
  assert.equal(await peerUrl(folder, "process", encrypted), `https://${Deno.hostname()}:8080`);
  assert.equal(await peerUrl(folder, "process", { ...everywhere, HTTP_HOST: "[::]" }), told);
  const config = readProcessConfig({ HTTP_PEER_URL: told });
  assert.equal(config.httpPeerUrl, told.toLowerCase());

  assert.equal(await peerUrl(folder, "process", { ...everywhere, HTTP_HOST: "127.0.0.1" }), "");
  const advertised = { HTTP_ADVERTISED_URL: "https://a:8443", HTTP_PEER_URL: "" };
  assert.equal(await peerUrl(folder, "process", { ...everywhere, ...advertised }), "");
  const given = { HTTP_PEER_URL: "http://b:1" };
  assert.equal(await peerUrl(folder, "process", { ...everywhere, ...given }), "http://b:1");
  assert.equal(await peerUrl(folder, "produce", everywhere), "");
  await Deno.remove(folder, { recursive: true });
});
