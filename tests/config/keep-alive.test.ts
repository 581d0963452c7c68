import assert from "node:assert/strict";
import { issuesOf, settingsOf } from "../support/components/configurations.ts";

describe("parseSettings: keepAliveSeconds", () => {
  it("is left out of the settings if unset, so that the services' default applies", () => {
    assert.ok(!("keepAliveSeconds" in settingsOf({})));
  });

  // Pulumi passes numbers as text.
  for (const keepAliveSeconds of ["1", "65", "620", "4060", "9999"])
    it(`accepts ${keepAliveSeconds} as a number`, () => {
      assert.equal(
        settingsOf({ keepAliveSeconds }).keepAliveSeconds,
        Number(keepAliveSeconds),
      );
    });

  for (const keepAliveSeconds of [
    ...["", " ", "0", "00", "065", "-1", "+1", "10000", "1.5", "1e3", "0x10"],
    ...[" 1", "1 ", "1\n", "1,000", "620s", "10m", "true", "٦"],
    ...[null, true, false, 620, [], ["620"], {}, { seconds: 620 }],
  ])
    it(`rejects ${JSON.stringify(keepAliveSeconds)}`, () => {
      assert.deepEqual(issuesOf({ keepAliveSeconds }), [
        `marquee:keepAliveSeconds is ${JSON.stringify(keepAliveSeconds)}: it must be a whole number from 1 to 9999.`,
      ]);
    });
});
