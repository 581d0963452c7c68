import assert from "node:assert/strict";
import { issuesOf, settingsOf } from "../support/components/configurations.ts";

describe("parseSettings: retainData", () => {
  it("defaults to true", () => {
    assert.equal(settingsOf({}).retainData, true);
  });

  for (const [retainData, expected] of [
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
  ] as const)
    it(`accepts ${JSON.stringify(retainData)}`, () => {
      assert.equal(settingsOf({ retainData }).retainData, expected);
    });

  for (const retainData of ["yes", "", "TRUE", 1, 0, {}])
    it(`rejects ${JSON.stringify(retainData)}`, () => {
      assert.deepEqual(issuesOf({ retainData }), [
        `marquee:retainData is ${JSON.stringify(retainData)}: it must be true or false.`,
      ]);
    });
});

describe("parseSettings: adopt", () => {
  it("is undefined unless the configuration sets it", () => {
    assert.equal(settingsOf({}).adopt, undefined);
  });

  for (const adopt of [
    "T49smW1u-y_5CkUX",
    "8124be2e-48ab-4836-b00c-4654383d5d50",
  ])
    it(`accepts ${adopt}`, () => {
      assert.equal(settingsOf({ adopt }).adopt, adopt);
    });

  for (const adopt of [true, "a b", "marquee/dev"])
    it(`rejects ${JSON.stringify(adopt)}`, () => {
      assert.equal(issuesOf({ adopt }).length, 1);
    });
});
