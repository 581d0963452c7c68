import {
  type ErrorPage,
  factory,
  parseForm,
  requireForm,
  type ServiceEnv,
  sameOrigin,
} from "@marquee/service-kit";
import type { Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { ProcessorUnavailableError } from "../processor.ts";
import type { Action } from "./actions.ts";
import {
  answerPage,
  errorPageContents,
  questionPage,
} from "./page-contents.ts";
import { layout, type Page } from "./page-layout.ts";
import { parseReturnUrl } from "./return-url.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxPagesOptions {
  sandbox: Pick<Sandbox, "findAction" | "authenticate">;
  /** Called with the customer's answer before they go on. Errors are logged, and the customer goes on. */
  onAnswer: (reference: string) => Promise<void>;
}

type PageContext = Context<ServiceEnv>;

const path = "/sandbox/authenticate/:reference";

/**
 * The bank's page for 3-D Secure: GET and POST /sandbox/authenticate/{reference}. Anyone with the link can approve or
 * refuse the payment, and is then sent to the charge's return URL.
 */
export function sandboxPages({
  sandbox,
  onAnswer,
}: SandboxPagesOptions): Hono<ServiceEnv> {
  const app = factory.createApp();
  app.onError((error) => {
    throw error instanceof ProcessorUnavailableError
      ? unavailable(error)
      : error;
  });
  app.use(path, async (c, next) => {
    c.set("errorPage", errorPage);
    await next();
  });

  /** @throws HTTPException 404 */
  async function requireAction(c: PageContext): Promise<Action> {
    const action = await sandbox.findAction(c.req.param("reference") ?? "");
    if (action) return action;
    throw new HTTPException(404, {
      message: "There is no payment here that waits for you.",
    });
  }

  app.get(path, async (c) => {
    const action = await requireAction(c);
    if (action.answer === undefined) return show(c, questionPage(action));
    const next = parseReturnUrl(c, action.returnUrl)?.href;
    return show(c, answerPage(action, action.answer, next));
  });

  app.post(path, sameOrigin, async (c) => {
    const approve = (await parseAnswer(c)) === "approve";
    const { reference, returnUrl } = await requireAction(c);
    await sandbox.authenticate(reference, approve);
    try {
      await onAnswer(reference);
    } catch (err) {
      c.var.log.error(
        { err, reference },
        "payment could not be notified of the answer",
      );
    }
    // Chromium applies form-action 'self' to redirects after a form, too: other hosts are reached by the next page's
    // refresh.
    const next = parseReturnUrl(c, returnUrl);
    c.header("cache-control", "no-store");
    // Relative, because a proxy may strip a prefix from the path.
    return c.redirect(next?.sameHost ? next.href : `./${reference}`, 303);
  });

  return app;
}

function show(c: PageContext, page: Page) {
  c.header("cache-control", "no-store");
  return c.html(layout(page, c.get("secureHeadersNonce")));
}

/** @throws HTTPException 415, 400 */
async function parseAnswer(c: PageContext): Promise<"approve" | "refuse"> {
  requireForm(c);
  const { answer } = await parseForm(c, "answer");
  if (answer === "approve" || answer === "refuse") return answer;
  throw new HTTPException(400, {
    message:
      "Say whether you approve the payment: answer=approve or answer=refuse.",
  });
}

const unavailable = (cause: ProcessorUnavailableError) =>
  new HTTPException(503, {
    message: "The bank is unavailable right now. Try again shortly.",
    cause,
    res: new Response(null, { headers: { "retry-after": "2" } }), // seconds
  });

/** The bank's own error page: to customers, the bank is another site. */
const errorPage: ErrorPage = (c, failure) =>
  layout(errorPageContents(failure, c.error), c.get("secureHeadersNonce"));
