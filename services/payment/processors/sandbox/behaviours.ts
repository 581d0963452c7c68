import type { DeclineCode, RefundFailure } from "./failure-codes.ts";

/** How charges and refunds of a card behave. */
export interface Behaviour {
  /** The initial status. A processing charge settles by itself; one that requires an action waits for the customer. */
  status: "succeeded" | "declined" | "requires_action" | "processing";
  /** Why it is declined, at once or after processing or approval. Without a code it succeeds. */
  code?: DeclineCode;
  /** Declines all charges of a token but the first, with this code. */
  laterCode?: DeclineCode;
  refund?: RefundBehaviour;
  /** Simulates an unavailable processor. @default none */
  outage?: Outage;
}

interface RefundBehaviour {
  /** The initial status. A pending refund settles by itself. */
  status: "succeeded" | "pending" | "failed";
  /** Why it fails, at once or later. */
  code?: RefundFailure;
}

export interface Outage {
  request: "charge" | "refund";
  /** How many calls with the same key fail with ProcessorUnavailableError. */
  failures: number;
  /** Whether the failing calls are processed anyway, as if only the response was lost. */
  processed: boolean;
}

const declined = (code: DeclineCode): Behaviour => ({
  status: "declined",
  code,
});
const outage = (
  request: Outage["request"],
  times: number,
  done: boolean,
): Behaviour => ({
  status: "succeeded",
  outage: { request, failures: times, processed: done },
});

/** The database stores these names: names in use can't be changed. */
const behaviours = {
  succeeds: { status: "succeeded" },
  card_declined: declined("card_declined"),
  insufficient_funds: declined("insufficient_funds"),
  lost_card: declined("lost_card"),
  stolen_card: declined("stolen_card"),
  expired_card: declined("expired_card"),
  incorrect_cvc: declined("incorrect_cvc"),
  processing_error: declined("processing_error"),
  card_velocity_exceeded: declined("card_velocity_exceeded"),
  fraudulent: declined("fraudulent"),
  action: { status: "requires_action" },
  action_insufficient_funds: {
    status: "requires_action",
    code: "insufficient_funds",
  },
  action_card_declined: { status: "requires_action", code: "card_declined" },
  processing: { status: "processing" },
  processing_declined: { status: "processing", code: "card_declined" },
  only_first: { status: "succeeded", laterCode: "insufficient_funds" },
  refund_pending: { status: "succeeded", refund: { status: "pending" } },
  refund_fails_later: {
    status: "succeeded",
    refund: { status: "pending", code: "expired_or_canceled_card" },
  },
  refund_fails: {
    status: "succeeded",
    refund: { status: "failed", code: "expired_or_canceled_card" },
  },
  answer_lost: outage("charge", 1, true),
  unreachable_once: outage("charge", 1, false),
  unreachable_thrice: outage("charge", 3, false),
  refund_answer_lost: outage("refund", 1, true),
} as const satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: BehaviourName): Behaviour =>
  behaviours[name];
