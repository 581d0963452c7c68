export {
  type AccessToken,
  type AccessTokens,
  createAccessTokens,
} from "./access-token/access-token.ts";
export { bearer } from "./access-token/bearer.ts";
export {
  AuthUnavailableError,
  InvalidTokenError,
  MissingTokenError,
  SessionEndedError,
} from "./access-token/errors.ts";
export { accessTokenVariables } from "./access-token/variables.ts";
export { deriveKey, sha256 } from "./crypto/derive-key.ts";
export { createSealedBox } from "./crypto/sealed-box.ts";
export { untilAvailable } from "./database/availability.ts";
export { type Database, openDatabase } from "./database/database.ts";
export {
  type BatchOptions,
  deleteInBatches,
} from "./database/delete-in-batches.ts";
export {
  DatabaseUnavailableError,
  isUniqueViolation,
} from "./database/errors.ts";
export { migrate } from "./database/migrations.ts";
export type { Queries } from "./database/queries.ts";
export { databaseVariables } from "./database/variables.ts";
export { certificates } from "./environment/certificates.ts";
export { environment, exitOnError } from "./environment/environment.ts";
export { secret } from "./environment/secret.ts";
export { trustedProxies } from "./environment/trusted-proxies.ts";
export { wholeNumber } from "./environment/whole-number.ts";
export { createService } from "./http/app.ts";
export { bearerTokenOf } from "./http/bearer-token.ts";
export { cookieAttributes, cookieName } from "./http/cookies.ts";
export { type ErrorPage, factory, type ServiceEnv } from "./http/env.ts";
export { asHttpError } from "./http/errors.ts";
export { parseForm, requireForm } from "./http/form.ts";
export {
  errorSummary,
  type FormErrors,
  hasErrors,
} from "./http/form-errors.ts";
export {
  forwardedValue,
  headerEntries,
  isHttps,
  socketAddress,
} from "./http/forwarded.ts";
export { noStoreByDefault } from "./http/no-store.ts";
export { problem } from "./http/problem.ts";
export type { ProblemResponse } from "./http/problem-details.ts";
export { isOwnHost, sameOrigin } from "./http/same-origin.ts";
export { serve } from "./http/serve.ts";
export { jsonValidator } from "./http/validators.ts";
export { logger } from "./observability/logger.ts";
export { type Api, createApi } from "./openapi/api.ts";
export { prefersHtml } from "./pages/accept.ts";
export { type Html, htmlDocument } from "./pages/document.ts";
export {
  type Action,
  actionsOf,
  createErrorPage,
  message,
} from "./pages/error-page.ts";
export { type Failure, inWords, retryInWords } from "./pages/failure.ts";
export { type Frame, framed } from "./pages/frame.ts";
export { icon } from "./pages/icons.ts";
export { labelledInput } from "./pages/labelled-input.ts";
export { isNotice, type Notice, noticeText } from "./pages/notices.ts";
export { isInSite, siteHeader, sitePage } from "./pages/site.ts";
export { signAndCard, standalonePage } from "./pages/standalone.ts";
export { type Loop, startLoop } from "./workers/loop.ts";
