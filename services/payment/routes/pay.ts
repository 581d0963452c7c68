import { factory, validated } from "@marquee/runtime";
import * as z from "zod";

const Payment = z.strictObject({
  /** Who pays. */
  user_id: z
    .string()
    .trim()
    .min(1, "is empty")
    .max(128, "is longer than 128 characters"),
  /** How much, in the currency's smallest unit (cents): a whole number, so that nothing is lost in fractions. */
  amount: z.int().min(1, "is less than 1"),
});

export const pay = factory.createApp();

/** A payment as JSON. Answers 200 with what was paid; 415, 400 or 422 where the body is not a payment. */
pay.post("/pay", validated(Payment), (c) => {
  const { user_id, amount } = c.req.valid("json");
  c.var.log.info({ user_id, amount }, "payment");
  return c.json({ message: "Payment successful", user_id, amount });
});
