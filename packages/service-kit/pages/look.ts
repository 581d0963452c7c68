/**
 * The style of standalone pages, which resembles streaming's style.css: a dark theatre, lit by the screen. Text has a
 * contrast of at least 4.5:1 (WCAG 2.2 AA), and buttons are at least 44 px high.
 */
export const look = `
:root {
  color-scheme: dark;
  --night: #0a090f; --card: #14131cf2; --field: #0d0c14; --line: #ffffff1f; --edge: #7e7b90;
  --text: #f5f3f7; --quiet: #b9b5c6; --amber: #ffb454; --amber-light: #ffcb87; --red: #ff9c9c; --green: #8fe0b0;
  font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  background: var(--night); color: var(--text);
}
*, ::before, ::after { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; display: grid;
  background:
    radial-gradient(ellipse 70rem 34rem at 50% -12rem, #ffb45430, transparent 70%),
    radial-gradient(ellipse 60rem 40rem at 100% 110%, #7a1f4a59, transparent 70%),
    radial-gradient(ellipse 60rem 40rem at 0% 110%, #3a1f7a4d, transparent 70%),
    linear-gradient(#0a090f00 30%, #0a090fe6 95%),
    repeating-linear-gradient(90deg, #130b19 0, #251530 1.5rem, #180e20 2.75rem, #1d1127 3.5rem, #130b19 4.75rem),
    var(--night);
}
.stage { display: grid; align-content: center; justify-items: center; gap: clamp(1.25rem, 4vh, 2.5rem); padding: clamp(1.5rem, 6vh, 4rem) 1rem; }
.sign { text-align: center; }
.brand {
  display: inline-block; margin: 0; text-decoration: none; padding: .9rem 1.1rem .9rem 1.45rem; border-radius: .5rem;
  font-weight: 800; font-size: 1.25rem; line-height: 1; letter-spacing: .35em; color: var(--amber); text-shadow: 0 0 1.5rem #ffb45466;
  background:
    radial-gradient(circle, #ffe2b8 0 1.5px, #ffb45466 2.5px, transparent 5px) 0 0 / .75rem .75rem round no-repeat,
    radial-gradient(circle, #ffe2b8 0 1.5px, #ffb45466 2.5px, transparent 5px) 0 100% / .75rem .75rem round no-repeat,
    #0b0910d9;
  box-shadow: 0 0 0 1px #ffb45440, 0 0 3.5rem #ffb4542e;
}
.tagline { margin: 1rem 0 0; color: var(--quiet); text-wrap: balance; }
.card {
  width: min(26rem, 100%); padding: clamp(1.5rem, 6vw, 2.5rem); border-radius: 1.25rem;
  background: var(--card); border: 1px solid var(--line); box-shadow: 0 2rem 5rem #0009;
}
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance; }
p { margin: 0; }
p, h1 { overflow-wrap: anywhere; }
.quiet, .fine { color: var(--quiet); }
.fine { font-size: .9375rem; }
.request-id { margin-top: 1.75rem; }
.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 3rem; padding: .65rem 1.5rem;
  font: inherit; font-weight: 700; line-height: 1.25; text-decoration: none; text-align: center; cursor: pointer;
  color: #1b1206; background: var(--amber); border: 1px solid transparent; border-radius: .625rem;
}
.button:hover { background: var(--amber-light); }
.plain { color: var(--text); background: transparent; border-color: var(--edge); }
.plain:hover { background: #ffffff14; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.75rem; }
.actions .button { flex: 1 1 auto; }
:focus-visible { outline: 3px solid var(--amber); outline-offset: 3px; }
@media (min-width: 60rem) {
  .stage:has(.sign) { grid-template-columns: minmax(0, 1fr) 26rem; align-items: center; gap: 4rem; width: min(72rem, 100%); margin: auto; padding-inline: 3rem; }
  .sign .brand { padding: 1.9rem 2rem 1.9rem 2.85rem; font-size: clamp(2rem, 3.6vw, 3rem); background-size: 1.25rem 1.25rem, 1.25rem 1.25rem, auto; }
  .sign .tagline { margin-top: 2rem; font-size: 1.375rem; }
}
@media (prefers-reduced-motion: no-preference) {
  @view-transition { navigation: auto; }
  .card { animation: up .5s ease-out; }
  .button { transition: background-color .15s; }
  @keyframes up { from { opacity: 0; transform: translateY(.75rem); } }
}
@media (forced-colors: active) { .card, .brand, .button { border: 1px solid; } }
`;
