import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { ProcessorUnavailableError } from "../../../../services/payment/processors/processor.ts";
import {
  assertInvariants,
  jsonOf,
  payment,
  post,
  usePayments,
} from "../../../support/payment/service.ts";

/** A promise, and the function that resolves it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("Processor notifications about unfinished charges and refunds", () => {
  const replicas = usePayments();
  afterEach(() => assertInvariants(replicas));

  for (const kind of ["charge", "refund"] as const)
    it(`fails while the ${kind}'s key is in use, and leaves the ${kind}'s lease and response unchanged`, async () => {
      const { first, second, processor } = replicas;
      const user = randomUUID();
      const body = payment(user);
      const pay = () => post(first, "/pay", body, user);
      let send = pay;
      if (kind === "refund") {
        const { id } = await jsonOf(await pay(), 200);
        send = () => post(first, `/payments/${id}/refunds`, {}, "operator");
      }
      const requested = gate();
      const answer = gate();
      let key = "";
      const well = processor[kind] as (request: {
        key: string;
      }) => Promise<never>;
      processor[kind] = async (request: { key: string }) => {
        if (key)
          throw new ProcessorUnavailableError("409: the key is being used now");
        key = request.key;
        requested.open();
        await answer.opened;
        return well(request);
      };
      const lease = async () => {
        const [row] = await first.database.query(
          "SELECT due_at, tries, last_error FROM attempts WHERE id = $1",
          [key],
        );
        return row;
      };
      const sent = send();
      try {
        await requested.opened;
        const before = await lease();
        const { refreshCharge: charged, refreshRefund: refunded } =
          second.service.payments;
        const tell = kind === "charge" ? charged : refunded;
        // The error makes the sender repeat the notification.
        await assert.rejects(tell("none yet", key), ProcessorUnavailableError);
        assert.deepEqual(await lease(), before);
      } finally {
        answer.open();
        const { status } = await sent;
        processor[kind] = well;
        assert.equal(status, kind === "charge" ? 200 : 201);
      }
    });

  it("fails while the processor is unreachable, and completes the payment when repeated", async () => {
    const { first, processor } = replicas;
    const user = randomUUID();
    const body = payment(user, { method: "pm_action" });
    const { id } = await jsonOf(await post(first, "/pay", body, user), 202);
    const [row] = await first.database.query<{ reference: string }>(
      "SELECT reference FROM payments WHERE id = $1",
      [id],
    );
    assert.ok(row);
    processor.act(row.reference);
    processor.next.push("unreachable");
    const { refreshCharge: charged } = first.service.payments;
    await assert.rejects(charged(row.reference), ProcessorUnavailableError);
    await charged(row.reference);
    const [paid] = await first.database.query<{ status: string }>(
      "SELECT status FROM payments WHERE id = $1",
      [id],
    );
    assert.equal(paid?.status, "succeeded");
  });
});
