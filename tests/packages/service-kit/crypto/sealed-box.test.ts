import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import { createSealedBox } from "../../../../packages/service-kit/index.ts";

const key = randomBytes(32);
const box = createSealedBox(key);
const plaintext = Buffer.from("a webhook's secret");
const context = "endpoint 1";

describe("createSealedBox", () => {
  for (const [what, value] of [
    ["text", plaintext],
    ["no bytes", Buffer.alloc(0)],
    ["every byte", Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ] as const)
    it(`opens a sealed value of ${what}`, () => {
      assert.deepEqual(box.open(box.seal(value, context), context), value);
    });

  it("opens a value with an empty context", () => {
    assert.deepEqual(box.open(box.seal(plaintext, ""), ""), plaintext);
  });

  it("seals the same value differently each time", () => {
    const [first, second] = [1, 2].map(() => box.seal(plaintext, context));
    assert.notDeepEqual(first, second);
  });

  it("opens a nonce, an AES-256-GCM ciphertext and its tag, as databases store them", () => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    cipher.setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([
      cipher.update(plaintext),
      cipher.final(),
    ]);
    const stored = Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
    assert.deepEqual(box.open(stored, context), plaintext);
    assert.equal(box.seal(plaintext, context).length, stored.length);
  });

  it("rejects a value that was sealed with another key", () => {
    const sealed = createSealedBox(randomBytes(32)).seal(plaintext, context);
    assert.throws(() => box.open(sealed, context));
  });

  it("rejects a value that was sealed for another context", () => {
    const sealed = box.seal(plaintext, "endpoint 2");
    assert.throws(() => box.open(sealed, context));
  });

  it("rejects a value of which any byte was changed", () => {
    const sealed = box.seal(plaintext, context);
    for (const index of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.throws(() => box.open(changed, context), `byte ${index}`);
    }
  });

  it("rejects a value that was cut anywhere", () => {
    const sealed = box.seal(plaintext, context);
    for (const length of sealed.keys())
      assert.throws(
        () => box.open(sealed.subarray(0, length), context),
        `${length} bytes`,
      );
  });

  it("rejects a value with bytes added", () => {
    const sealed = box.seal(plaintext, context);
    const added = Buffer.from([0]);
    assert.throws(() => box.open(Buffer.concat([sealed, added]), context));
    assert.throws(() => box.open(Buffer.concat([added, sealed]), context));
  });
});
