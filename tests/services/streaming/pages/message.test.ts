import assert from "node:assert/strict";
import {
  messagePage,
  type Refusal,
  refusals,
} from "../../../../services/streaming/pages/message.ts";
import { read } from "../../../support/programs/streaming-pages.ts";

describe("Message page", () => {
  it("links to sign-in, to the plans, or to the same page after an outage", async () => {
    const links = async (refusal: Refusal) =>
      Object.values((await read(messagePage(refusal))).links);
    assert.ok((await links(refusals.notSignedIn)).includes("/sign-in"));
    assert.ok((await links(refusals.notEntitled)).includes("/plans"));
    for (const kind of [
      "paymentUnavailable",
      "mediaUnavailable",
      "databaseUnavailable",
    ] as const) {
      const refusal = refusals[kind]({ retryPath: "/watch/x" });
      assert.ok((await links(refusal)).includes("/watch/x"));
    }
  });

  it("says when to try again, without a link that would send a form again", async () => {
    for (const kind of [
      "paymentUnavailable",
      "mediaUnavailable",
      "authUnavailable",
    ] as const) {
      const refusal = refusals[kind]({ retryWhen: "in 20 seconds" });
      const { text, links } = await read(messagePage(refusal));
      assert.match(text, /Please try again in 20 seconds\./);
      assert.equal(links["Try again"], undefined);
    }
  });

  it("shows the request's id", async () => {
    const { text } = await read(
      messagePage({ ...refusals.notFound, requestId: "trace-7" }),
    );
    assert.match(text, /Request ID: trace-7/);
  });

  it("says during an outage of payment that people who are watching can go on", async () => {
    const message = refusals.paymentUnavailable({ retryPath: "/watch/x" });
    const { text, html } = await read(messagePage(message));
    assert.match(text, /People who are already watching go on watching\./);
    assert.match(html, /<title>Error: We can’t check your membership/);
  });
});
