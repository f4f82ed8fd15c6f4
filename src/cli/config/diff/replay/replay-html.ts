/** A replay, as a part of a page. */
import { type HeadingLevel, heading, markup, type PageMarkup } from '../../../shared/output/html-page.ts';
import { differenceText } from '../../shadow/differences-text.ts';
import type { TalliedDifference } from '../../shadow/tally.ts';
import type { Replay } from './replay.ts';
import { leftOutTexts, sumText } from './replay-text.ts';

/** `level`: of its heading. */
export function replaySection(replay: Replay, level: HeadingLevel): PageMarkup {
  const since = new Date(replay.from * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const left = leftOutTexts(replay);
  return markup`<section>${heading(level, 'Sign-ins that happened')}
<p>Those that the audit log kept since ${since} UTC, replayed by users as they are now: ${sumText(replay)}.</p>
${left.length === 0 ? '' : markup`<ul>${left.map((line) => markup`<li class="faint">${line}</li>`)}</ul>`}
${replay.differences.length === 0 ? '' : markup`<ul>${replay.differences.map(card)}</ul>`}</section>
`;
}

function card(difference: TalliedDifference): PageMarkup {
  const { headline, details } = differenceText(difference);
  const rows = details.map(({ label, text }) => markup`<dt>${label}</dt><dd>${text}</dd>`);
  return markup`<li class="card${difference.change === 'denied' ? ' worse' : ''}"><p>${headline}</p><dl>${rows}</dl></li>
`;
}
