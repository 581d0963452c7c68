import assert from "node:assert/strict";
import {
  mistakesOf,
  settingsOf,
} from "../../support/components/configurations.ts";

describe("parseSettings, of retainData,", () => {
  it("retains data unless told otherwise", () => {
    assert.equal(settingsOf({}).retainData, true);
  });

  for (const [retainData, expected] of [
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
  ] as const)
    it(`takes ${JSON.stringify(retainData)}`, () => {
      assert.equal(settingsOf({ retainData }).retainData, expected);
    });

  for (const retainData of ["yes", "", "TRUE", 1, 0, {}])
    it(`refuses ${JSON.stringify(retainData)}`, () => {
      assert.deepEqual(mistakesOf({ retainData }), [
        `marquee:retainData is ${JSON.stringify(retainData)}: it must be true or false.`,
      ]);
    });
});

describe("parseSettings, of adopt,", () => {
  it("adopts nothing unless told to", () => {
    assert.equal(settingsOf({}).adopt, undefined);
  });

  for (const adopt of [
    "T49smW1u-y_5CkUX",
    "8124be2e-48ab-4836-b00c-4654383d5d50",
  ])
    it(`takes ${adopt}`, () => {
      assert.equal(settingsOf({ adopt }).adopt, adopt);
    });

  for (const adopt of [true, "a b", "marquee/dev"])
    it(`refuses ${JSON.stringify(adopt)}`, () => {
      assert.equal(mistakesOf({ adopt }).length, 1);
    });
});
