/** Findings, invariants and standards, as parts of a page. */
import { sourceLocationText } from '../../../core/model/source-location.ts';
import { type AnalysisFinding, type Severity, shellWord } from '../../../policy/model/analysis-finding.ts';
import { heading, markup, type PageContent, type PageMarkup } from '../../shared/output/html-page.ts';
import type { CheckedFiles, InvariantResult } from '../shared/checked-files.ts';
import { quantity } from '../shared/quantities.ts';
import { type StandardReport, standardCounts } from '../shared/standard-option.ts';

const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** `1 error, 2 warnings`. */
export function severityCounts(findings: readonly AnalysisFinding[]): string {
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [quantity(count, severity)];
  });
  return counts.join(', ') || 'none';
}

/** Most severe first. */
export function findingsSection({ findings, accepted, dir }: ReviewedFiles): PageContent {
  const none = accepted.length === 0 ? 'The analysis found nothing.' : 'The analysis found nothing else.';
  if (findings.length === 0) return [markup`<p>${none}</p>`, acceptedSection(accepted)];
  const of = (...wanted: readonly Severity[]) => findings.filter(({ severity }) => wanted.includes(severity));
  const lists = [of('error'), of('warning'), of('note')].map((some) => findingList(some, dir));
  return [...lists, acceptedSection(accepted)];
}

interface ReviewedFiles extends Pick<CheckedFiles, 'findings' | 'accepted'> {
  /** The directory of the configuration, for examples. */
  readonly dir: string;
}

/** Sorted by the date at which the acceptance ends. */
function acceptedSection(accepted: ReviewedFiles['accepted'], standard?: string): PageContent {
  if (accepted.length === 0) return '';
  const byEnd = accepted.toSorted((a, b) => a.until.localeCompare(b.until));
  return markup`<section>${heading(standard === undefined ? 3 : 4, 'Accepted')}
<p>A comment in the file accepts each of these, until the end of that day.</p>
<div class="scroll" tabindex="0" role="region" aria-label="${standard === undefined ? 'Accepted findings' : `Accepted findings: ${standard}`}"><table>
<thead><tr>${['Finding', 'Where', 'Reason', 'Until'].map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${byEnd.map(acceptedRow)}</tbody></table></div></section>
`;
}

function acceptedRow({ finding, reason, until }: ReviewedFiles['accepted'][number]): PageMarkup {
  const { severity, code, message } = finding;
  return markup`<tr><th scope="row">${severity}: ${message} <span class="faint">(${code})</span></th><td><code>${sourceLocationText(finding)}</code></td><td>${reason}</td><td class="short">${until}</td></tr>
`;
}

function findingList(findings: readonly AnalysisFinding[], dir: string): PageContent {
  return findings.length === 0 ? '' : markup`<ul>${findings.map((finding) => findingCard(finding, dir))}</ul>`;
}

function findingCard(finding: AnalysisFinding, dir: string): PageMarkup {
  const { severity, code, path, message, text, rules, example, advice } = finding;
  const details = [
    row('where', markup`<code>${sourceLocationText(finding)}</code>`),
    ...(text === '' ? [] : [row('line', markup`<code>${text.trim()}</code>`)]),
    ...rules.map((rule) => row('rule', markup`“${rule.name}”, <code>${sourceLocationText(rule)}</code>`)),
    ...(example ? [row('example', exampleCode(example, dir))] : []),
    row('what to do', `${advice} (docs/findings.md#${code})`),
  ];
  const words = `${severity}: ${path === '' ? '' : `${path} `}${message}`;
  return markup`<li class="card${severity === 'error' ? ' worse' : ''}"><p>${words}</p><dl>${details}</dl></li>
`;
}

/** Without the directory, `explain` would ask about the active revision. */
function exampleCode(example: readonly string[], dir: string): PageMarkup {
  return markup`<code>explain ${['--config', dir, ...example].map(shellWord).join(' ')}</code>`;
}

function row(name: string, content: PageContent): PageMarkup {
  return markup`<dt>${name}</dt><dd>${content}</dd>`;
}

const verdicts = { holds: 'proved', refuted: 'refuted', undecided: 'undecided', empty: 'about no sign-in' } as const;

export function invariantsSection(invariants: readonly InvariantResult[]): PageContent {
  if (invariants.length === 0) return markup`<p>There is no <code>invariants.yaml</code>.</p>`;
  const head = ['Invariant', 'For whom, from where', 'What must hold', 'Apps', 'Verdict'];
  return markup`<p>Each was examined for every user who could exist, at one sign-in with what the account has by then: what can be recovered or set up before is not part of it. Where one is not proved, a finding says why.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Invariants"><table>
<thead><tr>${head.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${invariants.map(invariantRow)}</tbody></table></div>`;
}

function invariantRow({ name, when, guarantee, apps, verdict }: InvariantResult): PageMarkup {
  const whom = when.length === 0 ? 'every sign-in' : when.map((line) => markup`<div>${line}</div>`);
  const isBroken = verdict === 'refuted' ? ' denied' : '';
  return markup`<tr><th scope="row">${name}</th><td>${whom}</td><td>${guarantee}</td><td>${apps}</td><td class="short${isBroken}">${verdicts[verdict]}</td></tr>
`;
}

export function standardsSection(standards: readonly StandardReport[], dir: string): PageContent {
  if (standards.length === 0) return markup`<p>None was asked for: <code>--standard</code> names one.</p>`;
  return standards.map((report) => {
    const { title, meets, apps, findings, accepted, notShown } = report;
    const verdict = meets ? 'meet it' : markup`<strong class="denied">fall short of it</strong>`;
    return markup`<section>${heading(3, title)}
<p>The policies of ${quantity(apps, 'app')} ${verdict}${standardCounts(report)}.</p>
${findingList(findings, dir)}${acceptedSection(accepted, title)}
<p>No policy can show:</p>
<ul class="plain">${notShown.map((criterion) => markup`<li>${criterion}</li>`)}</ul></section>
`;
  });
}
