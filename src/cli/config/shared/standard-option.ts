/** `config check --standard`: which rules fall short of a standard, and what policies cannot show. */

import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { sourceLocationText } from '../../../core/model/source-location.ts';
import type { AcceptedFinding } from '../../../policy/analysis/findings/accepted-findings.ts';
import { standardFindings } from '../../../policy/analysis/standards/standard-findings.ts';
import { type StandardName, standards } from '../../../policy/analysis/standards/standards.ts';
import { type AnalysisFinding, findingsText } from '../../../policy/model/analysis-finding.ts';
import { printable } from '../../../policy/model/printable.ts';
import { readApp } from '../../../policy/revision/read-document.ts';
import { unknownName } from '../../../policy/source/nearest-name.ts';
import { refusal } from '../../shared/options/refusal.ts';
import type { CheckedFiles } from './checked-files.ts';
import type { ConfigContext } from './config-context.ts';
import { quantity } from './quantities.ts';

export interface StandardChoice {
  readonly standard?: string;
  readonly app?: readonly string[];
  readonly label?: readonly string[];
}

/** The result as data for scripts. */
export interface StandardReport {
  readonly standard: string;
  readonly title: string;
  /** No rule falls short of it and nothing is undecided, apart from accepted findings. */
  readonly meets: boolean;
  /** The number of apps examined. */
  readonly apps: number;
  readonly findings: readonly AnalysisFinding[];
  /** Findings that comments in the files accept. */
  readonly accepted: readonly AcceptedFinding[];
  /** Requirements that policies cannot show. */
  readonly notShown: readonly string[];
}

export const standardNames = Object.keys(standards);

/**
 * Undefined if no standard was requested. Rejects for an unknown name, app or label, and for one with no app that users
 * sign in to.
 */
export async function standardReport(
  context: ConfigContext,
  checked: CheckedFiles,
  { standard, app, label }: StandardChoice,
): Promise<StandardReport | undefined> {
  if (standard === undefined) {
    if (app ?? label) throw refusal('--app and --label go with --standard: they say which apps it is for');
    return undefined;
  }
  if (!isStandard(standard)) throw refusal(unknownName('standard', standard, standardNames));
  refuseUnfit(checked, { app, label });
  const { authenticators } = context;
  const now = context.now();
  const { findings, accepted, apps } = await standardFindings(
    checked,
    omitUndefined({ standard, authenticators, now, apps: app, labels: label }),
  );
  const meets = findings.every(isRecommendation);
  const { title, notShown } = standards[standard];
  return { standard, title, meets, apps, findings, accepted, notShown };
}

function isStandard(name: string): name is StandardName {
  return Object.hasOwn(standards, name);
}

function isRecommendation({ severity }: AnalysisFinding): boolean {
  return severity === 'warning';
}

/** Also what no standard is about: that nothing was looked at must not read like a standard that is met. */
function refuseUnfit(
  { documents }: CheckedFiles,
  { app = [], label = [] }: Record<'app' | 'label', readonly string[] | undefined>,
): void {
  const apps = [...documents.values()].filter(({ kind }) => kind === 'app').map(readApp);
  const clientIds = apps.map(({ clientId }) => clientId);
  const labels = [...new Set(apps.flatMap((readableApp) => readableApp.labels))];
  const strangeApp = app.find((name) => !clientIds.includes(name));
  if (strangeApp !== undefined) throw refusal(unknownName('app', strangeApp, clientIds));
  const strangeLabel = label.find((name) => !labels.includes(name));
  if (strangeLabel !== undefined) throw refusal(unknownName('label', strangeLabel, labels));
  const forUsers = apps.filter(({ signOnPolicies }) => signOnPolicies !== undefined);
  const service = app.find((name) => forUsers.every(({ clientId }) => clientId !== name));
  if (service !== undefined) throw refusal(`users do not sign in to the app \`${service}\`: ${nothing}`);
  const ofServices = label.find((name) => forUsers.every((readableApp) => !readableApp.labels.includes(name)));
  if (ofServices !== undefined) throw refusal(`users sign in to no app with the label \`${ofServices}\`: ${nothing}`);
  if (forUsers.length === 0) throw refusal(`users sign in to no app here: ${nothing}`);
}

const nothing = 'there is nothing to look at';

/** The findings, and the overall result. `dir`: for the examples. */
export function standardText(report: StandardReport, dir: string): string {
  const { title, meets, apps, findings, accepted, notShown } = report;
  const about = `${title} (${quantity(apps, 'app')})`;
  return [
    findingsText(findings, { config: dir, adviceLast: true }),
    `the policies ${meets ? 'meet' : 'fall short of'} ${about}${standardCounts(report)}\n`,
    ...accepted.map(acceptedLine),
    'no policy can show:\n',
    ...notShown.map((criterion) => `  - ${criterion}\n`),
  ].join('');
}

/**
 * What follows "meet it" or "fall short of it" in a sentence: how many findings there are, how many recommendations are
 * not followed, and how many of each are accepted. Empty if there are none.
 */
export function standardCounts({ meets, findings, accepted }: StandardReport): string {
  const acceptedFindings = accepted.map(({ finding }) => finding);
  const all = [...findings, ...acceptedFindings];
  const recommended = all.filter(isRecommendation).length;
  const required = all.length - recommended;
  const acceptedRecommended = acceptedFindings.filter(isRecommendation).length;
  const acceptedRequired = acceptedFindings.length - acceptedRecommended;
  const exceptions = required === 0 ? '' : `, except for ${quantity(required, 'accepted finding')}`;
  const recommendations = `; ${quantity(recommended, 'recommendation')} not followed`;
  return [
    meets ? exceptions : `: ${quantity(required, 'finding')}${ofThemText(acceptedRequired, required)}`,
    recommended === 0 ? '' : `${recommendations}${ofThemText(acceptedRecommended, recommended)}`,
  ].join('');
}

function ofThemText(accepted: number, all: number): string {
  if (accepted === 0) return '';
  return accepted === all ? ', which is accepted' : `, ${accepted} of them accepted`;
}

function acceptedLine({ finding, until, reason }: AcceptedFinding): string {
  const { path, message } = finding;
  const what = isRecommendation(finding) ? ' (recommendation)' : '';
  return `  accepted until ${until}${what}: ${printable(`${reason} (${sourceLocationText(finding)} ${path === '' ? '' : `${path} `}${message})`)}\n`;
}
