/** The demo's stylesheet. Its colours differ, so that its pages are not mistaken for the provider's. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#16211f, #e8efed);
  --quiet: light-dark(#4f5f5b, #a9b9b5);
  --paper: light-dark(#f5f8f7, #111715);
  --card: light-dark(#ffffff, #1a2220);
  --line: light-dark(#d3dedb, #33403c);
  --accent: light-dark(#0b6b5d, #6fd6c3);
  --on-accent: light-dark(#ffffff, #07211c);
  --good: light-dark(#e2f3ee, #14332b);
  --bad: light-dark(#fdecea, #43211d);
  --bad-line: light-dark(#b3261e, #f2a39c);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: break-word; }
header, main { max-width: 54rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-bottom: 4rem; }
nav { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: center; padding: 1rem 0; }
nav a { color: var(--ink); text-decoration: none; padding: .35rem 0; }
nav a:hover { text-decoration: underline; }
nav .home { font-weight: 700; margin-right: auto; }
.banner { margin: 0; padding: .5rem .9rem; border: 1px dashed var(--line); border-radius: .6rem; color: var(--quiet); font-size: .9rem; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
h1 { font-size: clamp(1.7rem, 5vw, 2.3rem); line-height: 1.2; margin: 2.2rem 0 .6rem; letter-spacing: -.015em; }
h2 { font-size: 1.2rem; margin: 0 0 .6rem; }
section { margin-top: 2.2rem; }
a { color: var(--accent); }
.lead { font-size: 1.12rem; max-width: 44rem; margin-top: 0; }
.quiet { color: var(--quiet); }
code { font: .86em/1.5 ui-monospace, monospace; background: color-mix(in srgb, var(--line) 45%, transparent); border-radius: .3rem; padding: .1rem .35rem; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1.25rem; margin-top: 1.8rem; }
.card, .facts, .actions, details { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; }
.card { padding: 1.4rem 1.5rem; display: flex; flex-direction: column; }
.card p { margin: 0 0 1rem; }
.card .asks { flex: 1; }
.card p:last-child { margin-bottom: 0; }
.asks strong { display: block; font-size: .85rem; color: var(--quiet); font-weight: 600; }
.button { display: inline-block; min-height: 2.75rem; padding: .55rem 1.2rem; font: inherit; font-weight: 600; line-height: 1.55; text-align: center; text-decoration: none; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .6rem; cursor: pointer; }
.button.secondary { color: var(--accent); background: transparent; }
.button:hover { filter: brightness(.93); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.notice { border-left: .3rem solid var(--accent); background: var(--good); border-radius: .5rem; padding: .9rem 1.1rem; margin: 1.2rem 0; }
.notice.bad { border-color: var(--bad-line); background: var(--bad); }
.notice p { margin: 0 0 .35rem; }
.notice p:last-child { margin: 0; }
table { border-collapse: collapse; width: 100%; margin-top: .6rem; font-size: .93rem; }
.scroll { overflow-x: auto; }
.scroll tbody th { overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-top: 1px solid color-mix(in srgb, var(--ink) 15%, transparent); overflow-wrap: anywhere; }
th { font-weight: 600; }
thead th { border: 0; color: var(--quiet); font-size: .85rem; }
.facts { margin: 0; }
.facts > div { padding: 1rem 1.4rem; display: grid; grid-template-columns: 13rem 1fr; gap: .2rem 1.5rem; }
.facts > div + div, .actions li + li { border-top: 1px solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0; }
.facts ul { margin: 0; padding: 0; list-style: none; }
.facts li + li { margin-top: .35rem; }
.actions { list-style: none; margin: 0; padding: 0; }
.actions li { padding: .9rem 1.4rem; display: grid; grid-template-columns: 17.5rem 1fr; gap: .5rem 1.5rem; align-items: center; }
.actions .button { width: 100%; }
.actions p { margin: 0; }
.actions li > p:only-child { grid-column: 1 / -1; }
form { margin: 0; }
details { margin: 2.2rem 0; padding: .9rem 1.4rem; }
summary { cursor: pointer; font-weight: 600; }
pre { overflow: auto; margin: 1rem 0 0; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
main > form { margin-top: 2.2rem; }
@media (max-width: 40rem) {
  nav .home { flex-basis: 100%; }
  .facts > div, .actions li { grid-template-columns: 1fr; }
}
`;
