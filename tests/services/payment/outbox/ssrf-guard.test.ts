import assert from "node:assert/strict";
import {
  urlError,
  urlRules,
} from "../../../../services/payment/outbox/ssrf-guard.ts";

describe("urlError: IPv6 addresses that embed an IPv4 address", () => {
  /** The forms in which translators and tunnels embed an IPv4 address. */
  const forms: [form: string, of: (high: string, low: string) => string][] = [
    ["mapped", (high, low) => `::ffff:${high}:${low}`],
    ["compatible", (high, low) => `::${high}:${low}`],
    ["translated (SIIT)", (high, low) => `::ffff:0:${high}:${low}`],
    ["translated (NAT64)", (high, low) => `64:ff9b::${high}:${low}`],
    ["tunneled (6to4)", (high, low) => `2002:${high}:${low}::1`],
  ];
  const machine = /is the machine that payment runs on$/;
  const forbidden =
    /is link-local, a cloud metadata service, or not a unicast address$/;
  const refused: [ipv4: string, high: string, low: string, why: RegExp][] = [
    ["169.254.169.254", "a9fe", "a9fe", forbidden],
    ["100.100.100.200", "6464", "64c8", forbidden],
    ["168.63.129.16", "a83f", "8110", forbidden],
    ["224.0.0.1", "e000", "1", forbidden],
    ["255.255.255.255", "ffff", "ffff", forbidden],
    ["127.0.0.1", "7f00", "1", machine],
    ["127.255.255.254", "7fff", "fffe", machine],
    ["0.0.0.1", "0", "1", machine],
  ];
  const why = (address: string, allowLoopback = false) =>
    urlError(`http://[${address}]/`, { ...urlRules, allowLoopback });

  for (const [form, of] of forms)
    for (const [ipv4, high, low, expected] of refused)
      it(`rejects ${ipv4} in ${form} form`, () => {
        assert.match(why(of(high, low)) ?? "", expected);
      });

  for (const [form, of] of forms)
    it(`accepts public and private addresses, and loopback but not metadata addresses if loopback is allowed, in ${form} form`, () => {
      // DNS64 returns such addresses in IPv6-only clusters.
      for (const [high, low] of [
        ["c000", "221"],
        ["a00", "7"],
        ["aac8", "1"],
      ])
        assert.equal(why(of(high ?? "", low ?? "")), undefined);
      assert.equal(why(of("7f00", "1"), true), undefined);
      assert.match(why(of("a9fe", "a9fe"), true) ?? "", forbidden);
    });

  it("rejects the local-use NAT64 prefix (RFC 8215), whose IPv4 address only the translator knows", () => {
    for (const address of ["64:ff9b:1::a9fe:a9fe", "64:ff9b:1:ffff::1"])
      assert.match(why(address) ?? "", forbidden);
    assert.equal(why("64:ff9b:2::1"), undefined);
  });
});
