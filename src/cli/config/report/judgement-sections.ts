/** Findings, invariants and standards, as parts of a page. */
import type { AnalysisFinding, Severity } from '../../../policy/model/analysis-finding.ts';
import type { Finding } from '../../../policy/model/finding.ts';
import { heading, markup, type PageContent, type PageMarkup } from '../../shared/html-page.ts';
import { shellWord } from '../../shared/shell-word.ts';
import type { InvariantResult } from '../checked-files.ts';
import { quantity } from '../quantities.ts';
import type { StandardReport } from '../standard.ts';

const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** `1 error, 2 warnings`. `warnings`: those of the files. */
export function severityCounts(findings: readonly AnalysisFinding[], warnings: readonly Finding[]): string {
  const counts = severities.flatMap((severity) => {
    const own = findings.filter((finding) => finding.severity === severity).length;
    const count = own + (severity === 'warning' ? warnings.length : 0);
    return count === 0 ? [] : [quantity(count, severity)];
  });
  return counts.join(', ') || 'none';
}

/** The most severe first. */
export function findingsSection(findings: readonly AnalysisFinding[], warnings: readonly Finding[]): PageContent {
  if (findings.length + warnings.length === 0) return markup`<p>The analysis found nothing.</p>`;
  const of = (...wanted: readonly Severity[]) => findings.filter(({ severity }) => wanted.includes(severity));
  return [
    findingList(of('error')),
    findingList(of('warning')),
    warnings.length === 0 ? '' : markup`<ul>${warnings.map(warningCard)}</ul>`,
    findingList(of('note')),
  ];
}

function findingList(findings: readonly AnalysisFinding[]): PageContent {
  return findings.length === 0 ? '' : markup`<ul>${findings.map(findingCard)}</ul>`;
}

function warningCard({ file, line, path, message }: Finding): PageMarkup {
  return markup`<li class="card"><p>${`warning: ${path === '' ? '' : `${path} `}${message}`}</p><dl>${row('where', markup`<code>${file}:${line}</code>`)}</dl></li>
`;
}

function findingCard(finding: AnalysisFinding): PageMarkup {
  const { severity, code, file, line, path, message, text, rules, example, advice } = finding;
  const details = [
    row('where', markup`<code>${file}:${line}</code>`),
    row('line', markup`<code>${text.trim()}</code>`),
    ...rules.map((rule) => row('rule', markup`“${rule.name}”, <code>${rule.file}:${rule.line}</code>`)),
    ...(example ? [row('example', markup`<code>explain ${example.map(shellWord).join(' ')}</code>`)] : []),
    row('what to do', `${advice} (docs/findings.md#${code})`),
  ];
  const words = `${severity}: ${path === '' ? '' : `${path} `}${message}`;
  return markup`<li class="card${severity === 'error' ? ' worse' : ''}"><p>${words}</p><dl>${details}</dl></li>
`;
}

function row(name: string, content: PageContent): PageMarkup {
  return markup`<dt>${name}</dt><dd>${content}</dd>`;
}

const verdicts = { holds: 'proved', refuted: 'refuted', undecided: 'undecided', empty: 'about no sign-in' } as const;

export function invariantsSection(invariants: readonly InvariantResult[]): PageContent {
  if (invariants.length === 0) return markup`<p>There is no <code>invariants.yaml</code>.</p>`;
  return markup`<p>Each was examined for every user who could exist. Where one is not proved, a finding says why.</p>
<table><thead><tr><th scope="col">Invariant</th><th scope="col">Apps</th><th scope="col">Verdict</th></tr></thead>
<tbody>${invariants.map(
    ({ name, apps, verdict }) =>
      markup`<tr><th scope="row">${name}</th><td>${apps}</td><td class="short${verdict === 'refuted' ? ' denied' : ''}">${verdicts[verdict]}</td></tr>
`,
  )}</tbody></table>`;
}

export function standardsSection(standards: readonly StandardReport[]): PageContent {
  if (standards.length === 0) return markup`<p>None was asked for: <code>--standard</code> names one.</p>`;
  return standards.map(
    ({ title, meets, apps, findings, notShown }) => markup`<section>${heading(3, title)}
<p>The policies of ${quantity(apps, 'app')} ${meets ? 'meet it' : markup`<strong class="denied">fall short of it</strong>`}.</p>
${findingList(findings)}
<p>No policy can show:</p>
<ul class="plain">${notShown.map((one) => markup`<li>${one}</li>`)}</ul></section>
`,
  );
}
