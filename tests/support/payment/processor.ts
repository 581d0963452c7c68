import {
  type ChargeOutcome,
  type ChargeRequest,
  type MethodSummary,
  type Processor,
  ProcessorUnavailable,
  type RefundOutcome,
  type RefundRequest,
} from "../../../services/payment/processors/processor.ts";

/** What a test has the processor do with one request. */
export type Behaviour =
  /** It does it, and its answer is lost. */
  | "answer lost"
  /** It is not reached. */
  | "unreachable"
  /** As it should be. */
  | "well";

/**
 * A processor in memory, which outlives the replicas that ask it. Tokens say what becomes of a charge: `pm_ok`, `pm_declined`,
 * `pm_action` (until `act` is called), `pm_slow` (until `act` is called).
 */
export interface MemoryProcessor extends Processor {
  /** How the next requests go, one each; then all go well. */
  next: Behaviour[];
  /** The charges by key. */
  charges: Map<string, { request: ChargeRequest; outcome: ChargeOutcome }>;
  /** The refunds by key. */
  refunds: Map<string, { request: RefundRequest; outcome: RefundOutcome }>;
  /** All requests that came, by name. */
  asked: string[];
  /** What was waited for has happened: the charge with this reference went well or was declined. */
  act(reference: string, declined?: boolean): void;
  /** What was taken and not given back, by currency. */
  held(): Record<string, bigint>;
}

export function memoryProcessor(): MemoryProcessor {
  const charges: MemoryProcessor["charges"] = new Map();
  const refunds: MemoryProcessor["refunds"] = new Map();
  const next: Behaviour[] = [];
  const asked: string[] = [];
  let count = 0;

  async function behaving<T>(name: string, work: () => T): Promise<T> {
    asked.push(name);
    const behaviour = next.shift() ?? "well";
    await new Promise((resolve) => setImmediate(resolve));
    if (behaviour === "unreachable")
      throw new ProcessorUnavailable("the processor can't be reached");
    const done = work();
    await new Promise((resolve) => setImmediate(resolve));
    if (behaviour === "answer lost")
      throw new ProcessorUnavailable("the processor did not answer in time");
    return done;
  }

  function outcomeOf(token: string): ChargeOutcome {
    count += 1;
    const reference = `ch_${count}`;
    if (token === "pm_declined")
      return {
        status: "declined",
        reference,
        code: "insufficient_funds",
        message: "The card has too little money.",
      };
    if (token === "pm_action")
      return {
        status: "requires_action",
        reference,
        nextAction: { url: `/bank/${reference}` },
      };
    return {
      status: token === "pm_slow" ? "processing" : "succeeded",
      reference,
    };
  }

  const charged = (reference: string) =>
    [...charges.values()].find(
      ({ outcome }) =>
        "reference" in outcome && outcome.reference === reference,
    );

  const described = (token: string): MethodSummary => ({
    token,
    brand: "visa",
    last4: "4242",
  });

  return {
    name: "sandbox",
    next,
    charges,
    refunds,
    asked,
    tokenize: () => behaving("tokenize", () => described("pm_ok")),
    describe: async (token) =>
      /^pm_(ok|declined|action|slow|refundless)$/.test(token)
        ? described(token)
        : undefined,
    charge: (request) =>
      behaving("charge", () => {
        const known = charges.get(request.key);
        if (known) return known.outcome;
        const outcome = outcomeOf(request.token);
        charges.set(request.key, { request, outcome });
        return outcome;
      }),
    find: (key) => behaving("find", () => charges.get(key)?.outcome),
    cancel: (reference) =>
      behaving("cancel", () => {
        const charge = charged(reference);
        if (!charge) throw new Error(`no charge ${reference}`);
        if (charge.outcome.status === "requires_action")
          charge.outcome = { status: "canceled", reference };
        return charge.outcome;
      }),
    refund: (request) =>
      behaving("refund", () => {
        const known = refunds.get(request.key);
        if (known) return known.outcome;
        const charge = charged(request.reference);
        const outcome: RefundOutcome =
          charge?.request.token === "pm_refundless"
            ? {
                status: "failed",
                code: "expired_or_canceled_card",
                message: "The card is no more.",
              }
            : { status: "succeeded", reference: `re_${refunds.size + 1}` };
        refunds.set(request.key, { request, outcome });
        return outcome;
      }),
    findRefund: (key) =>
      behaving("findRefund", () => refunds.get(key)?.outcome),
    act(reference, declined = false) {
      const charge = charged(reference);
      if (!charge) throw new Error(`no charge ${reference}`);
      charge.outcome = declined
        ? {
            status: "declined",
            reference,
            code: "authentication_failed",
            message: "The bank did not agree.",
          }
        : { status: "succeeded", reference };
    },
    held() {
      const held: Record<string, bigint> = {};
      for (const { request, outcome } of charges.values())
        if (outcome.status === "succeeded")
          held[request.currency] =
            (held[request.currency] ?? 0n) + request.amount;
      for (const { request, outcome } of refunds.values())
        if (outcome.status === "succeeded")
          held[request.currency] =
            (held[request.currency] ?? 0n) - request.amount;
      return held;
    },
  };
}
