/**
 * Styles of auth's standalone pages, in addition to the shared ones. Field borders have a contrast of at least 3:1
 * (WCAG 2.2 AA).
 */
export const style = `
h2 { margin: 0 0 .25rem; font-size: 1.2rem; line-height: 1.3; }
dd, li { overflow-wrap: anywhere; }
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
.wide { width: 100%; }
.field + .button, .check + .button, .wrong + .button { margin-top: 1.75rem; }
.danger { color: var(--red); background: transparent; border-color: currentcolor; }
.danger:hover { background: #ff9c9c1f; }
a { color: var(--amber-light); }
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
.account > h1 { margin-top: 2rem; }
.account .card { width: 100%; margin-top: 1.5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
summary { display: flex; align-items: center; min-height: 2.75rem; margin: -.5rem 0; cursor: pointer; border-radius: .375rem; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: "+"; margin-left: auto; padding-left: 1rem; font-size: 1.5rem; font-weight: 400; color: var(--quiet); }
details[open] > summary::after { content: "\\2013"; }
details > p { margin-top: .75rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 24rem) { dl { grid-template-columns: 1fr; gap: 0; } dd + dt { margin-top: .75rem; } }
`;
