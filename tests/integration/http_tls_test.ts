import assert from "node:assert/strict";
import { connect } from "node:tls";
import { readProcessConfig } from "../../src/app/process_config.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { Secret } from "../../src/base/secret.ts";
import { Metrics } from "../../src/http/metrics/metrics.ts";
import { serveOperations } from "../../src/http/exchange/operations_server.ts";
import { readHttpFiles } from "../../src/wiring/http_files.ts";
import { makeCertificates } from "../support/certificates.ts";

const yearMs = 365 * 86_400_000;

function clockAhead(ms: number): Clock {
  return { ...systemClock, nowMs: () => systemClock.nowMs() + ms };
}

/** What is wrong with the files, a line each. */
async function problemsOf(
  env: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
): Promise<string[]> {
  try {
    await readHttpFiles("process", readProcessConfig(env), { clock, hide() {} });
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1).map((line) => line.trim());
  }
}

/** The certificate that a server shows, as PEM without its frame. */
function shown(port: number, ca: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca }, () => {
    resolve(new Uint8Array(socket.getPeerCertificate().raw).toBase64());
    socket.destroy();
  });
  socket.on("error", reject);
  return promise;
}

Deno.test("readHttpFiles() names each file that cannot be used, and why", async () => {
  const folder = await Deno.makeTempDir();
  const { certificate, key, authority } = await makeCertificates(folder, "password");
  const own = { HTTP_TLS_CERT_FILE: certificate, HTTP_TLS_KEY_FILE: key };
  assert.deepEqual(await problemsOf(own), []);
  assert.match(
    (await problemsOf(own, clockAhead(yearMs)))[0] ?? "",
    /^HTTP_TLS_CERT_FILE must be valid now, or no client connects: ".*" expired at 20\d\d-/,
  );
  assert.match(
    (await problemsOf(own, clockAhead(-yearMs)))[0] ?? "",
    /^HTTP_TLS_CERT_FILE must be valid now, or no client connects: ".*" is valid from 20\d\d-/,
  );
  assert.deepEqual(await problemsOf({ ...own, HTTP_TLS_CERT_FILE: authority }), [
    `HTTP_TLS_KEY_FILE must be the key of HTTP_TLS_CERT_FILE: "${key}" is another's`,
  ]);
  const short = `${folder}/short`;
  await Deno.writeTextFile(short, "fifteen-letters\n");
  const swapped = { HTTP_TLS_CERT_FILE: short, HTTP_TLS_KEY_FILE: certificate };
  assert.deepEqual(await problemsOf({ ...swapped, HTTP_TOKEN_FILE: short }), [
    "HTTP_TOKEN_FILE must be a file with a token of 16 to 256 letters, digits and -._~+/=: " +
    `"${short}" holds something else`,
    `HTTP_TLS_CERT_FILE must be a PEM file of certificates: "${short}" is none`,
    `HTTP_TLS_KEY_FILE must be a PEM file of a private key: "${certificate}" is none`,
  ]);
  assert.deepEqual(await problemsOf({ HTTP_TOKEN_FILE: `${folder}/absent` }), [
    "HTTP_TOKEN_FILE must be a file with a token of 16 to 256 letters, digits and -._~+/=: " +
    `"${folder}/absent" is not there`,
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readHttpFiles() hides the token from the log", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "sixteen-letters-1\n");
  const hidden: Secret[] = [];
  const context = { clock: systemClock, hide: (secret: Secret) => hidden.push(secret) };
  const config = readProcessConfig({ HTTP_TOKEN_FILE: file });
  const { token } = await readHttpFiles("process", config, context);
  assert.deepEqual(hidden.map((secret) => secret.reveal()), ["sixteen-letters-1"]);
  assert.equal(token, hidden[0]);
  await Deno.remove(file);
});

Deno.test("a server with a certificate speaks TLS alone, and shows a renewed one at once", async () => {
  const folder = await Deno.makeTempDir();
  const read = async (name: string) => {
    await Deno.mkdir(`${folder}/${name}`);
    const files = await makeCertificates(`${folder}/${name}`, "password");
    const ca = await Deno.readTextFile(files.authority);
    const cert = await Deno.readTextFile(files.certificate);
    return { ca, tls: { cert, key: await Deno.readTextFile(files.key) } };
  };
  const [first, second] = [await read("first"), await read("second")];
  await using server = await serveOperations({
    ...{ host: "127.0.0.1", port: 0, tls: first.tls, metrics: new Metrics() },
    ...{ clock: systemClock, logger: silentLogger },
    health: () => ({ ready: true, problems: [] }),
  });
  using client = Deno.createHttpClient({ caCerts: [first.ca] });
  const response = await fetch(`${server.url}/livez`, { client });
  assert.match(server.url, /^https:\/\/localhost:/);
  assert.equal(await response.text(), '{"status":"alive"}');
  await assert.rejects(fetch(`http://127.0.0.1:${server.port}/livez`));
  await assert.rejects(shown(server.port, second.ca), /certificate|issuer/i);
  server.renew(second.tls);
  const body = second.tls.cert.replace(/-----[^-]+-----|\s/g, "");
  assert.equal(await shown(server.port, second.ca), body);
  await Deno.remove(folder, { recursive: true });
});
