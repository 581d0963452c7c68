import assert from "node:assert/strict";
import {
  configure,
  destroyStaging,
  ensureUp,
  json,
  ok,
  restoreDev,
  setConfig,
} from "../../support/e2e/environment.ts";
import { cname } from "../../support/e2e/in-pod.ts";
import { newMember, signIn, site, videoOf } from "../../support/e2e/people.ts";

const devIssuer = "http://auth-service.marquee-dev.svc:8081";
const allow = (namespace: string) => ({ allowFrom: [{ namespace }] });
const elsewhere = (service: string, namespace: string) => ({
  type: "ExternalName",
  externalName: `${service}-service.${namespace}.svc.cluster.local`,
});

/** Signs up, pays and watches at a stack's site: by the API with an access token, and by the pages with a cookie. */
async function journey(origin: string) {
  const member = await newMember(origin);
  const video = await fetch(await videoOf(member, undefined, origin), {
    headers: { range: "bytes=0-99" },
  });
  assert.equal(video.status, 206);
  assert.equal((await video.bytes()).length, 100);
  const page = await fetch(`${origin}/membership`, {
    headers: { cookie: await signIn(member, origin) },
  });
  assert.equal(page.status, 200, await page.text());
}

const siteOfStaging = async (): Promise<string> =>
  (await json("pulumi stack output endpoints --stack staging --json"))
    .streaming;

describe("Services of type ExternalName that lead to another stack", function () {
  this.timeout("5m");
  before(async () => {
    await ensureUp();
    configure("auth", elsewhere("auth", "marquee-dev"), "staging");
    setConfig("staging", "marquee:issuer", devIssuer);
  });
  after(async () => {
    await restoreDev();
    await destroyStaging();
  });

  it("let users sign up, pay and watch with auth or payment elsewhere", async () => {
    configure("auth", allow("marquee-staging"));
    configure("payment", elsewhere("payment", "marquee-staging"));
    configure("payment", { replicas: 1, ...allow("marquee-dev") }, "staging");
    await ok("pulumi up --yes --skip-preview --stack staging");
    await ok("pulumi up --yes --skip-preview --stack dev");
    await journey(site); // payment is elsewhere
    await journey(await siteOfStaging()); // auth is elsewhere
  });

  it("let users sign up, pay and watch with streaming elsewhere", async () => {
    configure("payment", allow("marquee-staging"));
    configure("streaming", elsewhere("streaming", "marquee-staging"));
    configure("payment", elsewhere("payment", "marquee-dev"), "staging");
    await ok("pulumi up --yes --skip-preview --stack dev");
    await ok("pulumi up --yes --skip-preview --stack staging");
    await journey(await siteOfStaging());
    assert.equal(
      await cname(
        "streaming-service.marquee-dev.svc.cluster.local",
        "-n marquee-staging",
      ),
      "streaming-service.marquee-staging.svc.cluster.local",
    );
  });
});
