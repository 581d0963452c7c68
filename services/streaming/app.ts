import { join } from "node:path";
import {
  createApi,
  createService,
  logger,
  migrate,
  noStoreByDefault,
} from "@marquee/service-kit";
import { createEntitlements } from "./access/entitlements.ts";
import { createEntitlementMetrics } from "./access/metrics.ts";
import { createPlaybackGrants } from "./access/playback-grants.ts";
import { createPlaybackUrls } from "./access/playback-url.ts";
import { createViewers } from "./access/viewer.ts";
import { createAuthClient } from "./clients/auth.ts";
import { createPaymentClient } from "./clients/payment.ts";
import type { Dependencies } from "./dependencies.ts";
import { gatewayRoutes } from "./gateway/paths.ts";
import { createAuthentication } from "./http/authentication.ts";
import { createErrorPage } from "./http/error-page.ts";
import { rethrowAsHttp } from "./http/errors.ts";
import { createForwardedOf } from "./http/forwarded.ts";
import { createPageSessions } from "./http/page-session.ts";
import { createCatalogueCache } from "./media/catalogue-cache.ts";
import { MediaUnavailableError } from "./media/media-store.ts";
import type { StreamingOptions } from "./options.ts";
import { assetRoutes } from "./routes/assets.ts";
import { cataloguePages } from "./routes/catalogue-pages.ts";
import { deletedAccounts } from "./routes/deleted-accounts.ts";
import { membershipPages } from "./routes/membership-pages.ts";
import { playbackRoutes } from "./routes/playback.ts";
import { robotsRoutes } from "./routes/robots.ts";
import { streamRoutes } from "./routes/stream.ts";
import { subscribePages } from "./routes/subscribe-pages.ts";
import { testCards } from "./routes/test-cards.ts";
import { titleRoutes } from "./routes/titles.ts";

const info = {
  title: "Marquee streaming",
  version: "0.2.0",
  description:
    "The catalogue of titles, their videos, and the viewer's position in each. Browsers use the pages, from `/` on. The APIs of auth and payment are available below `/api/auth/` and `/api/payment/`; their own documents describe them.",
  unavailable: true,
  securitySchemes: {
    bearer: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: "An access token issued by auth.",
    },
    session: {
      type: "apiKey",
      in: "cookie",
      name: "__Host-marquee-session",
      description:
        "The session cookie of a signed-in browser; over http it is named `marquee-session`.",
    },
    playback: {
      type: "apiKey",
      in: "query",
      name: "signature",
      description: "A signed URL from POST /playback/{id}.",
    },
  },
} as const;

/**
 * The streaming service: the catalogue, playback and their pages. Its routes are in GET /openapi.json, plus pages and
 * proxied paths.
 */
export function createStreaming(options: StreamingOptions) {
  const { database } = options;
  const service = createService({
    errorPage: (c, failure) =>
      createErrorPage(dependencies.pageSessions)(c, failure),
    // hls.js plays from blob: URLs.
    contentSecurityPolicy: { mediaSrc: ["'self'", "blob:"] },
    async onStart() {
      await migrate(database, join(import.meta.dirname, "migrations"));
      // Start even if the media store is unavailable: it may return at any time, and until then the pages say so.
      await dependencies.catalogueCache.get().catch((err) => {
        if (!(err instanceof MediaUnavailableError)) throw err;
        logger.error({ err }, "the media store is unavailable");
      });
    },
    onShutdown: () => dependencies.entitlements.settled(),
  });
  const dependencies = createDependencies(
    options,
    createEntitlementMetrics(service.metrics),
  );

  const api = createApi(info);
  api.app.onError(rethrowAsHttp);
  for (const add of [titleRoutes, streamRoutes, playbackRoutes])
    add(api, dependencies);
  service.app.use(noStoreByDefault);
  service.app.route("/", api.app);
  const assets = join(import.meta.dirname, "assets");
  service.app.route("/", assetRoutes(assets, options.scripts ?? new Map()));
  service.app.route("/", robotsRoutes());
  for (const pages of [cataloguePages, subscribePages, membershipPages])
    service.app.route("/", pages(dependencies));
  const { authUrl, paymentUrl, trustedProxies = 0 } = options;
  service.app.route("/", deletedAccounts(dependencies));
  service.app.route(
    "/",
    gatewayRoutes({ authUrl, paymentUrl, trustedProxies }),
  );
  return service;
}

function createDependencies(
  options: StreamingOptions,
  metrics: ReturnType<typeof createEntitlementMetrics>,
): Dependencies {
  const { database, store, accessTokens, authUrl, paymentUrl } = options;
  const { trustedProxies = 0, timings } = options;
  const auth = createAuthClient({ authUrl });
  const viewers = createViewers({ auth, accessTokens });
  const forwardedOf = createForwardedOf(trustedProxies);
  const authentication = createAuthentication(viewers, forwardedOf);
  const entitlements = createEntitlements({
    paymentUrl,
    database,
    metrics,
    ...(timings?.entitlements && { timings: timings.entitlements }),
  });
  const playbackUrls = createPlaybackUrls({ key: options.playbackKey });
  return {
    database,
    store,
    catalogueCache: createCatalogueCache(store, timings?.catalogueMaxAgeMs),
    viewers,
    authentication,
    pageSessions: createPageSessions(authentication, viewers),
    entitlements,
    playbackUrls,
    playbackGrants: createPlaybackGrants({ entitlements, playbackUrls }),
    payment: createPaymentClient({ paymentUrl }),
    forwardedOf,
    testCards: options.testCards ? testCards : [],
  };
}
