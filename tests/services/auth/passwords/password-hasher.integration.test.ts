import assert from "node:assert/strict";
import fc from "fast-check";
import { createPasswordHasher } from "../../../../services/auth/passwords/password-hasher.ts";
import { cheap } from "../../../support/auth/domain.ts";

const hasher = createPasswordHasher({ parameters: cheap });
const unusable = /^Error: A password hash in the database is invalid/;

describe("Password hashes", () => {
  it("encodes OWASP's Argon2id parameters by default", async () => {
    const hash = await createPasswordHasher().hash("an engine of difference");
    assert.match(
      hash,
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it("verifies no other password", async () => {
    const hash = await hasher.hash("one");
    assert.equal(await hasher.verify(hash, "one"), true);
    for (const other of ["One", "one ", " one", "on", "onee", "", "one\0"])
      assert.equal(await hasher.verify(hash, other), false, other);
  });

  it("produces a different hash each time", async () => {
    assert.notEqual(await hasher.hash("one"), await hasher.hash("one"));
  });

  it("verifies the reference implementation's example", async () => {
    const hash =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert.equal(await hasher.verify(hash, "password"), true);
    assert.equal(await hasher.verify(hash, "differentpassword"), false);
  });

  it("hashes any text, without normalising or truncating it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        async (one, other) => {
          const hash = await hasher.hash(one);
          assert.equal(await hasher.verify(hash, one), true);
          assert.equal(await hasher.verify(hash, other), one === other);
        },
      ),
    );
    const [composed, decomposed] = ["café", "cafe\u0301"];
    assert.equal(
      await hasher.verify(await hasher.hash(composed), decomposed),
      false,
    );
    const long = "x".repeat(100_000);
    assert.equal(
      await hasher.verify(await hasher.hash(long), `${long}y`),
      false,
    );
  });

  it("rejects every password without a hash", async () => {
    for (const password of ["", "dummy", "password"])
      assert.equal(await hasher.verify(undefined, password), false);
  });

  describe("invalid hashes", () => {
    const salt = "c29tZXNhbHQ";
    const tag = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    const good = `$argon2id$v=19$m=65536,t=2,p=1$${salt}$${tag}`;

    const bad: Record<string, string> = {
      "no content": "",
      "gigabytes of memory": good.replace("m=65536", "m=4194304"),
      "more memory than a number can hold": good.replace(
        "65536",
        "9".repeat(40),
      ),
      "1 KiB more than the most memory": good.replace("65536", "65537"),
      "too little memory for its threads": good
        .replace("65536", "31")
        .replace("p=1", "p=4"),
      "eleven passes": good.replace("t=2", "t=11"),
      "zero passes": good.replace("t=2", "t=0"),
      "five threads": good.replace("p=1", "p=5"),
      "zero threads": good.replace("p=1", "p=0"),
      "a leading zero": good.replace("t=2", "t=02"),
      "a sign": good.replace("t=2", "t=+2"),
      "an exponent": good.replace("65536", "1e4"),
      "another variant of Argon2": good.replace("argon2id", "argon2i"),
      "another version of Argon2": good.replace("v=19", "v=16"),
      "parameters in another order": good.replace("m=65536,t=2", "t=2,m=65536"),
      "a salt of 7 bytes": good.replace(salt, "c29tZXM5cw".slice(0, 10)),
      "a salt of 65 bytes": good.replace(salt, "A".repeat(87)),
      padding: good.replace(salt, `${salt}=`),
      base64url: good.replace("CTF", "C_F"),
      "unused bits that are not zero": good.replace(salt, "c29tZXNhbHR"),
      "a hash of 15 bytes": good.replace(tag, "A".repeat(20)),
      "a hash of 65 bytes": good.replace(tag, "A".repeat(87)),
      "no hash after the salt": `$argon2id$v=19$m=65536,t=2,p=1$${salt}`,
      "a $ after it": `${good}$`,
      "a line break after it": `${good}\n`,
      "a space before it": ` ${good}`,
    };
    for (const [what, hash] of Object.entries(bad))
      it(`rejects a hash with ${what}`, async () => {
        await assert.rejects(hasher.verify(hash, "password"), unusable);
        assert.throws(() => hasher.needsRehash(hash), unusable);
      });

    it("does not show the hash in the error", async () => {
      const error = await hasher.verify(`${good}$`, "x").catch(String);
      assert.ok(!String(error).includes(salt) && !String(error).includes(tag));
    });

    it("accepts only canonical encodings within bounds", () => {
      const number = (max: number) =>
        fc
          .oneof(
            { arbitrary: fc.nat(max), weight: 9 },
            fc.bigInt({ min: 0n, max: 1n << 70n }),
          )
          .map(String);
      const bytes = fc.uint8Array({ minLength: 6, maxLength: 66 });
      const text = fc.oneof(fc.stringMatching(/^[A-Za-z0-9+/=_-]{0,90}$/), {
        arbitrary: bytes.map((bytes) =>
          Buffer.from(bytes).toString("base64").replace(/=*$/, ""),
        ),
        weight: 9,
      });
      const seen = { usable: 0, unusable: 0 };
      fc.assert(
        fc.property(
          number(70_000),
          number(12),
          number(6),
          text,
          text,
          (m, t, p, salt, tag) => {
            const hash = `$argon2id$v=19$m=${m},t=${t},p=${p}$${salt}$${tag}`;
            const decodes = (text: string, least: number) => {
              const bytes = Buffer.from(text, "base64");
              return (
                bytes.toString("base64").replace(/=*$/, "") === text &&
                bytes.length >= least &&
                bytes.length <= 64
              );
            };
            const usable =
              Number(m) <= 65_536 &&
              Number(m) >= 8 * Number(p) &&
              Number(t) >= 1 &&
              Number(t) <= 10 &&
              Number(p) >= 1 &&
              Number(p) <= 4 &&
              decodes(salt, 8) &&
              decodes(tag, 16);
            seen[usable ? "usable" : "unusable"]++;
            if (usable)
              assert.equal(typeof hasher.needsRehash(hash), "boolean");
            else assert.throws(() => hasher.needsRehash(hash), unusable);
          },
        ),
        { numRuns: 5_000 },
      );
      assert.ok(seen.usable > 200 && seen.unusable > 200, JSON.stringify(seen));
    });

    it("verifies no hash that was changed in any place", async () => {
      const hash = await hasher.hash("one");
      await fc.assert(
        fc.asyncProperty(
          fc.nat(hash.length - 1),
          fc.string({ maxLength: 3, unit: "grapheme-ascii" }),
          async (at, put) => {
            const changed = hash.slice(0, at) + put + hash.slice(at + 1);
            fc.pre(changed !== hash);
            const result = await hasher
              .verify(changed, "one")
              .catch((error) => assert.match(String(error), unusable));
            assert.notEqual(result, true);
          },
        ),
        { numRuns: 500 },
      );
    });
  });

  describe("raised parameters", () => {
    const dearer = createPasswordHasher({
      parameters: { ...cheap, memoryKiB: 16 },
    });

    it("verifies a hash with lower parameters, and requests a rehash", async () => {
      const hash = await hasher.hash("one");
      assert.equal(await dearer.verify(hash, "one"), true);
      assert.equal(dearer.needsRehash(hash), true);
      assert.equal(hasher.needsRehash(hash), false);
    });

    it("keeps a hash with higher parameters", async () => {
      assert.equal(hasher.needsRehash(await dearer.hash("one")), false);
    });

    it("requests a rehash for fewer passes, a short salt or a short hash", () => {
      const tag = "A".repeat(43);
      const hash = `$argon2id$v=19$m=16,t=1,p=1$${"A".repeat(22)}$${tag}`;
      assert.equal(dearer.needsRehash(hash), false);
      const passes = createPasswordHasher({
        parameters: { ...cheap, passes: 2 },
      });
      assert.equal(passes.needsRehash(hash), true);
      assert.equal(
        dearer.needsRehash(hash.replace("A".repeat(22), "A".repeat(11))),
        true,
      );
      assert.equal(dearer.needsRehash(hash.replace(tag, "A".repeat(22))), true);
    });

    for (const parameters of [
      { ...cheap, memoryKiB: 7 },
      { ...cheap, memoryKiB: 65_537 },
      { ...cheap, passes: 0 },
      { ...cheap, passes: 1.5 },
      { ...cheap, parallelism: 2 },
    ])
      it(`rejects parameters that it would not verify: ${JSON.stringify(parameters)}`, () => {
        assert.throws(() => createPasswordHasher({ parameters }), RangeError);
      });
  });
});
