import type { Answer } from "./api-answers.ts";

/** Stripe's idempotency keys: https://docs.stripe.com/api/idempotent_requests */
export class IdempotencyKeys {
  readonly #answers = new Map<
    string,
    { request: string; answer: Promise<Answer> }
  >();

  /** Replays the answer to a repeated key, and rejects the key with other parameters. Answers 400 are not kept. */
  async answer(
    key: string,
    request: string,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known && known.request !== request)
      return {
        status: 400,
        body: {
          error: {
            type: "idempotency_error",
            message:
              "Keys for idempotent requests can only be used with the same parameters they were first used with.",
          },
        },
      };
    if (known) return known.answer;
    const answer = work();
    this.#answers.set(key, { request, answer });
    if ((await answer).status === 400) this.#answers.delete(key);
    return answer;
  }
}
