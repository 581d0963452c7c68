import type { Api } from "@marquee/service-kit";
import * as z from "zod";
import type { Dependencies } from "../dependencies.ts";
import { audit } from "../ledger/audit.ts";
import type { Balance } from "../ledger/ledger.ts";
import { balances } from "../ledger/ledger.ts";

const tags = ["ledger"];
const security = ["operator"];

/** Text, because sums may exceed 2^53 - 1, up to which JSON numbers are exact. */
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
        "Every transaction sums to zero in each currency, and every payment and refund agrees with the ledger.",
      ),
    transactions: z.int().describe("Number of transactions in the ledger."),
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
      .describe("Payments that disagree with the ledger."),
  })
  .meta({ id: "Audit" });

const balanceJson = ({ balance, ...rest }: Balance) => ({
  ...rest,
  balance: String(balance),
});

export function ledgerRoutes({ route }: Api, dependencies: Dependencies): void {
  const { database, operator } = dependencies;

  route(
    {
      method: "get",
      path: "/ledger/balances",
      summary: "List the balances of all accounts",
      tags,
      security,
      responses: {
        200: {
          description: "By account and currency.",
          schema: z.object({ data: z.array(BalanceJson) }),
        },
        401: "The operator key is missing or wrong.",
      },
    },
    operator,
    async (c) =>
      c.json({ data: (await balances(database)).map(balanceJson) }, 200),
  );

  route(
    {
      method: "get",
      path: "/ledger/audit",
      summary: "Verify the ledger",
      description:
        "Reads the whole ledger in one snapshot. Responds with 503 if that takes longer than a minute.",
      tags,
      security,
      responses: {
        200: { description: "The result of the audit.", schema: AuditJson },
        401: "The operator key is missing or wrong.",
      },
    },
    operator,
    async (c) => {
      const found = await audit(database);
      return c.json(
        {
          balanced: found.balanced,
          transactions: Number(found.transactions),
          uneven_transactions: found.unevenTransactions,
          balances: found.balances.map(balanceJson),
          disagreements: found.disagreements.map((each) => ({
            payment_id: each.paymentId,
            currency: each.currency,
            payment: String(each.payment),
            refunds: String(each.refunds),
            ledger: String(each.ledger),
          })),
        },
        200,
      );
    },
  );
}
