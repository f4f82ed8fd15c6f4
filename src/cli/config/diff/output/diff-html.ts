/** A diff as a page, for reviews, tickets and printing. */

import { sourceLocationText } from '../../../../core/model/source-location.ts';
import { conditionNamesText, pronounOf } from '../../../explain/unanswered-conditions.ts';
import {
  type HeadingLevel,
  heading,
  htmlPage,
  markup,
  type PageContent,
  type PageMarkup,
} from '../../../shared/output/html-page.ts';
import { quantity } from '../../shared/quantities.ts';
import { shownDirectory } from '../../shared/shown-directory.ts';
import type { AccessChange, ConfigDiff, FileChange, PartChange } from '../compared/configuration-changes.ts';
import type { Replay } from '../replay/replay.ts';
import { replaySection } from '../replay/replay-html.ts';
import { appsText, byApps, changeDetails, refusedText, refusedValuesTitle, sectionTitles } from './diff-text.ts';

export interface DiffPage {
  /** The directory that was compared. */
  readonly dir: string;
  /** Epoch seconds. */
  readonly now: number;
  readonly replay?: Replay;
}

/** A complete document. */
export function diffHtml(diff: ConfigDiff, { now, replay, ...page }: DiffPage): string {
  const dir = shownDirectory(page.dir);
  const when = new Date(now * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const body = markup`<h1>What ${dir} would change</h1>
<p class="faint">Compared with ${diff.against}, on ${when} UTC${countedText(diff)}.</p>
${diffSections(diff, 2)}
${replay ? replaySection(replay, 2) : ''}`;
  return htmlPage({ title: `Changes of ${dir}`, body });
}

/** The differences in sections. `level`: of their headings. */
export function diffSections(diff: ConfigDiff, level: HeadingLevel): PageMarkup {
  return markup`${changeSections(diff, level)}
${appsSection(diff, level)}
${filesSection(diff.files, level)}
${refusedSection(diff)}
${leftAsideText(diff.leftAside)}`;
}

function refusedSection({ refusedValues, isPartial }: ConfigDiff): PageContent {
  if (refusedValues.length === 0) return '';
  const items = refusedValues.map((refused) => markup`<li>${refusedText(refused, isPartial)}</li>`);
  return markup`<p>${refusedValuesTitle}</p><ul>${items}</ul>`;
}

function countedText({ users, isPartial }: ConfigDiff): string {
  if (users === undefined) return '';
  return `, for ${quantity(users, 'active user')}${isPartial ? ' or more' : ''}`;
}

function changeSections({ changes }: ConfigDiff, level: HeadingLevel): PageContent {
  if (changes.length === 0) return markup`<p>No fresh sign-in changes.</p>`;
  return sectionTitles.map(([title, kinds]) => {
    const own = changes.filter(({ kind }) => kinds.includes(kind));
    return own.length === 0
      ? ''
      : markup`<section>${heading(level, title)}${byApps(own).map((appChanges) => appSection(appChanges, level + 1))}</section>`;
  });
}

function appSection({ apps, changes }: ReturnType<typeof byApps>[number], level: HeadingLevel): PageMarkup {
  return markup`${heading(level, appsText(apps))}<ul>${changes.map(card)}</ul>`;
}

function card(change: AccessChange): PageMarkup {
  const locksOut = change.after.words === 'denied' || change.effects.some(({ kind }) => kind === 'locked_out');
  const zones = { label: 'zones', text: change.zones.join(', ') };
  const rows = [...changeDetails(change), ...(saysAllZones(change) ? [] : [zones])];
  const details = rows.map(({ label, text }) => markup`<dt>${label}</dt><dd>${text}</dd>`);
  return markup`<li class="card${locksOut ? ' worse' : ''}"><p>${change.sentence}</p>${details.length > 0 ? markup`<dl>${details}</dl>` : ''}</li>`;
}

/** A sentence about many zones names a few of them and counts the others. */
function saysAllZones({ where, zones }: AccessChange): boolean {
  return zones.length === 1 || !where.includes(', ...)');
}

function appsSection({ apps: { added, removed } }: ConfigDiff, level: HeadingLevel): PageContent {
  if (added.length + removed.length === 0) return '';
  return markup`<section>${heading(level, 'Apps')}${added.length > 0 ? markup`<p>New: ${added.join(', ')}</p>` : ''}${
    removed.length > 0 ? markup`<p>No user can open any more: ${removed.join(', ')}</p>` : ''
  }</section>`;
}

function filesSection(files: readonly FileChange[], level: HeadingLevel): PageContent {
  if (files.length === 0) return markup`<p>Nothing differs.</p>`;
  return markup`<section>${heading(level, 'Files and rules')}
<table class="files"><thead><tr><th scope="col">Where</th><th scope="col">Change</th><th scope="col">What</th></tr></thead><tbody>${files.map(fileRows)}</tbody></table></section>`;
}

function fileRows({ file, change, parts }: FileChange): PageContent {
  if (parts.length === 0) {
    const what = change === 'changed' ? 'comments or layout only' : 'the whole file';
    return markup`<tr><td><code>${file}</code></td><td class="short">${change}</td><td>${what}</td></tr>`;
  }
  return parts.map((part) => partRow(file, part));
}

function partRow(file: string, { change, rule, path, line, column, from, to }: PartChange): PageMarkup {
  const inside = path === undefined ? '' : markup`<code>${path}</code>`;
  const what = rule === undefined ? inside : markup`rule “${rule}”${inside && markup`, ${inside}`}`;
  const values = [from ?? [], to ?? []].flat().join(' → ');
  return markup`<tr><td><code>${sourceLocationText({ file, line, column })}</code></td><td class="short">${change}</td><td>${what}${values === '' ? '' : markup`: ${values}`}</td></tr>`;
}

function leftAsideText(names: readonly string[]): PageContent {
  if (names.length === 0) return '';
  return markup`<p class="faint">Rules also ask about ${conditionNamesText(names)}. This comparison leaves ${pronounOf(names)} aside.</p>`;
}
