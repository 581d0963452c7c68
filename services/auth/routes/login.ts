import { factory } from "@marquee/runtime";
import { HTTPException } from "hono/http-exception";
import { loginPage } from "../pages/login.ts";

export const login = factory.createApp();

/** The login page. */
login.get("/", (c) =>
  c.html(loginPage({ nonce: c.get("secureHeadersNonce") })),
);

/**
 * Form fields `email` and `password`. Nobody has an account yet, so that every pair is a wrong one: 401 with the page,
 * which says so; 422 with the page where a field is missing.
 */
login.post("/login", async (c) => {
  const form = await c.req.parseBody().catch(() => {
    throw new HTTPException(400, {
      message: "Send the fields email and password as a form.",
    });
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
