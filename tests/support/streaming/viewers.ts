import assert from "node:assert/strict";
import { createService } from "@marquee/service-kit";
import {
  createViewers,
  type ViewersOptions,
} from "../../../services/streaming/access/viewer.ts";
import {
  type AuthClientOptions,
  createAuthClient,
} from "../../../services/streaming/clients/auth.ts";
import { createAuthentication } from "../../../services/streaming/http/authentication.ts";
import { createForwardedOf } from "../../../services/streaming/http/forwarded.ts";

export interface ViewerAppOptions
  extends AuthClientOptions,
    Omit<ViewersOptions, "auth"> {
  /** @default 0 */
  trustedProxies?: number;
}

interface Said {
  userId?: string;
  token?: string;
  email?: string;
}

/** A service whose routes return the viewer of the request, and the viewer's email address. */
export async function viewerApp(options: ViewerAppOptions) {
  const { trustedProxies = 0 } = options;
  const auth = createAuthClient(options);
  const viewers = createViewers({ ...options, auth });
  const { authenticate } = createAuthentication(
    viewers,
    createForwardedOf(trustedProxies),
  );
  const { app, start } = createService();
  app.get("/who", async (c) => {
    const viewer = await authenticate(c);
    return c.json({ ...viewer });
  });
  app.get("/email", async (c) => {
    const viewer = await authenticate(c);
    return c.json({ email: viewer && (await viewers.emailOf(viewer)) });
  });
  await start();
  return {
    ask: async (headers: Record<string, string> = {}, path = "/who") =>
      app.request(path, { headers }),
    async says(headers: Record<string, string> = {}, path = "/who") {
      const response = await app.request(path, { headers });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      return JSON.parse(text) as Said;
    },
  };
}
