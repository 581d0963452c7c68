import assert from "node:assert/strict";
import { issuesOf, settingsOf } from "../support/components/configurations.ts";

const key =
  "letters, digits, dots, dashes and underscores, optionally after a domain and a slash";
const text =
  'it must be a text; in YAML, put "quotes" around numbers, true and false';
const value =
  "it must be empty, or at most 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends";

/** One character longer than a name, or a label's value, may be. */
const long = "a".repeat(64);

describe("parseSettings: namespace", () => {
  it("is left out of the settings if unset", () => {
    assert.ok(!("namespace" in settingsOf({})));
  });

  for (const namespace of [
    {},
    { labels: {} },
    { labels: { "istio-injection": "enabled", Team: "Video_1.0" } },
    { labels: { "pod-security.kubernetes.io/warn": "restricted", a: "" } },
    { labels: { [`${"a".repeat(63)}`]: "b".repeat(63) } },
    { annotations: { "example.com/Contact": "Ada, see https://example.com" } },
    { annotations: { "linkerd.io/inject": "" }, labels: { a: "1" } },
  ])
    it(`accepts ${JSON.stringify(namespace)}`, () => {
      assert.deepEqual(settingsOf({ namespace }).namespace, namespace);
    });

  describe("invalid values", () => {
    const rows: [namespace: unknown, ...issues: string[]][] = [
      ...[null, true, "video", ["video"]].map(
        (namespace): [unknown, string] => [
          namespace,
          ` is ${JSON.stringify(namespace)}: it must be a map, such as { labels: { team: video } }`,
        ],
      ),
      [
        { name: "video" },
        ".name is not a setting of the namespace: there are annotations and labels",
      ],
      ...(["annotation", "label"] as const).flatMap((what) =>
        [null, "a=b", ["a"], 1].map((wrong): [unknown, string] => [
          { [`${what}s`]: wrong },
          `.${what}s is ${JSON.stringify(wrong)}: it must be a map of texts, as Kubernetes' ${what}s are`,
        ]),
      ),
      ...["", "a b", "-a", "a-", "a/", "/a", "a/b/c", "a_b/c", long].flatMap(
        (name): [unknown, string][] => [
          [
            { annotations: { [name]: "x" } },
            `.annotations has "${name}", which can't be an annotation's key: that is ${key}`,
          ],
          [
            { labels: { [name]: "x" } },
            `.labels has "${name}", which can't be a label's key: that is ${key}`,
          ],
        ],
      ),
      // Kubernetes validates annotations' keys in lower case, but labels' keys unchanged.
      [
        { annotations: { "A.b/c": "x" }, labels: { "A.b/c": "x" } },
        `.labels has "A.b/c", which can't be a label's key: that is ${key}`,
      ],
      ...[true, 1, null, ["a"], {}].flatMap((wrong): [unknown, string][] => [
        [
          { annotations: { a: wrong } },
          `.annotations["a"] is ${JSON.stringify(wrong)}: ${text}`,
        ],
        [
          { labels: { a: wrong } },
          `.labels["a"] is ${JSON.stringify(wrong)}: ${text}`,
        ],
      ]),
      ...[" ", "a b", "-a", "a-", "ä", "a/b", "a\n", long].map(
        (wrong): [unknown, string] => [
          { labels: { a: wrong } },
          `.labels["a"] is ${JSON.stringify(wrong)}: ${value}`,
        ],
      ),
      ...["marquee.local/owner", "pulumi.com/patchForce"].map(
        (name): [unknown, string] => [
          { annotations: { [name]: "x" } },
          `.annotations["${name}"] can't be set here: Marquee sets it itself`,
        ],
      ),
      [
        { labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        '.labels["pod-security.kubernetes.io/enforce"] can\'t be set here: Marquee sets it itself',
      ],
      [
        { labels: { "kubernetes.io/metadata.name": "video" } },
        '.labels["kubernetes.io/metadata.name"] can\'t be set here: Kubernetes sets it itself',
      ],
      [
        { annotations: { a: "x".repeat(256 * 1024) } },
        ".annotations have 262145 bytes, and Kubernetes accepts 262144 at most",
      ],
      [
        { annotations: { "a b": 1 }, labels: { a: "b c" } },
        `.annotations has "a b", which can't be an annotation's key: that is ${key}`,
        `.annotations["a b"] is 1: ${text}`,
        `.labels["a"] is "b c": ${value}`,
      ],
    ];
    for (const [namespace, ...issues] of rows)
      it(`rejects ${JSON.stringify(namespace).slice(0, 80)}`, () => {
        assert.deepEqual(
          issuesOf({ namespace }),
          issues.map((issue) => `marquee:namespace${issue}.`),
        );
      });
  });
});
