/** Rules by which users sign in once, and are denied when they come back, as findings. */
import type { DeniedSignIn, DeniedSignInSearch } from '../../../core/analysis/accounts/denied-sign-ins.ts';
import { firstSignIn, neverAgain, secondSignIn } from '../../../core/analysis/accounts/first-sign-ins.ts';
import { isOrdinary } from '../../../core/analysis/space/ordinary-facts.ts';
import { allowing } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { isGiven } from './account-additions.ts';

/** Second sign-ins that the session policy denies everywhere, and those that a sign-on policy denies at its apps. */
export function secondSignInFindings(
  [app]: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  if (app === undefined) return [];
  const { session, authenticators } = app.policies;
  const keys = authenticators
    .filter((descriptor) => isGiven(descriptor) && descriptor.enrollable)
    .map(({ key }) => key);
  return configuration.policies.flatMap(({ kind, policy, clientIds, isUsed }) => {
    if (!isUsed || (kind !== 'session' && kind !== 'sign-on')) return [];
    const examined = { policy, clientIds, ...(kind === 'sign-on' && { session }) };
    const { never, undecided } = deniedAgain(examined, configuration);
    return [
      ...found(never, { where: kind === 'session' ? 'everywhere' : 'there', keys, configuration }),
      ...undecidedFindings(undecided, 'whether it denies users who come back', configuration),
    ];
  });
}

interface ExaminedPolicy {
  readonly policy: CompiledPolicy;
  readonly clientIds: readonly string[];
  /** Of a sign-on policy: the session policy, which decides first. */
  readonly session?: CompiledPolicy;
}

function deniedAgain(
  { policy, session, clientIds }: ExaminedPolicy,
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): DeniedSignInSearch {
  const whens = policy.rules.map(({ rule }) => rule.when);
  const isDenying = policy.rules.some(({ rule }) => rule.then.kind === 'deny');
  const second = isDenying ? secondSignIn(whens) : undefined;
  if (second === undefined) return { never: [], undecided: [] };
  const all = [...whens, ...(session?.rules.map(({ rule }) => rule.when) ?? [])];
  // The first sign-in is before all bounds, and that of the second one is one of them.
  const asked = secondSignIn(all) ?? second;
  const first = firstSignIn([...all, ...asked]) ?? {};
  const space = ruleSpace([...all, ...asked, first], universe(clientIds));
  const before = session ? [{ any: allowing(session, space).map(({ formulas }) => ({ all: formulas })) }] : [];
  return neverAgain({
    ...{ policy, space, before, first, second: asked },
    ...(session && { isReached: (facts) => findRule(session, facts).rule?.then.kind === 'allow' }),
  });
}

interface Shown {
  /** At every app and at the account pages, or at the apps of the policy. */
  readonly where: 'everywhere' | 'there';
  /** What the user of the example has. */
  readonly keys: readonly string[];
  readonly configuration: AnalysedConfiguration;
}

/** Where no account ever comes back, one finding says so. */
function found(never: readonly DeniedSignIn[], shown: Shown): readonly AnalysisFinding[] {
  const [first, ...others] = never.filter(({ whom }) => whom === 'all');
  return first ? finding(first, others, shown) : never.flatMap((denied) => finding(denied, [], shown));
}

function finding(
  { rule, facts, whom }: DeniedSignIn,
  others: readonly DeniedSignIn[],
  { where, keys, configuration }: Shown,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined) return [];
  const isError = where === 'everywhere' && whom === 'all' && isOrdinary(facts, [rule]);
  return [
    findingAt('returning-lock-out', location, {
      message: `denies ${words[whom]} the second sign-in, ${places[where]}, with the same browser and from the same place a day after the first one: by the first one the browser became known, the place usual, and that sign-in the last one`,
      severity: isError ? ('error' as const) : ('warning' as const),
      rules: others.map((other) => namedRule(other.rule)),
      example: exampleOptions(facts, keys),
      advice:
        'turn the condition around if it says the opposite of what is meant, or let users in who come back, by a rule above it',
    }),
  ];
}

const words: Readonly<Record<DeniedSignIn['whom'], string>> = {
  all: 'every account',
  selected: 'every account for which it decides',
  some: 'accounts such as that of the example',
};

const places: Readonly<Record<Shown['where'], string>> = {
  everywhere: 'to every app and to the account pages',
  there: 'to each app of this policy',
};
