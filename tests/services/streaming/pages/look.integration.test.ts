import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import { sizes, startChromium } from "../../../support/chromium/chromium.ts";
import { looksRight } from "../../../support/chromium/looks-right.ts";
import { useStreaming } from "../../../support/streaming/service.ts";
import { credentials, newUser } from "../../../support/streaming/system.ts";
import { served } from "../../../support/streaming/upstream.ts";

const titles = join(
  import.meta.dirname,
  "../../../../services/streaming/assets/titles",
);

describe("Site pages in a browser", function () {
  this.timeout("10m");
  const replicas = useStreaming({ store: openFolder(titles) });
  let browser: Browser;
  let site: Awaited<ReturnType<typeof served>>;
  before(async () => {
    site = await served(replicas.first.service.app);
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  /** A page of a new browser profile, without cookies. */
  async function newPage(): Promise<Page> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport(sizes.desktop);
    // Axe would measure the contrast of text that is still fading in.
    await page.emulateMediaFeatures([
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    return page;
  }
  async function open(page: Page, url: string, status: number) {
    const { href } = new URL(url, site.url);
    const response = await page.goto(href, { waitUntil: "load" });
    assert.equal(response?.status(), status, href);
  }
  async function send(page: Page, fields: Record<string, string>) {
    for (const [name, value] of Object.entries(fields))
      await page.locator(`[name=${name}]`).fill(value);
    await Promise.all([
      page.waitForNavigation({ waitUntil: "load" }),
      page.locator("main form button[type=submit]").click(),
    ]);
  }

  for (const [path, status, name] of [
    ["/", 200, "home"],
    ["/plans", 200, "plans"],
    ["/sign-in", 200, "sign-in"],
    ["/sign-up", 200, "sign-up"],
    ["/nope", 404, "not-found"],
    ["/progress", 401, "unauthorized"],
    ["/api/auth/login", 405, "auth-not-allowed"],
    ["/api/payment/payments/1", 401, "payment-unauthorized"],
    ["/sandbox/authenticate/ch_0", 404, "bank-not-found"],
  ] as const)
    it(`passes layout and accessibility checks for visitors: ${path}`, async () => {
      const page = await newPage();
      await open(page, path, status);
      await looksRight(page, `site-${name}`);
    });

  it("passes layout and accessibility checks when a form is rejected", async () => {
    const page = await newPage();
    await open(page, "/sign-up", 200);
    await send(page, { email: "ada@example", password: "short" });
    await looksRight(page, "site-sign-up-refused");
  });

  it("passes layout and accessibility checks for members", async () => {
    const page = await newPage();
    const { email, password } = await newUser(replicas.system);
    await open(page, "/sign-in", 200);
    await send(page, { email, password });
    await open(page, "/account", 200);
    await looksRight(page, "site-account");
    await page.locator("details summary").click();
    await looksRight(page, "site-account-deleting");
    await open(page, "/membership", 200);
    await looksRight(page, "site-membership");
    await open(page, "/nope", 404);
    await looksRight(page, "site-not-found-member");
    await open(page, "/subscribe?plan=premium", 200);
    await looksRight(page, "site-subscribe");
  });

  it("passes layout and accessibility checks at auth's and payment's own addresses", async () => {
    const { authUrl, paymentUrl } = replicas.system;
    const page = await newPage();
    await open(page, `${authUrl}/nope`, 404);
    await looksRight(page, "auth-not-found");
    await open(page, `${paymentUrl}/nope`, 404);
    await looksRight(page, "payment-not-found");
    await open(page, `${authUrl}/sign-up`, 200);
    await looksRight(page, "auth-sign-up");
    await send(page, { email: "ada@example", password: "short" });
    await looksRight(page, "auth-sign-up-refused");
    await send(page, credentials());
    await looksRight(page, "auth-account");
  });

  it("shows a favicon at every address", async () => {
    const { authUrl, paymentUrl } = replicas.system;
    const page = await newPage();
    for (const url of [site.url, authUrl, paymentUrl]) {
      await open(page, `${url}/favicon.ico`, 200);
      const width = await page.$eval("img", ({ naturalWidth }) => naturalWidth);
      assert.ok(width >= 16, url);
    }
  });
});
