import type { Queries } from "@marquee/service-kit";
import type { StoredResponse } from "../idempotency/keys.ts";
import type { Operation } from "./operation.ts";
import type { Payment, Refund } from "./payment.ts";
import type { ProcessorRequest } from "./processor-requests.ts";

/** A request to the processor whose outcome is not recorded yet, and what it is about. */
export interface PendingOperation {
  request: ProcessorRequest;
  payment: Payment;
  /** With a request to refund. */
  refund?: Refund | undefined;
}

/** Build the response to each operation from its recorded outcome. */
export type ResponseBuilders = Readonly<
  Record<
    Operation,
    (
      tx: Queries,
      operation: PendingOperation,
    ) => StoredResponse | Promise<StoredResponse>
  >
>;
