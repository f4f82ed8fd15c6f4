/** Styles of a report, in addition to those of all pages. */
export const reportStyle = `
a { color: var(--more); }
section { scroll-margin-top: 1rem; }
thead th { font-weight: 600; white-space: nowrap; }
h4 { font-size: .95rem; margin: .75rem 0 .25rem; color: var(--faint); }
tbody th { font-weight: 400; }
.contents > li { margin: .35rem 0; }
.contents ul { columns: 2 14rem; margin: .15rem 0 .35rem 1rem; font-size: .9rem; }
.apps { margin: 0 0 .25rem; font-size: .9rem; color: var(--faint); }
.plain { list-style: disc; padding-inline-start: 1.25rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
#asked th:first-child { min-width: 12rem; }
#asked td { min-width: 9rem; overflow-wrap: break-word; }
#asked td.count { min-width: 0; }
.denied { color: var(--worse); }
.scroll { overflow-x: auto; background:
  linear-gradient(to right, var(--page) 1rem, transparent) left / 2rem 100% no-repeat local,
  linear-gradient(to left, var(--page) 1rem, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) left / .75rem 100% no-repeat scroll,
  linear-gradient(to left, var(--line), transparent) right / .75rem 100% no-repeat scroll; }
.scroll th, .scroll td, .scroll code { overflow-wrap: break-word; }
.scroll tbody th { min-width: 9rem; }
.diagrams { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; align-items: start; }
.diagrams article { min-width: 0; }
.diagram { display: block; max-width: 100%; height: auto; margin-top: .5rem; font: 14px system-ui, sans-serif; }
.diagram text { fill: var(--text); white-space: pre; }
.diagram .rule { font-weight: 600; }
.diagram .faint { fill: var(--faint); }
.diagram .location { fill: var(--faint); font-size: 12px; text-anchor: end; }
.diagram .number { font-size: 12px; text-anchor: middle; }
.diagram .rail { stroke: var(--line); stroke-width: 2; }
.diagram .stop { fill: var(--page); stroke: var(--faint); }
.diagram .arrow { fill: none; stroke: var(--faint); stroke-width: 1.5; }
.diagram .box { fill: var(--panel); stroke: var(--line); }
.diagram .box.allow { stroke: var(--more); }
.diagram .box.deny { stroke: var(--worse); stroke-width: 1.5; }
.diagram .idle { opacity: .65; }
@media screen and (max-width: 40rem) {
  .scroll table { font-size: .875rem; }
  thead th { white-space: normal; }
  #asked th:first-child, #asked td { min-width: 7rem; }
  #asked td.count { min-width: 0; }
}
@media print {
  main { max-width: none; }
  a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; }
  .diagrams { display: block; columns: 2; }
  .diagrams article { break-inside: avoid; margin-bottom: 1.5rem; }
  #asked, #policies, #findings, #standards, #changes { break-inside: auto; }
}
`;
