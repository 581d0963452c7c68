import { factory } from "@marquee/runtime";
import { HTTPException } from "hono/http-exception";
import { loginPage } from "../pages/login.ts";

export const login = factory.createApp();

/** The login page. */
login.get("/", (c) =>
  c.html(loginPage({ nonce: c.get("secureHeadersNonce") })),
);

/** The address that a browser shows after a login that failed: somebody who opens it again is to find the page. */
login.get("/login", (c) => c.redirect("/"));

/**
 * Form fields `email` and `password`. Nobody has an account yet, so that every pair is a wrong one: 401 with the page,
 * which says so; 422 with the page where a field is missing; 415 and 400 where the body is no form.
 */
login.post("/login", async (c) => {
  const type = c.req.header("content-type");
  if (type !== undefined && !isForm(type)) throw notAForm(415);
  const form = await c.req.parseBody().catch(() => {
    throw notAForm(400);
  });
  const email = typeof form.email === "string" ? form.email.trim() : "";
  const missing = [
    ...(email === "" ? ["your email address"] : []),
    ...(typeof form.password === "string" && form.password !== ""
      ? []
      : ["your password"]),
  ];
  const error =
    missing.length > 0
      ? `Please enter ${missing.join(" and ")}.`
      : "No account has this email address and password.";
  return c.html(
    loginPage({ nonce: c.get("secureHeadersNonce"), email, error }),
    missing.length > 0 ? 422 : 401,
  );
});

const isForm = (type: string) =>
  /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(
    type,
  );

const notAForm = (status: 400 | 415) =>
  new HTTPException(status, {
    message: "Send the fields email and password as a form.",
  });
