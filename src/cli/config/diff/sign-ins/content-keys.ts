/**
 * Names what the content of a sign-in depends on. Sign-on policies are often made from one template: at apps whose
 * deciding rules say the same, sign-ins have the same content, although the conditions of the rules differ.
 */
import { simulate } from '../../../../core/analysis/simulation/simulate.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { AppSide } from '../compared/app-pairs.ts';
import type { Circumstance } from './circumstances.ts';
import {
  type CircumstanceOfUser,
  changesByProfile,
  changesByProofs,
  decidingRuleNames,
  rulesUpToCertain,
} from './deciding-rules.ts';

interface KeyContext {
  /** From `freeScopes`. */
  readonly free: readonly string[];
  /** The ids of `UserClass.results`. */
  readonly atoms: readonly string[];
  readonly contents: { readonly numbers: Map<unknown, number> };
}

/** Returns a function that names the content. Undefined: it also depends on what the user fills in. */
export function contentKeys(
  { policies, app: { client } }: AppSide,
  factsOf: (asked: CircumstanceOfUser) => Facts,
  { free, atoms, contents }: KeyContext,
): (asked: CircumstanceOfUser) => string | undefined {
  const { app: appPolicy, ...others } = policies;
  const { default_acr_values: acrValues, default_max_age: maxAge } = client;
  const numberOf = (value: unknown) => getOrMake(contents.numbers, value, () => contents.numbers.size);
  const ofApp = numberOf(JSON.stringify([policiesKey(others, numberOf), free, atoms, acrValues, maxAge]));
  if (appPolicy?.rules.some(({ rule }) => conditionSets(rule.when).some(changesByProfile(policies))))
    return () => undefined;
  const isOpen = appPolicy?.rules.some(({ leaves }) => leaves.some(changesByProofs));
  const otherRulesOf = decidingRuleNames(others, factsOf, atoms);
  const firstPages = new Map<Circumstance, string>();
  return (asked) => {
    const facts = factsOf(asked);
    const said = appPolicy && findRule(appPolicy, facts);
    if (said?.undecided) return undefined;
    const { subject: _, ...anonymous } = facts;
    const firstPage = getOrMake(firstPages, asked.circumstance, () => JSON.stringify(simulate(policies, anonymous)));
    const { then } = said?.rule ?? {};
    const terms = JSON.stringify([said?.failed?.name, then?.kind === 'deny' ? said?.rule?.name : '', then]);
    const later = appPolicy && isOpen ? termsLater(appPolicy, facts) : '';
    return [ofApp, asked.user.rest, firstPage, terms, later, otherRulesOf(asked)(asked.circumstance)].join('\n');
  };
}

/** The circumstance, and if the browser may remember a second factor, that of the next sign-in with it. */
export function rememberingMoments({ app }: PolicySet): (circumstance: Circumstance) => readonly Circumstance[] {
  const mayRemember = app?.rules.some(({ rule: { then } }) => then.kind === 'allow' && then.remember !== undefined);
  if (!mayRemember) return (circumstance) => [circumstance];
  const known = new Map<Circumstance, readonly Circumstance[]>();
  return (circumstance) =>
    getOrMake(known, circumstance, () => [
      circumstance,
      { ...circumstance, device: { ...circumstance.device, known: true } },
    ]);
}

/**
 * What the rules say that may decide once the user has proved something, in order, with their conditions. The risk,
 * which counts then, is that of the browser.
 */
function termsLater(policy: CompiledPolicy, facts: Facts): string {
  const rules = rulesUpToCertain(policy, facts, changesByProofs).filter(({ result }) => result !== 'miss');
  const said = rules.map(({ rule: { name, when, then }, result, results }) =>
    result === 'unknown' ? [name, when, then, results] : [name, then, result],
  );
  return JSON.stringify([facts.risk, said]);
}

/** Equal for policies that decide alike. Compiled ones, which consist of closures, are compared by their numbers. */
function policiesKey(policies: Omit<PolicySet, 'app'>, numberOf: (compiled: object) => number): string {
  const { session, enrollment, password, accountPolicy, recovery, profile, ...plain } = policies;
  const compiled = [session, enrollment, password, accountPolicy, recovery, profile];
  return JSON.stringify([compiled.map((policy) => policy && numberOf(policy)), plain]);
}
