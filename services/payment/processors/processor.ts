/** Card data as typed. Must never be stored, logged, or included in an error. */
export interface Card {
  /** Digits, which may be separated by spaces or hyphens. */
  number: string;
  /** 1 to 12. */
  expMonth: number;
  /** Four digits. The card is valid until the end of the month. */
  expYear: number;
  cvc: string;
}

/** The part of a card that may be stored and shown. */
export interface MethodSummary {
  token: string;
  brand: string;
  last4: string;
}

export interface ChargeRequest {
  /** Idempotency key: charges at most once, however often it is sent. */
  key: string;
  paymentId: string;
  /** In the currency's smallest unit: cents for EUR, yen for JPY. */
  amount: bigint;
  /** ISO 4217, upper case. */
  currency: string;
  token: string;
  /** URL that the customer returns to after an action. */
  returnUrl?: string;
  /** The token will be charged again without the customer, for a subscription. @default false */
  reusable?: boolean;
}

/** `reference` is the processor's id of the charge. */
export type ChargeOutcome =
  | { status: "succeeded"; reference: string }
  | {
      status: "declined";
      reference?: string;
      /** Stripe's code: card_declined, insufficient_funds, expired_card, incorrect_cvc, processing_error … */
      code: string;
      /** A sentence for the customer. */
      message: string;
    }
  | {
      status: "requires_action";
      reference: string;
      /** URL to send the customer to. */
      nextAction: { url: string };
    }
  | { status: "processing"; reference: string }
  /** Canceled before anything was charged. */
  | { status: "canceled"; reference?: string };

export interface RefundRequest {
  /** Idempotency key: refunds at most once. */
  key: string;
  /** The charge's reference. */
  reference: string;
  amount: bigint;
  currency: string;
}

export type RefundOutcome =
  | { status: "succeeded"; reference: string }
  | { status: "failed"; code: string; message: string }
  | { status: "pending"; reference: string };

/** The outcome is unknown: retry with the same key. */
export class ProcessorUnavailableError extends Error {
  override name = "ProcessorUnavailableError";
}

/** The card is invalid, whatever its bank would say. The message is for the customer. */
export class InvalidCardError extends Error {
  override name = "InvalidCardError";
  readonly code: string;
  readonly field: keyof Card;

  constructor(field: keyof Card, code: string, message: string) {
    super(message);
    this.field = field;
    this.code = code;
  }
}

/** A payment processor. */
export interface Processor {
  readonly name: "sandbox" | "stripe";
  /**
   * Exchanges a card for a token that may be stored. No money moves. @throws InvalidCardError,
   * ProcessorUnavailableError
   */
  tokenize(card: Card): Promise<MethodSummary>;
  /**
   * Describes a token that the client sent, such as pm_card_visa; undefined if it is unknown. @throws
   * ProcessorUnavailableError
   */
  describe(token: string): Promise<MethodSummary | undefined>;
  /** Charges at most once per key; repeated calls return the same outcome. @throws ProcessorUnavailableError */
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  /**
   * Fetches the current state of a charge, by its key and, if known, its reference; undefined if the processor does not
   * know it. Unlike `charge`, which may replay its first outcome.
   * @throws ProcessorUnavailableError
   */
  find(key: string, reference?: string): Promise<ChargeOutcome | undefined>;
  /** Cancels a charge that waits for an action. @returns its outcome after that @throws ProcessorUnavailableError */
  cancel(reference: string, key: string): Promise<ChargeOutcome>;
  /** Refunds a charge in part or in full, at most once per key. @throws ProcessorUnavailableError */
  refund(request: RefundRequest): Promise<RefundOutcome>;
  /** Fetches the current state of a refund, like `find`. @throws ProcessorUnavailableError */
  findRefund(
    key: string,
    reference?: string,
  ): Promise<RefundOutcome | undefined>;
}
