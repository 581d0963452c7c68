import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  currencies,
  exponentOf,
  isCurrency,
} from "../../../../services/payment/money/currencies.ts";

/**
 * The ISO 4217 list of June 2024 from the package currency-codes: each code's decimals, or "N.A." if it has none.
 */
function olderList(): Map<string, string> {
  const require = createRequire(import.meta.url);
  const file = require.resolve("currency-codes/iso-4217-list-one.xml");
  const xml = readFileSync(file, "utf8");
  assert.match(xml, /Pblshd="2024-06-25"/);
  const entry =
    /<Ccy>([A-Z]{3})<\/Ccy>\s*<CcyNbr>\d{3}<\/CcyNbr>\s*<CcyMnrUnts>([^<]+)</g;
  return new Map(
    [...xml.matchAll(entry)].map(([, code = "", units = ""]) => [code, units]),
  );
}

describe("exponentOf: a currency's decimals", () => {
  for (const [exponent, codes] of [
    [0, "CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BIF"],
    [2, "EUR USD GBP CHF CNY INR BRL HUF IDR COP PKR MGA MRU CZK TWD"],
    [3, "BHD IQD JOD KWD LYD OMR TND"],
    [4, "CLF UYW"],
  ] as const)
    it(`returns ${exponent} for ${codes}`, () => {
      for (const code of codes.split(" "))
        assert.equal(exponentOf(code), exponent, code);
    });

  it("returns 2 for all other currencies", () => {
    const others = currencies.filter((code) => exponentOf(code) !== 2);
    assert.equal(others.length, 17 + 7 + 2);
  });

  it("agrees with ISO 4217's list of 2024, except for currencies added or removed since", () => {
    const older = olderList();
    assert.equal(older.size, 179);
    const gone: string[] = [];
    for (const [code, units] of older)
      if (units === "N.A.") assert.ok(!isCurrency(code), code);
      else if (!isCurrency(code)) gone.push(code);
      else assert.equal(String(exponentOf(code)), units, code);
    // Bulgaria adopted the euro; Curaçao and Sint Maarten have XCG; Cuba has one peso.
    assert.deepEqual(gone.sort(), ["ANG", "BGN", "CUC"]);
    const added = currencies.filter((code) => !older.has(code));
    assert.deepEqual(added, ["XAD", "XCG"]);
  });

  it("agrees with Unicode's CLDR for currencies that CLDR shows with decimals", () => {
    for (const currency of currencies) {
      const { maximumFractionDigits } = new Intl.NumberFormat("en", {
        style: "currency",
        currency,
      }).resolvedOptions();
      if (maximumFractionDigits !== 0)
        assert.equal(exponentOf(currency), maximumFractionDigits, currency);
    }
  });

  it("rejects codes that are not currencies for payments", () => {
    for (const code of [
      ..."XAU XAG XPT XPD XDR XUA XBA XBB XBC XBD XTS XXX XSU".split(" "),
      ..."eur Eur EURO EU DEM BTC".split(" "),
      ...["", " EUR", "EUR\n", "ＥＵＲ", "978"],
      ...["__proto__", "constructor", "toString"],
    ]) {
      assert.equal(isCurrency(code), false, code);
      assert.throws(() => exponentOf(code), RangeError);
    }
    assert.throws(() => exponentOf("eur"), {
      message: '"eur" is not an ISO 4217 currency: write "EUR"',
    });
    assert.throws(() => exponentOf("XAU"), {
      message: '"XAU" is not an ISO 4217 currency: write one such as EUR',
    });
  });
});
