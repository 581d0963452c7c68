import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import pg from "pg";
import { startedPayment } from "../../../support/payment/program.ts";
import { json, operatorKey } from "../../../support/payment/service.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";
import { useIssuer, user } from "../../../support/service-kit/access-token.ts";
import { until } from "../../../support/until.ts";

const card = {
  type: "card",
  number: "4000056655665556",
  exp_month: 11,
  exp_year: new Date().getFullYear() + 3,
  cvc: "861",
};

describe("Payment program", function () {
  this.timeout("10m");
  stopPrograms();

  describe("with a database and auth's keys", () => {
    const url = useDatabase();
    const issuer = useIssuer();
    const variables = () => ({ DATABASE_URL: url(), ISSUER: issuer.url });
    let token: string;
    beforeEach(async () => {
      token = await issuer.token();
    });

    const pay = (
      program: { url: string },
      more: object = {},
      key: string = randomUUID(),
    ) =>
      fetch(`${program.url}/pay`, {
        method: "POST",
        headers: {
          ...json,
          authorization: `Bearer ${token}`,
          "idempotency-key": key,
        },
        body: JSON.stringify({
          user_id: user.id,
          amount: 999,
          currency: "EUR",
          method: card,
          ...more,
        }),
      });

    it("accepts auth's tokens, and rejects a token with another audience", async () => {
      const program = await startedPayment(variables());
      assert.equal((await pay(program)).status, 200);
      token = await issuer.token({ aud: "others" });
      const refused = await pay(program);
      assert.equal(refused.status, 401);
      assert.match(
        refused.headers.get("www-authenticate") as string,
        /^Bearer .*error="invalid_token"/,
      );
    });

    it("finishes running payments on SIGTERM", async () => {
      const program = await startedPayment(variables());
      const key = randomUUID();
      const under = Array.from({ length: 20 }, (_, i) =>
        pay(program, { amount: 100 + i }, `${key}-${i}`),
      );
      process.kill(program.pid, "SIGTERM");
      for (const response of await Promise.allSettled(under))
        if (response.status === "fulfilled")
          assert.equal(response.value.status, 200);
      const { code } = await program.end;
      assert.equal(code, 0);
      assert.equal(await count("done_at IS NULL"), 0);
    });

    it("finishes the payments of a replica killed with SIGKILL on another replica, each once", async () => {
      const first = await startedPayment(variables());
      const key = randomUUID();
      // So many that some are still running when the first response arrives.
      const sent = Array.from({ length: 30 }, (_, i) =>
        pay(first, { amount: 1000 + i, method: "pm_card_visa" }, `${key}-${i}`),
      );
      await Promise.race(sent);
      process.kill(first.pid, "SIGKILL");
      await Promise.allSettled(sent);
      await first.end;
      const second = await startedPayment(variables());
      await query("UPDATE attempts SET due_at = now() WHERE done_at IS NULL");
      await until(async () => (await count("done_at IS NULL")) === 0);
      for (let i = 0; i < 30; i++) {
        const again = await pay(
          second,
          { amount: 1000 + i, method: "pm_card_visa" },
          `${key}-${i}`,
        );
        assert.equal(again.status, 200);
      }
      const [{ payments, charges }] = await query<{
        payments: string;
        charges: string;
      }>(
        `SELECT (SELECT count(*) FROM payments WHERE amount BETWEEN 1000 AND 1029 AND status = 'succeeded') AS payments,
           (SELECT count(*) FROM sandbox_charges WHERE amount BETWEEN 1000 AND 1029) AS charges`,
      );
      assert.deepEqual([payments, charges], ["30", "30"]);
    });

    it("keeps card numbers out of logs, metrics, responses and the database", async () => {
      const program = await startedPayment({
        ...variables(),
        LOG_LEVEL: "trace",
      });
      const good = await pay(program);
      assert.equal(good.status, 200);
      const { id } = (await good.json()) as { id: string };
      const wrong = [
        { method: { ...card, number: "4000056655665557" } },
        { method: { ...card, exp_month: 13 } },
        { method: { ...card, exp_year: 2001 } },
        { method: { ...card, cvc: "8612345" } },
        { method: { ...card, more: 1 } },
        { method: card.number },
        { amount: -1 },
        { currency: card.number },
      ];
      const texts = [];
      for (const more of wrong) {
        const response = await pay(program, more);
        assert.equal(response.status, 422);
        texts.push(await response.text());
      }
      const unreadable = await fetch(`${program.url}/pay`, {
        method: "POST",
        headers: {
          ...json,
          authorization: `Bearer ${token}`,
          "idempotency-key": randomUUID(),
        },
        body: `{"method": {"number": "${card.number}"`,
      });
      assert.equal(unreadable.status, 400);
      texts.push(await unreadable.text());
      const shown = await fetch(`${program.url}/payments/${id}`, {
        headers: { authorization: `Bearer ${operatorKey}` },
      });
      texts.push(await shown.text());
      const metrics = await (await fetch(`${program.url}/metrics`)).text();
      assert.match(metrics, /payment_payments_total\{status="succeeded"\} 1/);
      process.kill(program.pid, "SIGTERM");
      const { stdout, stderr } = await program.end;
      assert.ok(stdout.includes('"path":"/pay"'));

      const tables = await query<{ name: string }>(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
      );
      assert.ok(tables.length > 10);
      let rows = "";
      for (const { name } of tables)
        for (const row of await query<{ row: string }>(
          `SELECT t::text AS row FROM "${name}" t`,
        ))
          rows += `${row.row}\n`;
      assert.ok(rows.includes("5556")); // the last four digits are meant to be shown
      const outputs = {
        stdout,
        stderr,
        metrics,
        rows,
        answers: texts.join("\n"),
      };
      for (const secret of [card.number, card.number.slice(0, 12)])
        for (const [where, text] of Object.entries(outputs))
          for (const form of [
            secret,
            Buffer.from(secret).toString("hex"),
            Buffer.from(secret).toString("base64").replace(/=+$/, ""),
          ])
            assert.ok(!text.includes(form), `${form} is in ${where}`);
    });

    async function query<Row>(text: string): Promise<[Row, ...Row[]]> {
      const client = new pg.Client(url());
      await client.connect();
      const { rows } = await client.query(text);
      await client.end();
      return rows as [Row, ...Row[]];
    }
    const count = async (where: string) =>
      Number(
        (
          await query<{ count: string }>(
            `SELECT count(*) FROM attempts WHERE ${where}`,
          )
        )[0].count,
      );
  });
});
