export {
  type AccessToken,
  type AccessTokens,
  createAccessTokens,
} from "./access-token/access-token.ts";
export { bearer, bearerTokenOf } from "./access-token/bearer.ts";
export {
  AuthAway,
  InvalidToken,
  NoToken,
  SessionEnded,
} from "./access-token/errors.ts";
export { accessTokenVariables } from "./access-token/variables.ts";
export { createService, factory, type ServiceEnv } from "./app.ts";
export { certificates } from "./certificates.ts";
export { untilAvailable } from "./database/availability.ts";
export {
  type Database,
  openDatabase,
  type Queries,
} from "./database/database.ts";
export { DatabaseAway, isUniqueViolation } from "./database/errors.ts";
export { migrate } from "./database/migrations.ts";
export { databaseVariables } from "./database/variables.ts";
export { environment } from "./environment.ts";
export { formOf } from "./form.ts";
export { hasMistakes, type Mistakes, summary } from "./form-mistakes.ts";
export { logger } from "./logger.ts";
export { type Api, createApi } from "./openapi/api.ts";
export { isOrigin } from "./origin.ts";
export { prefersHtml } from "./pages/accept.ts";
export { type Html, htmlDocument } from "./pages/document.ts";
export {
  type Action,
  actionsOf,
  createErrorPage,
  type ErrorPage,
  message,
} from "./pages/error-page.ts";
export { type Failure, inWords, retryInWords } from "./pages/failure.ts";
export { type Frame, framed } from "./pages/frame.ts";
export { icon } from "./pages/icons.ts";
export { isInSite, siteHeader, sitePage } from "./pages/site.ts";
export { signAndCard, standalonePage } from "./pages/standalone.ts";
export { problem } from "./problem.ts";
export { isHere, sameOrigin } from "./same-origin.ts";
export { serve } from "./serve.ts";
export { validated } from "./validated.ts";
export { wholeNumber } from "./whole-number.ts";
