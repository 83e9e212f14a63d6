import assert from "node:assert/strict";
import { encodeFrame } from "../../../scripts/services/probe_cassandra.ts";
import { decodeBrokerPorts, encodeRequest } from "../../../scripts/services/probe_kafka.ts";

function hexOf(bytes: Uint8Array): string {
  return bytes.toHex();
}

Deno.test("encodeRequest() writes Kafka's ApiVersions version 0", () => {
  // size 10, api key 18, version 0, correlation id 1, no client id
  assert.equal(hexOf(encodeRequest(18, 0, 1)), "0000000a" + "0012" + "0000" + "00000001" + "ffff");
});

Deno.test("encodeRequest() writes Kafka's Metadata version 1 for no topic", () => {
  const expected = "0000000e" + "0003" + "0001" + "00000002" + "ffff" + "00000000";
  assert.equal(hexOf(encodeRequest(3, 1, 2, [0, 0, 0, 0])), expected);
});

Deno.test("decodeBrokerPorts() reads brokers with and without a rack", () => {
  const host = "0009" + "3132372e302e302e31"; // "127.0.0.1"
  const body = "00000002" +
    "00000001" + host + "00002384" + "ffff" +
    "00000002" + host + "00002385" + "0001" + "61" +
    "00000001" + "00000000";
  assert.deepEqual(decodeBrokerPorts(Uint8Array.fromHex(body)), [9092, 9093]);
});

Deno.test("decodeBrokerPorts() finds no broker in the answer of one that is still fenced", () => {
  assert.deepEqual(decodeBrokerPorts(Uint8Array.fromHex("00000000ffffffff00000000")), []);
});

Deno.test("encodeFrame() writes CQL's OPTIONS and STARTUP version 4", () => {
  assert.equal(hexOf(encodeFrame(5)), "04" + "00" + "0000" + "05" + "00000000");
  const body = new Uint8Array([0, 0]);
  assert.equal(hexOf(encodeFrame(1, body)), "04" + "00" + "0000" + "01" + "00000002" + "0000");
});
