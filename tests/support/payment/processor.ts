import {
  type ChargeOutcome,
  type ChargeRequest,
  type MethodSummary,
  type Processor,
  ProcessorUnavailableError,
  type RefundOutcome,
  type RefundRequest,
} from "../../../services/payment/processors/processor.ts";

/** The processor's behaviour for one request. */
export type Behaviour =
  /** The work is done, and the answer is lost. */
  | "answer lost"
  /** The request does not arrive. */
  | "unreachable"
  /** The work is done, and the answer arrives. */
  | "well";

/**
 * A processor in memory, which outlives the replicas that call it. The token decides a charge's outcome: `pm_ok`,
 * `pm_declined`, `pm_action` or `pm_slow` (both until `act` is called), and `pm_refundless` (refunds fail).
 */
export interface MemoryProcessor extends Processor {
  /** The behaviours for the next requests, one each; later requests go well. */
  next: Behaviour[];
  /** The charges by key. */
  charges: Map<string, { request: ChargeRequest; outcome: ChargeOutcome }>;
  /** The refunds by key. */
  refunds: Map<string, { request: RefundRequest; outcome: RefundOutcome }>;
  /** The names of all requests. */
  requests: string[];
  /** Completes a waiting charge: it succeeds or is declined. */
  act(reference: string, declined?: boolean): void;
  /** Charges minus refunds, by currency. */
  held(): Record<string, bigint>;
}

export function memoryProcessor(): MemoryProcessor {
  const charges: MemoryProcessor["charges"] = new Map();
  const refunds: MemoryProcessor["refunds"] = new Map();
  const next: Behaviour[] = [];
  const requests: string[] = [];
  let count = 0;

  async function behaving<T>(name: string, work: () => T): Promise<T> {
    requests.push(name);
    const behaviour = next.shift() ?? "well";
    await new Promise((resolve) => setImmediate(resolve));
    if (behaviour === "unreachable")
      throw new ProcessorUnavailableError("the processor can't be reached");
    const done = work();
    await new Promise((resolve) => setImmediate(resolve));
    if (behaviour === "answer lost")
      throw new ProcessorUnavailableError(
        "the processor did not answer in time",
      );
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
    requests,
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
