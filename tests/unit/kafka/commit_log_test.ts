import assert from "node:assert/strict";
import { fc } from "../../support/properties.ts";
import { topicName } from "../../../src/app/forms.ts";
import { transactionalIdOf } from "../../../src/kafka/write/commit_log.ts";

const legalCharacters = [..."ae19._-"];

/** A name that is legal for an application and a topic. */
const name = fc.array(fc.constantFrom(...legalCharacters), { minLength: 1, maxLength: 4 })
  .map((characters) => characters.join(""))
  .filter((text) => topicName(text) !== undefined);

const holder = fc.record({
  application: name,
  input: fc.record({ topic: name, partition: fc.nat({ max: 11 }) }),
});

Deno.test("transactionalIdOf() differs where an application or an input's name ends elsewhere", () => {
  assert.notEqual(
    transactionalIdOf("market", { topic: "eu-trade1", partition: 0 }),
    transactionalIdOf("market-eu", { topic: "trade1", partition: 0 }),
  );
});

Deno.test("transactionalIdOf() gives no two holders one id", () => {
  fc.assert(fc.property(fc.array(holder, { minLength: 2, maxLength: 60 }), (holders) => {
    const distinct = new Set(holders.map((held) => JSON.stringify(held)));
    const ids = holders.map(({ application, input }) => transactionalIdOf(application, input));
    assert.equal(new Set(ids).size, distinct.size);
  }));
});
