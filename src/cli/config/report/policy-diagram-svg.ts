/**
 * Draws a policy: a vertical line with the rules on it, each with its conditions and, below them, its outcome. All
 * words are text that a browser can search, copy and read aloud.
 */
import { markup, type PageMarkup } from '../../shared/output/html-page.ts';
import type { DiagramRule, PolicyDiagram } from './policy-diagram.ts';
import { wrapped } from './wrap-text.ts';

/** Sizes in units of the picture: pixels, unless the screen is narrower. */
const width = 440;
const rail = 13;
const left = 36;
const padding = 10;
const lineHeight = 19;

interface Drawn {
  readonly picture: PageMarkup;
  /** The vertical position of its end. */
  readonly bottom: number;
}

export function policyDiagramSvg({ title, rules, otherwise }: PolicyDiagram): PageMarkup {
  const parts: PageMarkup[] = [];
  let y = 0;
  let lastStop = 0;
  for (const [at, rule] of rules.entries()) {
    const { picture, bottom } = drawRule(rule, at + 1, y);
    parts.push(picture);
    lastStop = y;
    y = bottom + 18;
  }
  if (otherwise !== undefined) {
    const { picture, bottom } = textBlock(otherwise, { x: left, y, width: width - left, kind: 'faint' });
    parts.push(markup`<circle class="stop" cx="${rail}" cy="${y + 13}" r="4"/>${picture}`);
    lastStop = y;
    y = bottom + 18;
  }
  const height = y - 16;
  return markup`<svg class="diagram" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="${title}">
<line class="rail" x1="${rail}" y1="13" x2="${rail}" y2="${lastStop + 13}"/>
${parts}
</svg>`;
}

function drawRule({ rule, line, conditions, effect, says, state }: DiagramRule, number: number, y: number): Drawn {
  const location = state === undefined ? `line ${line}` : `${state} · line ${line}`;
  const locationWidth = location.length * 7 + 8;
  const name = textBlock(rule, { x: left, y, width: width - left - locationWidth, kind: 'rule' });
  const when = box(whenLines(conditions, number), { y: name.bottom + 6, kind: 'when' });
  const middle = left + 24;
  const then = box(says, { y: when.bottom + 16, kind: effect });
  return {
    bottom: then.bottom,
    picture: markup`<g${state === undefined ? '' : markup` class="idle"`}>
<circle class="stop" cx="${rail}" cy="${y + 13}" r="12"/><text class="number" x="${rail}" y="${y + 17.5}">${number}</text>
${name.picture}<text class="location" x="${width - 1}" y="${y + 17.5}">${location}</text>
${when.picture}
<path class="arrow" d="M${middle} ${when.bottom}v11m-4 -5l4 5l4 -5"/>
${then.picture}
</g>`,
  };
}

function whenLines(conditions: DiagramRule['conditions'], number: number): readonly string[] {
  if (conditions.length === 0) return [number === 1 ? 'always' : 'in every other case'];
  return conditions.flatMap(({ words, oneOf = [] }, at) => [
    `${at === 0 ? 'if' : 'and'} ${words}`,
    ...oneOf.map((alternative, index) => `${index + 1}. ${alternative}`),
  ]);
}

function box(words: readonly string[], { y, kind }: { readonly y: number; readonly kind: string }): Drawn {
  const lines: PageMarkup[] = [];
  let bottom = y + 3;
  for (const text of words) {
    const block = textBlock(text, { x: left + padding, y: bottom, width: width - left - 2 * padding, kind: 'words' });
    lines.push(block.picture);
    bottom = block.bottom;
  }
  bottom += 6;
  return {
    bottom,
    picture: markup`<rect class="box ${kind}" x="${left}" y="${y}" width="${width - left - 1}" height="${bottom - y}" rx="5"/>${lines}`,
  };
}

interface BlockOptions {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly kind: string;
}

/** Each line but the last keeps its trailing space, so that copying and searching work on the whole text. */
function textBlock(text: string, { x, y, width: widest, kind }: BlockOptions): Drawn {
  const lines = wrapped(text, widest);
  const spans = lines.map(
    (line, index) => markup`<tspan x="${x}" dy="${index === 0 ? 0 : lineHeight}">${line}</tspan>`,
  );
  return {
    bottom: y + lines.length * lineHeight,
    picture: markup`<text class="${kind}" x="${x}" y="${y + 17.5}">${spans}</text>`,
  };
}
