import assert from "node:assert/strict";
import { issuesOf, settingsOf } from "../support/components/configurations.ts";

describe("parseSettings: trustedProxies", () => {
  it("defaults to 0", () => {
    assert.equal(settingsOf({}).trustedProxies, 0);
  });

  // Pulumi passes numbers as text.
  for (const trustedProxies of ["0", "1", "2", "3", "4"])
    it(`accepts ${trustedProxies} as a number`, () => {
      assert.equal(
        settingsOf({ trustedProxies }).trustedProxies,
        Number(trustedProxies),
      );
    });

  for (const trustedProxies of [
    ...["", " ", "5", "10", "-1", "+1", "00", "01", "1.0", "1.5", "1e0", "0x1"],
    ...[" 1", "1 ", "1\n", "1,2", "one", "true", "10.0.0.0/8", "١"],
    ...[null, true, false, [], ["1"], {}, { hops: 1 }],
  ])
    it(`rejects ${JSON.stringify(trustedProxies)}`, () => {
      assert.deepEqual(issuesOf({ trustedProxies }), [
        `marquee:trustedProxies is ${JSON.stringify(trustedProxies)}: it must be a whole number from 0 to 4.`,
      ]);
    });

  it("rejects a misspelt key", () => {
    const [issue, ...others] = issuesOf({ trustedproxies: "1" });
    assert.match(
      `${issue}`,
      /^marquee:trustedproxies is not a setting: .* Did you mean trustedProxies\?$/,
    );
    assert.deepEqual(others, []);
  });
});
