/** A card as a person typed it: never stored, logged, or part of an error. */
export interface Card {
  /** Digits; spaces and hyphens between them are as people write them. */
  number: string;
  /** 1 to 12. */
  expMonth: number;
  /** Four digits; the card is good until the end of that month. */
  expYear: number;
  cvc: string;
}

/** What stays of a card or token: shown to people. */
export interface MethodSummary {
  token: string;
  brand: string;
  last4: string;
}

export interface ChargeRequest {
  /** The same key charges once at most, however often it is sent. */
  key: string;
  paymentId: string;
  /** In the currency's minor unit: cents of EUR, yen of JPY. */
  amount: bigint;
  /** ISO 4217, upper case. */
  currency: string;
  token: string;
  /** Where a person comes back to after an action. */
  returnUrl?: string;
  /** The token is to be charged again later, without the person who pays: a subscription's. @default once, and never again */
  keep?: boolean;
}

/** `reference` is the processor's own name for the charge. */
export type ChargeOutcome =
  | { status: "succeeded"; reference: string }
  | {
      status: "declined";
      reference?: string;
      /** As Stripe's: card_declined, insufficient_funds, expired_card, incorrect_cvc, processing_error … */
      code: string;
      /** A sentence for the person who pays. */
      message: string;
    }
  | {
      status: "requires_action";
      reference: string;
      /** Where the person who pays is to go. */
      nextAction: { url: string };
    }
  | { status: "processing"; reference: string }
  /** It was given up before anything was charged. */
  | { status: "canceled"; reference?: string };

export interface RefundRequest {
  /** The same key refunds once at most. */
  key: string;
  /** The charge's. */
  reference: string;
  amount: bigint;
  currency: string;
}

export type RefundOutcome =
  | { status: "succeeded"; reference: string }
  | { status: "failed"; code: string; message: string }
  | { status: "pending"; reference: string };

/** Nothing is known of what became of it: ask again with the same key. */
export class ProcessorUnavailable extends Error {
  override name = "ProcessorUnavailable";
}

/** A card that can't be charged, whatever its bank would say; the message is for who typed it. */
export class CardRefused extends Error {
  override name = "CardRefused";
  readonly code: string;
  readonly field: keyof Card;

  constructor(field: keyof Card, code: string, message: string) {
    super(message);
    this.field = field;
    this.code = code;
  }
}

/** Who moves the money. */
export interface Processor {
  readonly name: "sandbox" | "stripe";
  /** Turns a card into a token that may be stored. No money moves. @throws CardRefused, ProcessorUnavailable */
  tokenize(card: Card): Promise<MethodSummary>;
  /** What people see of a token that a client sent itself, such as pm_card_visa; undefined: no such token. @throws ProcessorUnavailable */
  describe(token: string): Promise<MethodSummary | undefined>;
  /** The same key gives the same outcome, and charges once at most. @throws ProcessorUnavailable */
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  /**
   * What a charge is now, by its key, and by its reference if that is known; undefined: never heard of it. Unlike `charge`, which
   * may say again what it said first, it looks.
   * @throws ProcessorUnavailable
   */
  find(key: string, reference?: string): Promise<ChargeOutcome | undefined>;
  /** Gives up a charge that waits for an action. Its outcome after that. @throws ProcessorUnavailable */
  cancel(reference: string, key: string): Promise<ChargeOutcome>;
  /** Gives back some or all of a charge. The same key gives the same outcome. @throws ProcessorUnavailable */
  refund(request: RefundRequest): Promise<RefundOutcome>;
  /** What a refund is now, as `find` does for charges: by its key, and by its reference if that is known. @throws ProcessorUnavailable */
  findRefund(
    key: string,
    reference?: string,
  ): Promise<RefundOutcome | undefined>;
}
