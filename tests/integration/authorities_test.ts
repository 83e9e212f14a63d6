import assert from "node:assert/strict";
import { readAuthorities } from "../../src/wiring/authorities.ts";

const certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

Deno.test("readAuthorities() reads the files that are named, and no others", async () => {
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(file, certificate);
  assert.deepEqual(await readAuthorities("process", { kafkaCaFile: file }), { kafka: certificate });
  assert.deepEqual(await readAuthorities("process", {}), {});
  await Deno.remove(file);
});

Deno.test("readAuthorities() lists every file that cannot be used in one CONFIG_INVALID", async () => {
  const folder = await Deno.makeTempDir();
  const key = `${folder}/key.pem`;
  await Deno.writeTextFile(key, "-----BEGIN PRIVATE KEY-----\nhidden\n");
  const files = {
    kafkaCaFile: `${folder}/absent.pem`,
    registryCaFile: key,
    cassandraCaFile: folder,
  };
  await assert.rejects(readAuthorities("process", files), {
    code: "CONFIG_INVALID",
    message: "Cannot run process as 3 settings are not valid:\n" +
      `  KAFKA_CA_FILE must be a PEM file of certificates: "${folder}/absent.pem" is not there\n` +
      `  SCHEMA_REGISTRY_CA_FILE must be a PEM file of certificates: "${key}" holds no certificate\n` +
      `  CASSANDRA_CA_FILE must be a PEM file of certificates: "${folder}" cannot be read`,
  });
  await Deno.remove(folder, { recursive: true });
});
