/** HTML pages written by commands: one self-contained file, in light and dark, suitable for printing. */

import { printable } from '../../../policy/model/printable.ts';

/** Text that is already HTML. */
export class PageMarkup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type PageContent = string | number | PageMarkup | readonly PageContent[];

/** Inserted values are escaped unless they are markup. */
export function markup(parts: TemplateStringsArray, ...contents: readonly PageContent[]): PageMarkup {
  return new PageMarkup(parts.reduce((text, part, at) => `${text}${markupOf(contents[at - 1] ?? '')}${part}`));
}

function markupOf(content: PageContent): string {
  if (content instanceof PageMarkup) return content.text;
  if (typeof content === 'string') return escaped(content);
  return typeof content === 'number' ? String(content) : content.map(markupOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  const plain = text.replace(/[^\n\t]+/g, printable);
  return plain.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** 1 to 6, as in HTML. */
export type HeadingLevel = number;

export function heading(level: HeadingLevel, content: PageContent): PageMarkup {
  return markup`<h${level}>${content}</h${level}>`;
}

export interface Page {
  readonly title: string;
  readonly body: PageMarkup;
  /** CSS in addition to that of all pages. */
  readonly style?: string;
}

/** A complete document in English, without scripts and without external resources. */
export function htmlPage({ title, body, style = '' }: Page): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new PageMarkup(`${commonStyle}${style}`)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text;
}

const commonStyle = `
:root { --text: #1c1c1e; --faint: #5a5a60; --line: #d5d5da; --panel: #f6f6f8; --page: #fff; --worse: #a4161a; --more: #1a5fb4; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ececf0; --faint: #a9a9b2; --line: #3d3d44; --panel: #232328; --page: #17171a; --worse: #ff9b9b; --more: #8ab8f5; }
}
@media print {
  :root { --text: #000; --faint: #444; --line: #bbb; --panel: #fff; --page: #fff; --worse: #8a0000; --more: #003a80; }
  section, li, tr { break-inside: avoid; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0; }
ul { list-style: none; margin: 0; padding: 0; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .5rem 0; }
.card > p:first-child { font-weight: 600; }
.card.worse { border-inline-start: .3rem solid var(--worse); }
.worse > p:first-child { color: var(--worse); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .4rem 0 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.short { white-space: nowrap; }
@media screen and (max-width: 40rem) {
  dl { display: block; }
  dd + dt { margin-top: .35rem; }
  .files thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .files tr { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; padding: .35rem 0; border-bottom: 1px solid var(--line); }
  .files td { padding: 0; border: 0; }
  .files td:first-child { grid-column: 1 / -1; }
}
`;
