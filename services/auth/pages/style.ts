import { raw } from "hono/html";

/**
 * The look of all pages: a dark theatre, lit from where the screen is. Text has a contrast of 4.5:1 at least, borders of
 * fields 3:1 (WCAG 2.2 AA); what can be pressed is 44 px high at least.
 */
export const style = raw(`
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
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .25rem; font-size: 1.2rem; line-height: 1.3; }
p { margin: 0; }
p, dd, h1, li { overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
form { margin: 0; }
.field { margin-top: 1.5rem; }
label { display: block; font-weight: 600; }
.hint, .wrong { margin-top: .125rem; font-size: .9375rem; }
.hint { color: var(--quiet); }
.wrong { color: var(--red); font-weight: 600; }
input:not([type=checkbox]) {
  display: block; width: 100%; min-height: 3rem; margin-top: .5rem; padding: .65rem .875rem;
  font: inherit; color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: .625rem;
}
input[aria-invalid=true] { border: 2px solid var(--red); }
input[hidden] { display: none; }
.check { display: flex; gap: .75rem; align-items: center; min-height: 2.75rem; margin-top: .5rem; font-weight: 400; cursor: pointer; }
.check input { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--amber); }
.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 3rem; padding: .65rem 1.5rem;
  font: inherit; font-weight: 700; line-height: 1.25; text-decoration: none; text-align: center; cursor: pointer;
  color: #1b1206; background: var(--amber); border: 1px solid transparent; border-radius: .625rem;
}
.button:hover { background: var(--amber-light); }
.wide { width: 100%; }
.field + .button, .check + .button, .wrong + .button { margin-top: 1.75rem; }
.plain { color: var(--text); background: transparent; border-color: var(--edge); }
.plain:hover { background: #ffffff14; }
.danger { color: var(--red); background: transparent; border-color: currentcolor; }
.danger:hover { background: #ff9c9c1f; }
a { color: var(--amber-light); }
:focus-visible { outline: 3px solid var(--amber); outline-offset: 3px; }
.other { margin-top: 2rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.other p { margin-bottom: .75rem; }
.alert, .notice { margin: 1.25rem 0 0; padding: .875rem 1rem; border-left: 4px solid var(--red); border-radius: .375rem; background: #3b1a23; }
.alert p { font-weight: 600; }
.alert ul { display: grid; gap: .25rem; margin: .25rem 0 0; padding: 0; list-style: none; }
.alert a { display: flex; align-items: center; min-height: 2.75rem; color: inherit; }
.notice { border-color: var(--green); background: #14301f; }
.account { width: min(40rem, 100%); }
.account > .stage-head { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; justify-content: space-between; }
.account .brand { padding: .85rem .8rem .85rem 1.05rem; font-size: 1rem; letter-spacing: .25em; }
.account .card { width: 100%; margin-top: 1.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; margin: 1.25rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
summary { display: flex; align-items: center; min-height: 2.75rem; margin: -.5rem 0; cursor: pointer; border-radius: .375rem; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: "+"; margin-left: auto; padding-left: 1rem; font-size: 1.5rem; font-weight: 400; color: var(--quiet); }
details[open] > summary::after { content: "\\2013"; }
details > p { margin-top: .75rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (min-width: 60rem) {
  .stage:has(.sign) { grid-template-columns: minmax(0, 1fr) 26rem; align-items: center; gap: 4rem; width: min(72rem, 100%); margin: auto; padding-inline: 3rem; }
  .sign .brand { padding: 1.9rem 2rem 1.9rem 2.85rem; font-size: clamp(2rem, 3.6vw, 3rem); background-size: 1.25rem 1.25rem, 1.25rem 1.25rem, auto; }
  .sign .tagline { margin-top: 2rem; font-size: 1.375rem; }
}
@media (max-width: 24rem) { dl { grid-template-columns: 1fr; gap: 0; } dd + dt { margin-top: .75rem; } }
@media (prefers-reduced-motion: no-preference) {
  @view-transition { navigation: auto; }
  .card { animation: up .5s ease-out; }
  .button { transition: background-color .15s; }
  @keyframes up { from { opacity: 0; transform: translateY(.75rem); } }
}
@media (forced-colors: active) { .card, .brand, .button { border: 1px solid; } }
`);
