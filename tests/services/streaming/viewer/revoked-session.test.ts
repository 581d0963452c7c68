import assert from "node:assert/strict";
import { createAccessTokens } from "@marquee/service-kit";
import { claims } from "../../../support/service-kit/access-token.ts";
import { plain, useViewer } from "../../../support/streaming/viewer.ts";

describe("Viewer of a revoked session", () => {
  const { issuer, auth, userId, signedIn, startApp } = useViewer();

  /** Access tokens that fetch the list of revoked sessions for every check. */
  const accessTokens = () =>
    createAccessTokens({
      issuer: issuer.url,
      revocationTimings: {
        refreshAfterSeconds: 0,
        waitAfterSeconds: 0,
        retrySeconds: 0,
      },
    });
  const revoke = () => {
    const { sid: id } = claims("");
    issuer.revoked = [{ id, expires_in: 660, account_deleted: false }];
  };

  it("treats a remembered session as anonymous after its revocation, even while auth is unreachable", async () => {
    await signedIn();
    issuer.revoked = [];
    const { says } = await startApp({ accessTokens: accessTokens() });
    assert.equal((await says({ cookie: plain })).userId, userId);
    revoke();
    assert.deepEqual(await says({ cookie: plain }), {});
    await Promise.all([auth.down(), issuer.down()]);
    assert.deepEqual(await says({ cookie: plain }), {});
    assert.equal(auth.requests.length, 1);
  });

  it("treats a session revoked right after auth issued its token as anonymous", async () => {
    await signedIn();
    revoke();
    const { says } = await startApp({ accessTokens: accessTokens() });
    assert.deepEqual(await says({ cookie: plain }), {});
  });
});
