/** What a report adds to the style of pages. */
export const reportStyle = `
a { color: var(--more); }
section { scroll-margin-top: 1rem; }
thead th { font-weight: 600; white-space: nowrap; }
h4 { font-size: .95rem; margin: .75rem 0 .25rem; color: var(--faint); }
tbody th { font-weight: 400; }
.contents > li { margin: .35rem 0; }
.contents ul { columns: 2 14rem; margin: .15rem 0 .35rem 1rem; font-size: .9rem; }
.plain { list-style: disc; padding-inline-start: 1.25rem; }
#asked th:first-child { min-width: 12rem; }
#asked td { min-width: 9rem; overflow-wrap: break-word; }
#asked td.count { min-width: 0; }
.denied { color: var(--worse); }
.scroll { overflow-x: auto; }
.scroll th, .scroll td, .scroll code { overflow-wrap: break-word; }
.scroll tbody th { min-width: 9rem; }
.ladders { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; align-items: start; }
.ladders article { min-width: 0; }
.ladder { display: block; max-width: 100%; height: auto; margin-top: .5rem; font: 14px system-ui, sans-serif; }
.ladder text { fill: var(--text); white-space: pre; }
.ladder .rule { font-weight: 600; }
.ladder .faint { fill: var(--faint); }
.ladder .place { fill: var(--faint); font-size: 12px; text-anchor: end; }
.ladder .number { font-size: 12px; text-anchor: middle; }
.ladder .rail { stroke: var(--line); stroke-width: 2; }
.ladder .stop { fill: var(--page); stroke: var(--faint); }
.ladder .arrow { fill: none; stroke: var(--faint); stroke-width: 1.5; }
.ladder .box { fill: var(--panel); stroke: var(--line); }
.ladder .box.allow { stroke: var(--more); }
.ladder .box.deny { stroke: var(--worse); stroke-width: 1.5; }
.ladder .idle { opacity: .65; }
@media screen and (max-width: 40rem) {
  .scroll table { font-size: .875rem; }
  #asked th:first-child, #asked td { min-width: 7rem; }
  #asked td.count { min-width: 0; }
}
@media print {
  main { max-width: none; }
  a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; }
  .ladders { display: block; columns: 2; }
  .ladders article { break-inside: avoid; margin-bottom: 1.5rem; }
  #asked, #policies, #findings, #standards, #changes { break-inside: auto; }
}
`;
