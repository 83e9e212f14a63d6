import assert from "node:assert/strict";
import { Zone } from "../../../../src/http/page/zone.js";

const winter = Date.UTC(2013, 0, 7, 23, 30, 5, 120);
const summer = Date.UTC(2013, 6, 7, 23, 30, 5, 120);

Deno.test.each([
  ["UTC", "2013-01-07 23:30:05", "UTC", "2013-07-07 23:30:05", "UTC"],
  ["Europe/Berlin", "2013-01-08 00:30:05", "CET", "2013-07-08 01:30:05", "CEST"],
  ["America/New_York", "2013-01-07 18:30:05", "EST", "2013-07-07 19:30:05", "EDT"],
  ["Asia/Kolkata", "2013-01-08 05:00:05", "GMT+5:30", "2013-07-08 05:00:05", "GMT+5:30"],
])(
  "Zone %s shows %s %s in winter and %s %s in summer",
  (name, winterTime, winterName, summerTime, summerName) => {
    const zone = new Zone(name);
    const shown = [winter, summer].flatMap((ms) => [zone.dateTime(ms), zone.label(ms)]);
    assert.deepEqual(shown, [winterTime, winterName, summerTime, summerName]);
    for (const ms of [winter, summer]) {
      assert.equal(zone.dateTime(ms), new Zone("UTC").dateTime(ms + zone.offsetMs(ms)));
    }
  },
);

Deno.test("Zone shows milliseconds, and times that are none without an error", () => {
  const zone = new Zone("UTC");
  assert.equal(zone.timeMs(winter), "23:30:05.120");
  assert.match(zone.dateTime(8.7e15), /^[–-]+ [–:]+$/);
  assert.equal(zone.offsetMs(8.7e15), 0);
});
