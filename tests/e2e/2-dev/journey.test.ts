import assert from "node:assert/strict";
import type { Browser, BrowserContext, Page } from "puppeteer-core";
import { sizes, startChromium } from "../../support/chromium/chromium.ts";
import { looksRight } from "../../support/chromium/looks-right.ts";
import {
  ensureUp,
  ok,
  restoreDev,
  setConfig,
  until,
} from "../../support/e2e/environment.ts";
import { password, site } from "../../support/e2e/people.ts";

const title = "northern-lights";

/** Seconds of a subscription's period, one of which the journey takes in full. */
const period = 75;

describe("Journey in a browser", function () {
  this.timeout("10m");
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const email = `journey-${Date.now()}@example.com`;
  /** The page of the viewer's desktop. */
  let desk: Page;
  /** The page of the same viewer's phone. */
  let phone: Page;

  before(async () => {
    await ensureUp();
    setConfig("dev", ["marquee:payments"], {
      billingPeriod: `PT${period}S`,
      gracePeriod: "PT1S",
    });
    await ok("pulumi stack select dev && pulumi up --yes --skip-preview");
    browser = await startChromium();
    desk = await newPage("desktop");
    phone = await newPage("phone");
  });
  after(async () => {
    await browser?.close();
    await restoreDev();
  });

  /** A page of a new browser context, without cookies. */
  async function newPage(size: keyof typeof sizes): Promise<Page> {
    const context = await browser.createBrowserContext();
    contexts.push(context);
    const page = await context.newPage();
    await page.setViewport(sizes[size]);
    page.setDefaultTimeout(20_000);
    // Fades would be captured half-way.
    await page.emulateMediaFeatures([
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    return page;
  }

  /** Opens a path; returns the status. */
  const open = async (page: Page, path: string) =>
    (await page.goto(site + path, { waitUntil: "load" }))?.status();
  const heading = (page: Page) =>
    page.$eval("h1", ({ textContent }) => textContent?.trim());
  const path = (page: Page) => new URL(page.url()).pathname;
  /** Clicks the element with this text, and waits for the page that it leads to. */
  async function press(page: Page, text: string) {
    await Promise.all([
      page.waitForNavigation({ waitUntil: "load" }),
      page.locator(`::-p-text(${text})`).click(),
    ]);
  }
  async function fill(page: Page, fields: Record<string, string>) {
    for (const [name, value] of Object.entries(fields))
      await page.locator(`[name=${name}]`).fill(value);
  }
  /** Submits the page's main form. */
  const send = (page: Page) =>
    Promise.all([
      page.waitForNavigation({ waitUntil: "load" }),
      page.locator("main form button[type=submit]").click(),
    ]);

  /** The video's position in seconds. */
  const position = (page: Page) =>
    page.$eval("video", ({ currentTime }) => currentTime);
  /** Waits until the video's position changes. */
  async function plays(page: Page, seconds = 20): Promise<void> {
    const from = await position(page);
    await until(async () => {
      const now = await position(page);
      assert.ok(now > from + 0.5 || now < from - 1, `it stays at ${now} s`);
    }, seconds);
  }

  it("shows the catalogue without signing in", async () => {
    assert.equal(await open(desk, "/"), 200);
    await looksRight(desk, "1-home-nobody");
    assert.equal(await open(desk, `/titles/${title}`), 200);
    await looksRight(desk, "2-title-nobody");
  });

  it("rejects watching without signing in", async () => {
    assert.equal(await open(desk, `/watch/${title}`), 401);
    assert.equal(await heading(desk), "Sign in to watch");
    await looksRight(desk, "3-refused-nobody");
  });

  it("creates an account, returns to the film, and rejects watching without a membership", async () => {
    await press(desk, "Create an account");
    await looksRight(desk, "4-sign-up");
    await fill(desk, { email, password });
    await send(desk);
    assert.equal(path(desk), `/watch/${title}`);
    assert.equal(await heading(desk), "This is for members");
    await looksRight(desk, "5-refused-no-plan");
  });

  it("asks for the card again when the card for a plan is declined", async () => {
    await press(desk, "See the plans");
    await looksRight(desk, "6-plans");
    await press(desk, "Choose Basic");
    await looksRight(desk, "7-card");
    const card = { number: "4000000000000002", expiry: "1234", cvc: "123" };
    await fill(desk, card);
    await send(desk);
    assert.match(
      (await desk.$eval("#alert", ({ textContent }) => textContent)) ?? "",
      /declined/,
    );
    await looksRight(desk, "8-card-declined");
  });

  it("starts the film after the payment", async () => {
    const card = { number: "4242424242424242", expiry: "1234", cvc: "123" };
    await fill(desk, card);
    await send(desk);
    assert.equal(path(desk), `/watch/${title}`);
    await desk.waitForSelector("video");
    await plays(desk);
    // Through hls.js, which this browser needs.
    const source = await desk.$eval("video", ({ src }) => src);
    assert.match(source, /^blob:/);
    await looksRight(desk, "9-watch");
  });

  it("seeks, pauses and stores the position", async () => {
    await desk.$eval("video", (video) => {
      video.currentTime = 12;
    });
    await plays(desk);
    assert.ok((await position(desk)) >= 12);
    await desk.$eval("video", (video) => video.pause());
    const paused = await position(desk);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(await position(desk), paused);
    await until(async () => {
      const response = await desk.evaluate(async () =>
        (await fetch("/progress")).json(),
      );
      assert.ok(Math.abs(response.data[0].position - paused) < 1);
    }, 10);
  });

  it("resumes at the stored position on another device", async () => {
    await open(phone, "/sign-in");
    await fill(phone, { email, password });
    await send(phone);
    assert.equal(path(phone), "/");
    await phone.waitForSelector("#continue");
    await looksRight(phone, "10-home-member");
    await open(phone, `/titles/${title}`);
    await looksRight(phone, "11-title-member");
    await press(phone, "Resume at");
    await plays(phone);
    assert.ok((await position(phone)) > 11);
    await looksRight(phone, "12-watch-phone");
  });

  it("keeps playing when the pods that serve the film are killed", async () => {
    // Throttled to the bit rate, so that the film is not buffered to its end.
    const session = await desk.createCDPSession();
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      ...{ offline: false, latency: 20, uploadThroughput: -1 },
      downloadThroughput: 60_000,
    });
    await open(desk, `/watch/${title}?from=start`);
    await plays(desk);
    await ok(
      "kubectl delete pods -l app=streaming-service --grace-period=0 --force --wait=false",
    );
    const from = await position(desk);
    await until(async () => {
      const now = await position(desk);
      assert.ok(now > from + 10, `it stays at ${now} s`);
    }, 60);
    const ended = await desk.$$eval(".curtain:not([hidden])", (all) =>
      all.map(({ id }) => id),
    );
    assert.deepEqual(ended, []);
    await session.send("Network.emulateNetworkConditions", {
      ...{ offline: false, latency: 0 },
      ...{ downloadThroughput: -1, uploadThroughput: -1 },
    });
    await ok("kubectl rollout status deployment streaming-deployment");
  });

  it("keeps playing for members while payment is unavailable, and returns 503 to others", async () => {
    const replicas = (count: number) =>
      ok(
        `kubectl scale deployment payment-deployment --replicas=${count} && kubectl rollout status deployment payment-deployment`,
      );
    await replicas(0);
    try {
      await until(async () =>
        assert.equal(
          await ok("kubectl get pods -l app=payment-service -o name"),
          "",
        ),
      );
      assert.equal(await open(desk, `/watch/${title}`), 200);
      await plays(desk);
      const other = await newPage("desktop");
      await open(other, "/sign-up");
      await fill(other, { email: `other-${email}`, password });
      await send(other);
      assert.equal(await open(other, `/watch/${title}`), 503);
      assert.match((await heading(other)) ?? "", /can’t check your membership/);
      await looksRight(other, "13-payment-away");
    } finally {
      await replicas(2);
    }
  });

  it("keeps playing after a cancellation until the period ends, and rejects watching then", async () => {
    await until(async () => {
      assert.equal(await open(desk, "/membership"), 200);
    });
    await looksRight(desk, "14-membership");
    await desk.locator("details.cancel summary").click();
    await press(desk, "Yes, cancel my membership");
    assert.match(
      await desk.$eval(".membership-state", (e) => e.textContent ?? ""),
      /Ends on/,
    );
    await looksRight(desk, "15-membership-ending");
    assert.equal(await open(desk, `/watch/${title}?from=start`), 200);
    await plays(desk);
    await until(async () => {
      assert.equal(await open(phone, `/watch/${title}`), 403);
      assert.equal(await heading(phone), "This is for members");
    }, 2 * period);
    await until(async () => {
      const ended = await desk.$eval(
        "#membership-ended",
        (e) => !(e as HTMLElement).hidden,
      );
      assert.ok(ended);
    }, 30);
    await looksRight(desk, "16-membership-ended");
  });

  it("shows the account, and signs out", async () => {
    assert.equal(await open(phone, "/account"), 200);
    assert.equal(await heading(phone), "Your account");
    await looksRight(phone, "17-account");
    await open(phone, "/membership");
    await looksRight(phone, "18-membership-over");
    await press(phone, "Sign out");
    assert.equal(path(phone), "/");
    assert.equal(await open(phone, "/membership"), 200);
    assert.equal(path(phone), "/sign-in");
  });
});
