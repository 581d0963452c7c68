import assert from "node:assert/strict";
import {
  mistakesOf,
  settingsOf,
} from "../../support/components/configurations.ts";

describe("parseSettings, of trustedProxies,", () => {
  it("trusts none where none are said", () => {
    assert.equal(settingsOf({}).trustedProxies, 0);
  });

  // Pulumi hands numbers over as text.
  for (const trustedProxies of ["0", "1", "2", "3", "4"])
    it(`takes ${trustedProxies}, as a number`, () => {
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
    it(`${JSON.stringify(trustedProxies)} is a mistake`, () => {
      assert.deepEqual(mistakesOf({ trustedProxies }), [
        `marquee:trustedProxies is ${JSON.stringify(trustedProxies)}: it must be a whole number from 0 to 4.`,
      ]);
    });

  it("a misspelt one is a mistake", () => {
    const [mistake, ...others] = mistakesOf({ trustedproxies: "1" });
    assert.match(
      `${mistake}`,
      /^marquee:trustedproxies is not a setting: .* Did you mean trustedProxies\?$/,
    );
    assert.deepEqual(others, []);
  });
});
