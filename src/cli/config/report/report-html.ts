/** A report as a page: one file without scripts, for reading, searching, printing and archiving. */
import { heading, htmlPage, markup, type PageContent, type PageMarkup } from '../../shared/output/html-page.ts';
import { diffSections } from '../diff/output/diff-html.ts';
import { replaySection } from '../diff/replay/replay-html.ts';
import { countsText, quantity } from '../shared/quantities.ts';
import { shownDirectory } from '../shared/shown-directory.ts';
import { findingsSection, invariantsSection, severityCounts, standardsSection } from './analysis-sections.ts';
import { type AppPolicies, appText, shortList } from './app-policies.ts';
import { matrixSection } from './matrix-section.ts';
import type { PolicyDiagram } from './policy-diagram.ts';
import { policyDiagramSvg } from './policy-diagram-svg.ts';
import type { Report } from './report-contents.ts';
import { reportStyle } from './report-style.ts';
import { coverageText, passedText, testsSection } from './tests-section.ts';

interface Section {
  /** The id of its anchor. */
  readonly id: string;
  readonly title: string;
  /** Its result, in a few words. */
  readonly sum: string;
  readonly content: PageContent;
  /** Anchors in it. */
  readonly parts?: readonly { readonly id: string; readonly title: string }[];
}

/** A complete document. */
export function reportHtml(report: Report): string {
  const { at } = report;
  const dir = shownDirectory(report.dir);
  const when = new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const sections = sectionsOf(report);
  const body = markup`<header><h1>Access policies of ${dir}</h1>
<p class="faint">${countsText(report)}. Made on ${when} UTC by <code>stepgate config report</code>.</p></header>
<nav aria-label="Contents"><ul class="contents">${sections.map(contentsEntry)}</ul></nav>
${sections.map(
  ({ id, title, content }) => markup`<section id="${id}">${heading(2, title)}
${content}
</section>
`,
)}`;
  return htmlPage({ title: `Access policies of ${dir}`, body, style: reportStyle });
}

function contentsEntry({ id, title, sum, parts = [] }: Section): PageMarkup {
  const inner = parts.map((part) => markup`<li><a href="#${part.id}">${part.title}</a></li>`);
  const list = parts.length === 0 ? '' : markup`<ul>${inner}</ul>`;
  return markup`<li><a href="#${id}">${title}</a> <span class="faint">${sum}</span>${list}</li>`;
}

function sectionsOf(report: Report): readonly Section[] {
  const { matrix, appPolicies, policies, findings, accepted, invariants, standards, tests } = report;
  const proved = invariants.filter(({ verdict }) => verdict === 'holds').length;
  const met = standards.filter(({ meets }) => meets).length;
  return [
    {
      id: 'asked',
      title: 'What is asked of each group',
      sum: quantity(report.apps, 'app'),
      content: matrixSection(matrix, { appPolicies, linkTo: linksTo(policies) }),
    },
    {
      id: 'policies',
      title: 'Policies',
      sum: quantity(policies.length, 'policy', 'policies'),
      content: policiesSection(policies, appPolicies),
      parts: policies.map(({ title }, index) => ({ id: policyId(index), title })),
    },
    {
      id: 'findings',
      title: 'Findings',
      sum: `${severityCounts(findings)}${accepted.length === 0 ? '' : `, ${accepted.length} accepted`}`,
      content: findingsSection(report),
    },
    {
      id: 'invariants',
      title: 'Invariants',
      sum: invariants.length === 0 ? 'none' : `${proved} of ${invariants.length} proved`,
      content: invariantsSection(invariants),
    },
    {
      id: 'standards',
      title: 'Standards',
      sum: standards.length === 0 ? 'none asked for' : `${met} of ${standards.length} met`,
      content: standardsSection(standards, report.dir),
    },
    {
      id: 'tests',
      title: 'Policy tests',
      sum: `${passedText(tests)}${coverageText(tests)}`,
      content: testsSection(tests),
    },
    changesSection(report),
  ];
}

function policiesSection(policies: readonly PolicyDiagram[], appPolicies: readonly AppPolicies[]): PageContent {
  return markup`<p>Rules are read from top to bottom. The first whose conditions all hold decides.</p>
<div class="diagrams">${policies.map(
    (policy, index) => markup`<article id="${policyId(index)}">${heading(3, policy.title)}
<p class="faint"><code>${policy.file}</code>${appsText(policy, appPolicies)}</p>
${policyDiagramSvg(policy)}</article>
`,
  )}</div>`;
}

/** Kinds of which each app has its own. */
const ofApps = /^(sign-on|profile|service)\//;

function appsText({ key }: PolicyDiagram, appPolicies: readonly AppPolicies[]): string {
  if (!ofApps.test(key)) return '';
  const apps = appPolicies.filter(({ policies }) => policies.includes(key));
  return apps.length === 0 ? ', for no app' : `, for ${shortList(apps.map(appText))}`;
}

/** By the key of a policy, a link to its picture. */
function linksTo(policies: readonly PolicyDiagram[]): (key: string) => PageContent {
  const links = new Map(
    policies.map(({ key, title }, index) => [key, markup`<a href="#${policyId(index)}">${title}</a>`] as const),
  );
  return (key) => links.get(key) ?? '';
}

/** Names cannot be anchors: an anchor contains no space, and two policies of different kinds may have the same name. */
function policyId(index: number): string {
  return `policy-${index + 1}`;
}

function changesSection({ diff, replay }: Report): Section {
  const base = { id: 'changes', title: 'Changes' };
  if (diff === undefined)
    return {
      ...base,
      sum: 'not compared',
      content: markup`<p>Nothing is active that the files could be compared with.</p>`,
    };
  const { changes, files, against, users } = diff;
  const counted =
    users === undefined ? '' : `, for ${quantity(users, 'active user')}${diff.isPartial ? ' or more' : ''}`;
  return {
    ...base,
    sum: `${quantity(changes.length, 'change')} of access, ${quantity(files.length, 'file')}`,
    content: markup`<p class="faint">Compared with ${against}${counted}.</p>
${diffSections(diff, 3)}
${replay ? replaySection(replay, 3) : ''}`,
  };
}
