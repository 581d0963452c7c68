import type { DeclineCode, RefundFailure } from "./failure-codes.ts";

/** What the sandbox does when a card is charged, and when that is given back. */
export interface Behaviour {
  /** What a charge is at first. One that is processing settles by itself; one that requires an action, when somebody acts. */
  status: "succeeded" | "declined" | "requires_action" | "processing";
  /** Why it is declined; or will be, once it is approved or has been worked at. Without one it goes through. */
  code?: DeclineCode;
  /** Only the first charge of a token goes so; the later ones are declined, with this code. */
  later?: DeclineCode;
  refund?: RefundBehaviour;
  /** What is not answered at first. @default nothing */
  silence?: Silence;
}

export interface RefundBehaviour {
  /** What a refund is at first. One that is pending settles by itself. */
  status: "succeeded" | "pending" | "failed";
  /** Why it failed, or will. */
  code?: RefundFailure;
}

export interface Silence {
  request: "charge" | "refund";
  /** How often a request with one key is not answered: ProcessorUnavailable. */
  times: number;
  /** Whether it is done all the same, as where the answer was lost on its way. */
  done: boolean;
}

const declined = (code: DeclineCode): Behaviour => ({
  status: "declined",
  code,
});
const silent = (
  request: Silence["request"],
  times: number,
  done: boolean,
): Behaviour => ({ status: "succeeded", silence: { request, times, done } });

/** By the names that the database has: one that is in use keeps its name. */
export const behaviours = {
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
  only_first: { status: "succeeded", later: "insufficient_funds" },
  refund_pending: { status: "succeeded", refund: { status: "pending" } },
  refund_fails_later: {
    status: "succeeded",
    refund: { status: "pending", code: "expired_or_canceled_card" },
  },
  refund_fails: {
    status: "succeeded",
    refund: { status: "failed", code: "expired_or_canceled_card" },
  },
  answer_lost: silent("charge", 1, true),
  unreachable_once: silent("charge", 1, false),
  unreachable_thrice: silent("charge", 3, false),
  refund_answer_lost: silent("refund", 1, true),
} as const satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: BehaviourName): Behaviour =>
  behaviours[name];
