import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Parts } from "../dependencies.ts";
import { audit } from "../ledger/audit.ts";
import type { Balance } from "../ledger/ledger.ts";
import { balances } from "../ledger/ledger.ts";

const tags = ["ledger"];
const security = ["operator"];

/** Sums may be beyond what JSON's readers keep exactly, so they are text. */
const Sum = z
  .string()
  .regex(/^-?\d+$/)
  .describe("In the currency's smallest unit; debits are positive.");

const BalanceJson = z
  .object({ account: z.string(), currency: z.string(), balance: Sum })
  .meta({ id: "Balance" });

const AuditJson = z
  .object({
    balanced: z
      .boolean()
      .describe(
        "Every transaction sums to zero in each currency, and no payment or refund disagrees with the book.",
      ),
    transactions: z.int().describe("How many the book has."),
    uneven_transactions: z.array(z.uuid()).max(100),
    balances: z.array(BalanceJson),
    disagreements: z
      .array(
        z.object({
          payment_id: z.uuid(),
          currency: z.string(),
          payment: Sum,
          refunds: Sum,
          ledger: Sum,
        }),
      )
      .max(100)
      .describe("Payments that the book tells otherwise."),
  })
  .meta({ id: "Audit" });

const balanceJson = ({ balance, ...rest }: Balance) => ({
  ...rest,
  balance: String(balance),
});

/** GET /ledger/balances, /ledger/audit. */
export function ledgerRoutes({ route }: Api, parts: Parts): void {
  const { database, operator } = parts;

  route(
    {
      method: "get",
      path: "/ledger/balances",
      summary: "What every account has",
      tags,
      security,
      responses: {
        200: {
          description: "By account and currency.",
          schema: z.object({ data: z.array(BalanceJson) }),
        },
        401: "This is for operators.",
      },
    },
    operator,
    async (c) => c.json({ data: (await balances(database)).map(balanceJson) }),
  );

  route(
    {
      method: "get",
      path: "/ledger/audit",
      summary: "Prove the book",
      description:
        "Reads all of it, as of one moment: a minute at most, or it is a 503.",
      tags,
      security,
      responses: {
        200: { description: "What was found.", schema: AuditJson },
        401: "This is for operators.",
      },
    },
    operator,
    async (c) => {
      const found = await audit(database);
      return c.json({
        balanced: found.balanced,
        transactions: Number(found.transactions),
        uneven_transactions: found.unevenTransactions,
        balances: found.balances.map(balanceJson),
        disagreements: found.disagreements.map((one) => ({
          payment_id: one.paymentId,
          currency: one.currency,
          payment: String(one.payment),
          refunds: String(one.refunds),
          ledger: String(one.ledger),
        })),
      });
    },
  );
}
