/** A diff as a page: for a review, for a ticket, on paper. */
import { type Content, html, htmlPage, type Markup } from '../../shared/html-page.ts';
import { quantity } from '../quantities.ts';
import { appsText, byApps, changeDetails, sectionTitles } from './diff-text.ts';
import type { AccessChange, ConfigDiff, FileChange, PartChange } from './model.ts';

export interface DiffPage {
  /** The directory that was compared. */
  readonly dir: string;
  /** Epoch seconds. */
  readonly now: number;
}

/** A whole document. */
export function diffHtml(diff: ConfigDiff, { dir, now }: DiffPage): string {
  const when = new Date(now * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const body = html`<h1>What ${dir} would change</h1>
<p class="faint">Compared with ${diff.against}, on ${when} UTC${countedText(diff)}.</p>
${changeSections(diff)}
${appsSection(diff)}
${filesSection(diff.files)}
${leftAsideText(diff.leftAside)}`;
  return htmlPage({ title: `Changes of ${dir}`, body });
}

function countedText({ users, isPartial }: ConfigDiff): string {
  if (users === undefined) return '';
  return `, for ${quantity(users, 'active user')}${isPartial ? ' or more' : ''}`;
}

function changeSections({ changes }: ConfigDiff): Content {
  if (changes.length === 0) return html`<p>No fresh sign-in changes.</p>`;
  return sectionTitles.map(([title, kinds]) => {
    const own = changes.filter(({ kind }) => kinds.includes(kind));
    return own.length === 0 ? '' : html`<section><h2>${title}</h2>${byApps(own).map(appSection)}</section>`;
  });
}

function appSection({ apps, changes }: ReturnType<typeof byApps>[number]): Markup {
  return html`<h3>${appsText(apps)}</h3><ul>${changes.map(card)}</ul>`;
}

function card(change: AccessChange): Markup {
  const shutsOut = change.after.words === 'denied' || change.effects.some(({ kind }) => kind === 'shut_out');
  const details = changeDetails(change).map(({ label, text }) => html`<dt>${label}</dt><dd>${text}</dd>`);
  return html`<li class="card${shutsOut ? ' worse' : ''}"><p>${change.sentence}</p>${details.length > 0 ? html`<dl>${details}</dl>` : ''}</li>`;
}

function appsSection({ apps: { added, removed } }: ConfigDiff): Content {
  if (added.length + removed.length === 0) return '';
  return html`<section><h2>Apps</h2>${added.length > 0 ? html`<p>New: ${added.join(', ')}</p>` : ''}${
    removed.length > 0 ? html`<p>Nobody can open any more: ${removed.join(', ')}</p>` : ''
  }</section>`;
}

function filesSection(files: readonly FileChange[]): Content {
  if (files.length === 0) return html`<p>Nothing differs.</p>`;
  return html`<section><h2>Files and rules</h2>
<table><thead><tr><th scope="col">Where</th><th scope="col">Change</th><th scope="col">What</th></tr></thead><tbody>${files.map(fileRows)}</tbody></table></section>`;
}

function fileRows({ file, change, parts }: FileChange): Content {
  if (parts.length === 0) {
    const what = change === 'changed' ? 'comments or places only' : 'the whole file';
    return html`<tr><td><code>${file}</code></td><td class="short">${change}</td><td>${what}</td></tr>`;
  }
  return parts.map((part) => partRow(file, part));
}

function partRow(file: string, { change, rule, path, line, from, to }: PartChange): Markup {
  const what = rule === undefined ? html`<code>${path ?? ''}</code>` : html`rule “${rule}”`;
  const values = [from ?? [], to ?? []].flat().join(' → ');
  return html`<tr><td><code>${file}:${line}</code></td><td class="short">${change}</td><td>${what}${values === '' ? '' : html`: ${values}`}</td></tr>`;
}

function leftAsideText(names: readonly string[]): Content {
  if (names.length === 0) return '';
  return html`<p class="faint">Rules also ask about ${names.join(', ')}. This comparison leaves it aside.</p>`;
}
