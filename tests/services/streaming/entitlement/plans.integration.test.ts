import assert from "node:assert/strict";
import { join } from "node:path";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import { MediaUnavailableError } from "../../../../services/streaming/media/media-store.ts";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { useStreaming } from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";

const titles = join(
  import.meta.dirname,
  "../../../../services/streaming/assets/titles",
);

describe("Plans and the titles' resolution", () => {
  const replicas = useStreaming({ store: openFolder(titles) });

  it("shows the sample titles' 720p on the site, and no number of screens", async () => {
    const visitor = browse(replicas.first);
    const plans = await pageOf(await visitor.request("/plans"), 200);
    const member = browse(replicas.first);
    const { email, password } = await newUser(replicas.system);
    await member.signIn({ email, password });
    const order = await member.request("/subscribe?plan=premium");
    for (const { html } of [plans, await pageOf(order, 200)]) {
      assert.match(html, /HD picture \(720p\)/);
      assert.doesNotMatch(html, /1080p|2160p|4K|Full HD|at a time|screens/);
    }
  });

  it("returns each plan's own resolution and screens in payment's API", async () => {
    const { url } = replicas.system;
    const response = await fetch(`${url}/api/payment/plans`);
    const { data } = (await response.json()) as { data: object[] };
    assert.deepEqual(
      data.map((plan) => (plan as { includes: object }).includes),
      [
        { resolution: "720p", screens: 1 },
        { resolution: "1080p", screens: 2 },
        { resolution: "2160p", screens: 4 },
      ],
    );
  });
});

describe("Plans while the titles are unreachable", () => {
  let hangs = false;
  const replicas = useStreaming({
    store: {
      async find() {
        if (hangs) await new Promise(() => {});
        throw new MediaUnavailableError("the store does not answer");
      },
    },
  });

  for (const state of [false, true])
    it(`shows prices without a resolution when the media store ${state ? "hangs" : "fails"}`, async () => {
      hangs = state;
      const response = await browse(replicas.first).request("/plans");
      const { html } = await pageOf(response, 200);
      assert.match(html, /\$17\.99/);
      assert.doesNotMatch(html, /picture/);
    });
});
