import { html } from "hono/html";

interface LoginPage {
  /** Lets the page's style through the Content-Security-Policy. */
  nonce: string | undefined;
  /** What was entered before. */
  email?: string;
  /** Shown above the form, and told to screen readers. */
  error?: string;
}

/** The login page. Works without JavaScript. */
export const loginPage = ({
  nonce,
  email = "",
  error,
}: LoginPage) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${error ? "Error: " : ""}Sign in – Marquee</title>
    <style nonce="${nonce}">
      :root { color-scheme: dark; font: 16px/1.5 system-ui, sans-serif; background: #0d0d12; color: #f4f4f6; }
      body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: radial-gradient(ellipse at top, #2a1633, transparent 60%); }
      main { box-sizing: border-box; width: min(24rem, 100vw - 2rem); padding: 2rem; border-radius: 1rem; background: #17171f; box-shadow: 0 1rem 3rem #0008; }
      .brand { margin: 0 0 1.5rem; font-weight: 800; letter-spacing: .3em; color: #ffb454; }
      h1 { margin: 0 0 1rem; font-size: 1.5rem; }
      label { display: block; margin: 1rem 0 .25rem; }
      input { box-sizing: border-box; width: 100%; padding: .75rem; font: inherit; color: inherit; background: #0d0d12; border: 1px solid #6d6d7d; border-radius: .5rem; }
      button { width: 100%; margin-top: 1.5rem; padding: .75rem; font: inherit; font-weight: 700; color: #17171f; background: #ffb454; border: 0; border-radius: .5rem; cursor: pointer; }
      button:hover { background: #ffc77d; }
      :focus-visible { outline: 3px solid #ffb454; outline-offset: 2px; }
      .error { margin: 0 0 1rem; padding: .75rem; border-left: 4px solid #ff7a7a; background: #3a1a22; border-radius: .25rem; }
      .hint { margin: 1.5rem 0 0; color: #b9b9c6; font-size: .9rem; }
    </style>
  </head>
  <body>
    <main>
      <p class="brand">MARQUEE</p>
      <h1>Sign in</h1>
      ${error ? html`<p class="error" role="alert" id="error">${error}</p>` : ""}
      <form method="post" action="/login">
        <label for="email">Email address</label>
        <input id="email" name="email" type="email" autocomplete="username" required value="${email}" ${error ? html`aria-describedby="error"` : ""}>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
        <button type="submit">Sign in</button>
      </form>
      <p class="hint">Sign-up is not open yet.</p>
    </main>
  </body>
</html>`;
