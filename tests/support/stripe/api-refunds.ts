import { invalid } from "./api-answers.ts";
import { type Intent, id, nested, seconds } from "./api-objects.ts";

export interface ApiRefund {
  id: string;
  object: "refund";
  amount: number;
  status: string;
  created: number;
  payment_intent: string;
  metadata: Record<string, string>;
  failure_reason?: string;
}

/** Creates a refund of a charge. @throws ApiError */
export function newRefund(
  form: URLSearchParams,
  intents: Map<string, Intent>,
  refunds: Map<string, ApiRefund>,
): ApiRefund {
  const intent = intents.get(form.get("payment_intent") ?? "");
  if (!intent)
    throw invalid(
      `No such payment_intent: '${form.get("payment_intent")}'`,
      { code: "resource_missing", param: "payment_intent" },
      404,
    );
  const given = [...refunds.values()]
    .filter((one) => one.payment_intent === intent.id)
    .reduce((sum, one) => sum + one.amount, 0);
  if (given === intent.amount)
    throw invalid("Charge ch_1 has already been refunded.", {
      code: "charge_already_refunded",
    });
  const amount = Number(form.get("amount"));
  if (amount > intent.amount - given)
    throw invalid("Refund amount is greater than unrefunded amount on charge", {
      param: "amount",
    });
  const slow = intent.payment_method === "pm_card_refundSlow";
  return {
    id: id("re"),
    object: "refund",
    amount,
    status: slow ? "pending" : "succeeded",
    created: seconds(),
    payment_intent: intent.id,
    metadata: nested(form, "metadata"),
  };
}
