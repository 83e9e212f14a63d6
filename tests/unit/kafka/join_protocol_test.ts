/** Bytes by the protocol's own descriptions, `clients/src/main/resources/common/message`. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { joinRequest } from "../../../src/kafka/group/join_protocol.ts";
import { decodeAnswer, encodeRequest } from "../../../src/kafka/wire/wire_request.ts";

const request = joinRequest({
  groupId: "g",
  memberId: "m",
  sessionTimeoutMs: 1_000,
  rebalanceTimeoutMs: 2_000,
  assignor: "a",
  metadata: Buffer.of(9),
});

/** Metadata without an instance. */
const member = "02" + "6d" + "00" + "02" + "09" + "00";

Deno.test.each([6, 7, 8, 9])(
  "JoinGroup is written in version %d as the protocol describes it",
  (version) => {
    const reason = version >= 8 ? "00" : "";
    const bytes = "00" + "0267" + "000003e8" + "000007d0" + "026d" + "00" + "09636f6e73756d6572" +
      "02" + "0261" + "0209" + "00" + reason + "00";
    assert.equal(encodeRequest(request, version).toString("hex"), bytes);
    assert.equal(request.timeoutMs, 7_000);
  },
);

/** An answer, as a version has it. */
function answer(version: number, errorCode: string, members: string): string {
  const type = version >= 7 ? "09636f6e73756d6572" : "";
  const skip = version >= 9 ? "00" : "";
  return "00" + "00000000" + errorCode + "00000005" + type + "0261" + "026c" + skip + "026d" +
    members + "00";
}

const decoded = (version: number, hex: string) =>
  decodeAnswer(request, version, Buffer.from(hex, "hex"));

Deno.test.each([6, 7, 8, 9])("JoinGroup's answer is read in version %d", (version) => {
  const metadata = Buffer.of(9);
  const members = [{ memberId: "m", metadata }, { memberId: "m", metadata }];
  const group = { generation: 5, leaderId: "l", memberId: "m", members };
  const told = decoded(version, answer(version, "0000", "03" + member + member));
  assert.deepEqual(told, { kind: "joined", group });
  assert.deepEqual(decoded(version, answer(version, "004f", "01")), {
    kind: "id-required",
    memberId: "m",
  });
  assert.throws(() => decoded(version, answer(version, "0019", "01")), /UNKNOWN_MEMBER_ID/);
});
