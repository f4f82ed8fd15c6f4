/** Searches for second sign-ins that a policy denies: to all of its apps, and to some of them. */
import type { DeniedSignIn, DeniedSignInSearch } from '../../../core/analysis/accounts/denied-sign-ins.ts';
import { firstSignIn, neverAgain, secondSignIn } from '../../../core/analysis/accounts/first-sign-ins.ts';
import { allowing } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import { neutralFacts, neutralRequest } from '../../../core/model/neutral-facts.ts';
import { appTests } from '../../../core/policy/rules/app-lists.ts';
import { type CompiledPolicy, compilePolicy } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { findRule, rulesAnywhere } from '../../../core/policy/rules/rules.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

export interface ExaminedPolicy {
  readonly policy: CompiledPolicy;
  /** One for all apps that its rules do not distinguish. */
  readonly clientIds: readonly string[];
  readonly allClientIds: readonly string[];
  /** Of a sign-on policy: the session policy, which decides first. */
  readonly session?: CompiledPolicy;
}

/** What is denied at some apps of a policy only. */
export interface DeniedAtApps extends DeniedSignInSearch {
  readonly clientIds: readonly string[];
}

/** Second sign-ins that the policy denies at all of its apps. */
export function deniedAgain(
  examined: ExaminedPolicy,
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): DeniedSignInSearch {
  return asksAboutPast(examined) ? search(examined, examined.clientIds, configuration) : none;
}

const none: DeniedSignInSearch = { never: [], undecided: [] };

/**
 * Those that it denies at some of its apps, and at others it does not: one entry for apps at which the same is denied.
 * `everywhere`: what it denies at all of them.
 */
export function deniedAtSome(
  examined: ExaminedPolicy,
  everywhere: DeniedSignInSearch,
  configuration: Pick<AnalysedConfiguration, 'universe' | 'refused'>,
): readonly DeniedAtApps[] {
  if (!asksAboutPast(examined)) return [];
  const classes = appsLikeOneAnother(examined, configuration);
  if (classes.length === 1) return [];
  const known = new Set(everywhere.never.map(keyOf));
  const knownUndecided = new Set(everywhere.undecided);
  const searched = classes.slice(0, mostClasses).map((clientIds): DeniedAtApps => {
    const { never, undecided } = searchAt(examined, clientIds, configuration);
    return {
      clientIds,
      never: never.filter((denied) => !known.has(keyOf(denied))),
      undecided: undecided.filter((rule) => !knownUndecided.has(rule)),
    };
  });
  const same = Map.groupBy(searched, ({ never, undecided }) => JSON.stringify([never.map(keyOf), undecided.length]));
  return [...same.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, clientIds: [first, ...others].flatMap(({ clientIds }) => clientIds) }],
  );
}

/** Kinds of apps that are searched: expressions about user and app may tell each of 10,000 apart. */
const mostClasses = 200;

function keyOf({ rule, whom }: DeniedSignIn): string {
  return `${whom} ${locationKey(rule)}`;
}

function asksAboutPast({ policy }: ExaminedPolicy): boolean {
  const isDenying = policy.rules.some(({ rule }) => rule.then.kind === 'deny');
  return isDenying && secondSignIn(policy.rules.map(({ rule }) => rule.when)) !== undefined;
}

/** The apps of the policy, by what its rules and those of the session policy ask of them. */
function appsLikeOneAnother(
  { policy, session, allClientIds }: ExaminedPolicy,
  { refused }: Pick<AnalysedConfiguration, 'refused'>,
): readonly (readonly string[])[] {
  const sets = [...policy.rules, ...(session?.rules ?? [])].flatMap(({ rule }) => conditionSets(rule.when));
  const tests = sets.flatMap((set) => appTests(set));
  const alike = Map.groupBy(allClientIds, (clientId) =>
    JSON.stringify([refused(clientId), tests.map((test) => test(clientId))]),
  );
  return [...alike.values()];
}

/** In sign-ins to these apps: the rules that never decide there are left out. */
function searchAt(
  { policy, session, ...examined }: ExaminedPolicy,
  clientIds: readonly string[],
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): DeniedSignInSearch {
  const facts = neutralFacts({ now: 0, request: neutralRequest(clientIds[0] ?? '') });
  const there = ({ name, ...compiled }: CompiledPolicy) =>
    compilePolicy({ name, rules: rulesAnywhere({ name, ...compiled }, facts) });
  const own = { ...examined, policy: there(policy), ...(session && { session: there(session) }) };
  return asksAboutPast(own) ? search(own, clientIds.slice(0, 1), configuration) : none;
}

/** In sign-ins to these apps. */
function search(
  { policy, session }: ExaminedPolicy,
  clientIds: readonly string[],
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): DeniedSignInSearch {
  const whens = policy.rules.map(({ rule }) => rule.when);
  const all = [...whens, ...(session?.rules.map(({ rule }) => rule.when) ?? [])];
  // The first sign-in is before all bounds, and that of the second one is one of them.
  const second = secondSignIn(all) ?? [];
  const first = firstSignIn([...all, ...second]) ?? {};
  const space = ruleSpace([...all, ...second, first], universe(clientIds));
  const letIn = session ? [{ any: allowing(session, space).map(({ formulas }) => ({ all: formulas })) }] : [];
  return neverAgain({
    ...{ policy, space, before: letIn, first, second },
    ...(session && { isReached: (facts) => findRule(session, facts).rule?.then.kind === 'allow' }),
  });
}
