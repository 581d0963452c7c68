import assert from "node:assert/strict";
import { createStripe } from "../../../../../services/payment/processors/stripe/stripe.ts";
import { InvalidWebhookError } from "../../../../../services/payment/processors/stripe/verify-webhook.ts";
import { assertSilent } from "../../../../support/payment/stripe-service.ts";
import { secretKey } from "../../../../support/stripe/api-answers.ts";
import {
  event,
  signed,
  webhookSecret,
} from "../../../../support/stripe/events.ts";

const { verifyWebhook: readWebhook } = createStripe({
  secretKey,
  webhookSecret,
});

const read = (body: string, signature?: string, now?: Date) =>
  readWebhook(Buffer.from(body), signature, now);

const intent = {
  object: "payment_intent",
  id: "pi_1",
  status: "succeeded",
  metadata: { key: "k-1", payment_id: "p-1" },
};
const happened = new Date("2026-11-23T12:00:00Z");
const body = event("payment_intent.succeeded", intent, {
  created: happened.getTime() / 1000,
});

const minutes = (count: number) => new Date(Date.now() + count * 60_000);

describe("verifyWebhook: Stripe events", () => {
  const refused = (expected: RegExp, ...args: Parameters<typeof read>) =>
    assert.throws(
      () => read(...args),
      (error: Error) => {
        assert.ok(error instanceof InvalidWebhookError, String(error));
        assert.match(error.message, expected);
        assertSilent(error);
        return true;
      },
    );

  it("rejects an event without a signature", () => {
    refused(/Stripe-Signature header is missing/, body);
    refused(/Stripe-Signature header is missing/, body, "");
  });

  it("rejects a malformed signature header", () => {
    const v1 = signed(body).split(",")[1] as string;
    for (const wrong of ["hello", "t=", v1, "t=1", `t=1,v0=${v1.slice(3)}`])
      refused(/header is invalid: expected t=…,v1=…|older|match/, body, wrong);
    refused(/header is invalid/, body, "hello");
    refused(/header is invalid/, body, "t=1");
  });

  it("rejects a signature made with another secret", () =>
    refused(
      /STRIPE_WEBHOOK_SECRET is the signing secret of this endpoint/,
      body,
      signed(body, { secrets: ["whsec_other"] }),
    ));

  it("rejects a body or timestamp that was changed after signing", () => {
    refused(
      /does not match/,
      body.replace("succeeded", "suCceeded"),
      signed(body),
    );
    refused(/does not match/, `${body} `, signed(body));
    refused(/does not match/, body, signed(body).replace("t=1", "t=2"));
  });

  it("rejects a signature older than five minutes", () => {
    const signature = signed(body);
    assert.equal(read(body, signature, minutes(4.9)).kind, "payment");
    refused(/older than 300 seconds/, body, signature, minutes(5.1));
    refused(/older/, body, signed(body, { at: minutes(-6) }));
  });

  it("rejects a signed body that is not an event", () => {
    for (const wrong of ["", "{}", "null", "[]", "7", '"a"', "{", "plain text"])
      refused(/not a Stripe event/, wrong, signed(wrong));
    const nameless = event("a", intent, { id: undefined });
    refused(/not a Stripe event/, nameless, signed(nameless));
  });

  it("accepts one valid signature among several, as during secret rotation", () => {
    const secrets = ["whsec_old", webhookSecret, "whsec_other"];
    assert.equal(read(body, signed(body, { secrets })).kind, "payment");
  });

  it("returns the reference and key of the charge", () => {
    const { created, id, ...notice } = read(body, signed(body));
    assert.deepEqual(notice, {
      type: "payment_intent.succeeded",
      kind: "payment",
      reference: "pi_1",
      key: "k-1",
    });
    assert.match(id, /^evt_/);
    assert.deepEqual(created, happened);
  });

  it("returns the reference of the refund for every type of refund event", () => {
    for (const type of ["refund.updated", "charge.refund.updated"]) {
      const about = event(type, { object: "refund", id: "re_1", metadata: {} });
      const notice = read(about, signed(about));
      assert.ok(notice.kind === "refund");
      assert.equal(notice.reference, "re_1");
      assert.equal(notice.key, undefined);
    }
  });

  it('returns the kind "other" for events about other objects', () => {
    for (const object of [
      { object: "charge", id: "ch_1", payment_intent: "pi_1" },
      { object: "customer", id: "cus_1" },
      { object: "payment_intent" },
      {},
    ]) {
      const about = event("something.happened", object);
      assert.equal(read(about, signed(about)).kind, "other");
    }
    const bare = event("ping", {}, { data: undefined });
    assert.equal(read(bare, signed(bare)).kind, "other");
  });
});
