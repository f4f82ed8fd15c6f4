/** Denials that miss users who lack what they rest on: at sign-ins, changes of an account and recoveries. */
import { type FailOpen, failOpen } from '../../../core/analysis/findings/fail-open.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { enrolledIn, type PolicyThatDenies, policiesThatDeny } from './policies-that-deny.ts';

/** A rule of the account policy may be found once for each change that it is about. */
export function failOpenFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return policiesThatDeny(apps, configuration).flatMap((examined) => inPolicy(examined, configuration));
}

function inPolicy(examined: PolicyThatDenies, configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  const { found, undecided } = failOpen(examined, examined.universe, examined.budgets);
  return [
    ...found.flatMap((open) => findingOf(open, examined, configuration)),
    ...undecidedFindings(undecided, 'whether users who lack an attribute escape it', configuration),
  ];
}

function findingOf(
  { rule, attribute, instead, facts }: FailOpen,
  { does, isSignIn, policies, universe }: Pick<PolicyThatDenies, 'does' | 'isSignIn' | 'policies' | 'universe'>,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined) return [];
  const parts = {
    message: `denies by \`${attribute}\`, and a user who lacks it is under the rule "${instead.name}" instead, which ${does}`,
    rules: [namedRule(instead)],
    ...(isSignIn && { example: exampleOptions(facts, enrolledIn(facts, policies)) }),
    advice: adviceAbout(attribute, universe),
  };
  return [findingAt('fail-open', location, parts)];
}

function adviceAbout(attribute: string, universe: PolicyThatDenies['universe']): string {
  if (attribute === 'userType') return 'deny every type but some, with `userType: { none: [...] }`';
  const absent = `say what it means to lack it, in a rule with \`${attribute}: { present: false }\``;
  if (universe.attribute(attribute)?.write === 'user')
    return `users write it themselves, so that no test of it keeps them out: deny by something else, or say \`write: admin\` for it and ${absent}`;
  return `${absent}, or deny all but some with \`not\``;
}
