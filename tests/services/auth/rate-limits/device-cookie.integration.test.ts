import assert from "node:assert/strict";
import fc from "fast-check";
import { networkOf } from "../../../../services/auth/rate-limits/client-network.ts";
import {
  createDeviceCookies,
  deviceCookieLifetimeSeconds,
} from "../../../../services/auth/rate-limits/device-cookie.ts";
import { email, keyEncryptionKey } from "../../../support/auth/domain.ts";

describe("Device cookies", () => {
  const devices = createDeviceCookies(keyEncryptionKey);
  const now = Date.now;
  afterEach(() => {
    Date.now = now;
  });

  it("recognizes a device that logged in to this account, in every replica", () => {
    const cookie = devices.issue(email);
    const name = devices.recognise(cookie, email);
    assert.match(name ?? "", /^[\w-]{22}$/);
    assert.equal(
      createDeviceCookies(keyEncryptionKey).recognise(
        cookie,
        ` ${email.toUpperCase()}`,
      ),
      name,
    );
    assert.notEqual(devices.recognise(devices.issue(email), email), name);
  });

  it("does not recognize the device for another account", () => {
    const cookie = devices.issue(email);
    for (const other of ["eve@example.com", "", `${email}x`, email.slice(1)])
      assert.equal(devices.recognise(cookie, other), undefined);
  });

  it("reveals nothing about the account", () => {
    const cookie = devices.issue(email);
    assert.match(cookie, /^[\w-]{72}$/);
    const bytes = Buffer.from(cookie, "base64url").toString("latin1");
    assert.ok(!bytes.includes("ada"));
  });

  it("rejects a cookie with any bit changed", () => {
    const bytes = Buffer.from(devices.issue(email), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const cookie = changed.toString("base64url");
      assert.equal(devices.recognise(cookie, email), undefined, `bit ${bit}`);
    }
  });

  it("rejects arbitrary text", () => {
    assert.equal(devices.recognise(undefined, email), undefined);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.stringMatching(/^[\w-]{72}$/),
        ),
        (cookie) => assert.equal(devices.recognise(cookie, email), undefined),
      ),
    );
  });

  it("expires a cookie after 400 days", () => {
    const cookie = devices.issue(email);
    const start = now();
    assert.equal(deviceCookieLifetimeSeconds, 400 * 24 * 60 * 60);
    Date.now = () => start + (deviceCookieLifetimeSeconds - 5) * 1000;
    assert.ok(devices.recognise(cookie, email));
    Date.now = () => start + (deviceCookieLifetimeSeconds + 5) * 1000;
    assert.equal(devices.recognise(cookie, email), undefined);
  });

  it("rejects cookies of another KEY_ENCRYPTION_KEY, and a KEY_ENCRYPTION_KEY that is too short", () => {
    const other = createDeviceCookies("another-key-encryption-key-of-32-");
    assert.equal(other.recognise(devices.issue(email), email), undefined);
    assert.throws(
      () => createDeviceCookies("x".repeat(31)),
      /^Error: KEY_ENCRYPTION_KEY has 31 characters; it needs at least 32\. `openssl rand -base64 32` generates one\.$/,
    );
  });
});

describe("networkOf", () => {
  for (const [address, network] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::", "2001:db8:0:1::/64"],
    ["2001:db8:1:2:3:4:192.0.2.1", "2001:db8:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1::", "1:0:0:0::/64"],
    ["::ffff:0:0:0:1", "0:0:0:ffff::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", "unknown"],
    [undefined, "unknown"],
    ["somewhere", "unknown"],
    ["192.0.2.256", "unknown"],
    ["192.0.2.1, 192.0.2.2", "unknown"],
    ["2001:db8:::1", "unknown"],
  ] as const)
    it(`returns ${network} for ${JSON.stringify(address)}`, () => {
      assert.equal(networkOf(address), network);
    });

  it("returns the same network for every spelling and host of an IPv6 /64", () => {
    const group = fc.nat(0xffff);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), group), {
          minLength: 8,
          maxLength: 8,
        }),
        group,
        (groups, last) => {
          const full = groups.map((group) =>
            group.toString(16).padStart(4, "0").toUpperCase(),
          );
          // The shortened form, as written by Node's URL.
          const short = new URL(`http://[${full.join(":")}]`).hostname;
          const network = networkOf(full.join(":"));
          assert.equal(networkOf(short.slice(1, -1)), network);
          const mapped = groups.slice(0, 6).join() === "0,0,0,0,0,65535";
          const other = [...full.slice(0, 7), last.toString(16)].join(":");
          if (!mapped) assert.equal(networkOf(other), network);
        },
      ),
    );
  });
});
