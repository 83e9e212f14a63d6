import assert from "node:assert/strict";
import { Timers } from "../../../src/streams/state/timers.ts";
import { Due } from "../../../src/streams/topology/key_values.ts";
import { fc } from "../../support/properties.ts";

const due = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("k", "l"), fc.nat({ max: 30 }))
  .map(([processor, key, timeMs]) => new Due(processor, key, timeMs));
const steps = fc.array(fc.option(due, { freq: 3 }), { maxLength: 60, size: "max" });

const textOf = ({ timeMs, processor, key }: Due) => `${100 + timeMs} ${processor} ${key}`;

Deno.test("Timers give what was added, earliest first, then by processor and key", () => {
  fc.assert(fc.property(steps, (steps) => {
    const timers = new Timers();
    let left: string[] = [];
    const takes = () => {
      assert.equal(timers.first && textOf(timers.first), left[0]);
      timers.removeFirst();
      left = left.slice(1);
    };
    for (const step of steps) {
      if (step === null) takes();
      else {
        timers.add(step);
        left = [...left, textOf(step)].sort();
      }
    }
    while (left.length > 0) takes();
    assert.equal(timers.first, undefined);
  }));
});
