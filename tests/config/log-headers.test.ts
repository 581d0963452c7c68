import assert from "node:assert/strict";
import type { IsEncrypted } from "../../config/encryption.ts";
import {
  encrypted,
  issuer,
  issuesOf,
  settingsOf,
  usual,
} from "../support/components/configurations.ts";

/** A header's value, which no message may contain. */
const value = "hunter2";
const endpoint = "https://logs.example.com/ingest";
const external = { type: "ExternalName", externalName: "a.example.com" };
const at = (name: string) =>
  `marquee:services.auth.logSidecar.headers[${JSON.stringify(name)}]`;

/** The issues in a configuration of auth, none of which contains the value. */
const issuesIn = (auth: object, isEncrypted: IsEncrypted = encrypted) => {
  const issues = issuesOf({ services: { auth }, issuer }, isEncrypted);
  assert.ok(!issues.join().includes(value), issues.join());
  return issues;
};
const toldOf = (headers: unknown, isEncrypted?: IsEncrypted) =>
  issuesIn({ logSidecar: { endpoint, headers } }, isEncrypted);

describe("parseSettings: logSidecar.headers", () => {
  for (const headers of [undefined, {}])
    it(`leaves headers out of the settings if they are ${JSON.stringify(headers) ?? "undefined"}`, () => {
      const logSidecar = { endpoint, headers };
      assert.deepEqual(
        settingsOf({ services: { auth: { logSidecar } } }).services.auth,
        { ...usual, logSidecar: { endpoint } },
      );
    });

  for (const headers of [
    { Authorization: "Bearer hunter2" },
    { "DD-API-KEY": "0123456789abcdef", "X-Scope-OrgID": "marquee" },
    { "!#$%&'*+-.^_`|~": 'a, b\tc;d="e"' },
  ])
    it(`accepts ${JSON.stringify(headers)}`, () => {
      const logSidecar = { endpoint, headers };
      assert.deepEqual(
        settingsOf({ services: { auth: { logSidecar } } }, encrypted).services
          .auth,
        { ...usual, logSidecar },
      );
    });

  describe("invalid values", () => {
    for (const headers of [null, true, value, [value], ""])
      it(`rejects ${JSON.stringify(headers)} instead of a map`, () => {
        assert.deepEqual(toldOf(headers), [
          "marquee:services.auth.logSidecar.headers must be a map of header names to their values.",
        ]);
      });

    for (const name of ["", "A B", "A:", "Ä", "A\n", "a/b", "(a)", '"a"'])
      it(`rejects the name ${JSON.stringify(name)}`, () => {
        assert.deepEqual(toldOf({ [name]: value }), [
          `${at(name)} is not a valid header name, which has letters, digits and !#$%&'*+-.^_\`|~ (RFC 9110).`,
        ]);
      });

    for (const name of [
      ...["Host", "host", "Content-Length", "content-type", "Connection"],
      ...["Transfer-Encoding", "Content-Encoding", "Expect", "Upgrade", "TE"],
      ...["Trailer", "Keep-Alive", "Proxy-Connection"],
    ])
      it(`rejects ${name}, which HTTP clients set themselves`, () => {
        assert.deepEqual(toldOf({ [name]: value }), [
          `${at(name)} can't be set here: HTTP clients set this header themselves.`,
        ]);
      });

    it("rejects names that differ only in case", () => {
      assert.deepEqual(toldOf({ "X-Key": value, "x-key": value }), [
        `${at("x-key")} is set twice: header names are case-insensitive.`,
      ]);
    });

    for (const wrong of [
      ...["", " ", " hunter2", "hunter2\n", "hunter2 ", "hunter2\r\nX: y"],
      ...["hunter2\u0000", "hünter2", 12, true, null, ["hunter2"], {}],
    ])
      it(`rejects the value ${JSON.stringify(wrong)}`, () => {
        assert.deepEqual(toldOf({ "X-Key": wrong }), [
          `${at("X-Key")} must be a text of ASCII characters that is not empty, without line breaks and without spaces at either end.`,
        ]);
      });

    it("rejects a value that is not encrypted, beside one that is", () => {
      const queried: string[][] = [];
      const issues = toldOf({ "X-A": value, "X-B": value }, (...path) => {
        queried.push(path);
        return path.at(-1) === "X-A";
      });
      assert.deepEqual(issues, [
        `${at("X-B")} is not encrypted, so anyone who can read the stack's file knows it. Choose another value, and set it with \`pulumi config set --secret --path '${at("X-B")}'\`.`,
      ]);
      const path = ["services", "auth", "logSidecar", "headers"];
      assert.deepEqual(queried, [
        [...path, "X-A"],
        [...path, "X-B"],
      ]);
    });

    it("rejects headers without an endpoint", () => {
      assert.deepEqual(
        issuesIn({ logSidecar: { headers: { "X-Key": value } } }),
        [
          "marquee:services.auth.logSidecar.headers are headers of requests to an endpoint, and logSidecar.endpoint is not set.",
        ],
      );
    });

    const logSidecar = { endpoint, headers: { "X-Key": value } };
    const shown = `{"endpoint":"${endpoint}","headers":"[secret]"}`;
    it("rejects headers of a service of type ExternalName, without quoting their values", () => {
      assert.deepEqual(issuesIn({ ...external, logSidecar }), [
        `marquee:services.auth.logSidecar is ${shown}: a service of type ExternalName runs elsewhere and has no pods here.`,
      ]);
    });

    it("rejects a logSidecar that is not a map, without quoting its headers' values", () => {
      assert.deepEqual(issuesIn({ logSidecar: [logSidecar] }), [
        `marquee:services.auth.logSidecar is [${shown}]: it must be true, false, or a map, such as { endpoint: https://logs.example.com/ingest }.`,
      ]);
    });
  });
});
