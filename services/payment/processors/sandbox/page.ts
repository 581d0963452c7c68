import {
  type ErrorPage,
  factory,
  type ServiceEnv,
  sameOrigin,
} from "@marquee/service-kit";
import type { Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { ProcessorUnavailable } from "../processor.ts";
import type { Action } from "./actions.ts";
import { answered, failed, question } from "./page-contents.ts";
import { layout, type Page } from "./page-layout.ts";
import { returnOf } from "./return-url.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxPagesOptions {
  sandbox: Pick<Sandbox, "findAction" | "authenticate">;
  /** The bank has its answer: what is to be done before who pays goes on. If it fails, that is logged, and they go on. */
  settled: (reference: string) => Promise<void>;
}

type PageContext = Context<ServiceEnv>;

const path = "/sandbox/authenticate/:reference";

/**
 * Where somebody approves or refuses a payment (3-D Secure): GET and POST /sandbox/authenticate/{reference}. Who has the link
 * may do it. Afterwards they are sent to the charge's return URL.
 */
export function sandboxPages({
  sandbox,
  settled,
}: SandboxPagesOptions): Hono<ServiceEnv> {
  const app = factory.createApp();
  app.onError((error) => {
    throw error instanceof ProcessorUnavailable ? unavailable(error) : error;
  });
  app.use(path, async (c, next) => {
    c.set("errorPage", errorPage);
    await next();
  });

  /** @throws HTTPException 404 */
  async function actionOf(c: PageContext): Promise<Action> {
    const action = await sandbox.findAction(c.req.param("reference") ?? "");
    if (action) return action;
    throw new HTTPException(404, {
      message: "There is no payment here that waits for you.",
    });
  }

  app.get(path, async (c) => {
    const action = await actionOf(c);
    if (action.answer === undefined) return show(c, question(action));
    const next = returnOf(c, action.returnUrl)?.href;
    return show(c, answered(action, action.answer, next));
  });

  app.post(path, sameOrigin, async (c) => {
    const approve = (await answerOf(c)) === "approve";
    const { reference, returnUrl } = await actionOf(c);
    await sandbox.authenticate(reference, approve);
    try {
      await settled(reference);
    } catch (err) {
      c.var.log.error({ err, reference }, "the answer could not be passed on");
    }
    // Chromium's form-action 'self' also is about where a form's answer leads: to another host the next page goes, by itself.
    const next = returnOf(c, returnUrl);
    c.header("cache-control", "no-store");
    // Relative, as something in front of us may take a prefix off the path.
    return c.redirect(next?.here ? next.href : `./${reference}`, 303);
  });

  return app;
}

function show(c: PageContext, page: Page) {
  c.header("cache-control", "no-store");
  return c.html(layout(page, c.get("secureHeadersNonce")));
}

/** @throws HTTPException 415, 400 */
async function answerOf(c: PageContext): Promise<"approve" | "refuse"> {
  const type = c.req.header("content-type") ?? "";
  if (
    !/^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(
      type,
    )
  )
    throw notAForm(415);
  const { answer } = await c.req.parseBody().catch(() => {
    throw notAForm(400);
  });
  if (answer === "approve" || answer === "refuse") return answer;
  throw new HTTPException(400, {
    message:
      "Say whether you approve the payment: answer=approve or answer=refuse.",
  });
}

const notAForm = (status: 400 | 415) =>
  new HTTPException(status, { message: "This can’t be read as a form." });

const unavailable = (cause: ProcessorUnavailable) =>
  new HTTPException(503, {
    message: "The bank does not answer now. Try again shortly.",
    cause,
    res: new Response(null, { headers: { "retry-after": "2" } }), // seconds
  });

/** The bank's own page for errors. To people, the bank is another site. */
const errorPage: ErrorPage = (c, failure) =>
  layout(failed(failure, c.error), c.get("secureHeadersNonce"));
