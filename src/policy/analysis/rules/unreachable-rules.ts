/**
 * Rules of the enrollment, account and profile policies that decide only about users whom another policy denies, as
 * findings. The session policy and the sign-on policy are examined separately.
 */
import { findModelWithin } from '../../../core/analysis/space/find-model.ts';
import type { Budget } from '../../../core/analysis/space/propagate.ts';
import { allowing, deciding } from '../../../core/analysis/space/rule-combinations.ts';
import { type RuleSpace, ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { type AccountRule, changeActions, type GovernedChange } from '../../../core/model/account-policy.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { isAbout } from '../../../core/policy/rules/account-policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { asksHowSignedIn } from '../../../core/policy/rules/condition-table.ts';
import type { Formula } from '../../../core/policy/theories/theory.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { distinctRules, mostNamed } from '../text/apps-text.ts';

/** An app, or the pages of the account, where only the session policy stands before the user. */
interface EntryPoint {
  readonly policies: PolicySet;
  readonly space: RuleSpace;
  /** What must hold for a user to get in, in each way. */
  readonly openings: readonly (readonly Formula[])[];
}

/** `alive`: the rules that decide in their own policy, and those for which this is undecided. */
export function unreachedFindings(
  { apps, alive }: { readonly apps: readonly AnalysedApp[]; readonly alive: readonly RuleHead[] },
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const [first] = apps;
  if (first === undefined || apps.some(({ isPartial }) => isPartial)) return [];
  const living = new Set(alive.map(keyOf));
  const budget = { steps: budgetSteps };
  let left = distinctRules(apps.flatMap(({ policies }) => conditionalRules(policies))).filter((rule) =>
    living.has(keyOf(rule)),
  );
  // Nearly all of them count at the pages of the account, so that most apps need not be looked at.
  for (const at of [{ app: first, pages: accountClientId }, ...apps.map((app) => ({ app }))]) {
    if (left.length === 0) break;
    const entryPoint = entryPointOf(at, configuration);
    left = left.filter((rule) => !isReached(rule, entryPoint, budget));
  }
  return left.flatMap((rule) => unreached(rule, apps, configuration));
}

/** The budget for all rules together. If it does not suffice, there is no finding. */
const budgetSteps = 10_000_000;

function keyOf({ location }: RuleHead): string {
  return JSON.stringify(location);
}

/** Leaves out rules that must be there, rules that deny, and rules that are evaluated before or after the sign-in. */
function conditionalRules({ enrollment, accountPolicy, profile }: PolicySet): readonly RuleHead[] {
  const account = (accountPolicy?.rules ?? []).filter((rule) => rule.then.kind === 'allow' && !rule.off);
  const asked = (profile?.rules ?? []).filter(({ rule }) => rule.then.registration === undefined);
  const rules: readonly RuleHead[] = [
    ...(enrollment?.rules ?? []).map(({ rule }) => rule),
    ...account.filter((rule) => !rule.reportOnly),
    ...asked.map(({ rule }) => rule),
  ];
  return rules.filter(({ when }) => Object.keys(when).length > 0 && !asksHowSignedIn(when));
}

function entryPointOf(
  { app: { app, policies }, pages }: { readonly app: AnalysedApp; readonly pages?: string },
  { universe }: AnalysedConfiguration,
): EntryPoint {
  const { app: signOn, profile: _, ...common } = policies;
  const own: PolicySet = pages === undefined ? policies : common;
  const { session, enrollment, accountPolicy, profile } = own;
  const compiled: readonly { readonly rule: RuleHead }[] = [
    ...session.rules,
    ...(pages === undefined ? (signOn?.rules ?? []) : []),
    ...(enrollment ? beforeSignIn(enrollment).rules : []),
    ...(profile ? beforeSignIn(profile).rules : []),
  ];
  const rules = [...compiled.map(({ rule }) => rule), ...(accountPolicy?.rules ?? [])];
  const whens = rules.map(({ when }) => when);
  const space = ruleSpace(whens, universe([pages ?? app.clientId]));
  const second = pages !== undefined ? [[]] : signOn ? allowing(signOn, space).map(({ formulas }) => formulas) : [];
  const openings = allowing(session, space).flatMap(({ formulas }) =>
    second.map((others) => [...space.onceProved, ...formulas, ...others]),
  );
  return { policies: own, space, openings };
}

/** Whether users who get in there may be under the rule. */
function isReached(rule: RuleHead, { policies, space, openings }: EntryPoint, budget: Budget): boolean {
  const cases = policiesOf(rule, policies).flatMap((policy) =>
    deciding(policy, space).filter((other) => keyOf(other.rule) === keyOf(rule)),
  );
  return cases.some(({ formulas }) =>
    openings.some((opening) => findModelWithin([...opening, ...formulas], budget) !== 'impossible'),
  );
}

function policiesOf(
  rule: RuleHead,
  { enrollment, accountPolicy, profile, authenticators }: PolicySet,
): readonly CompiledPolicy<RuleHead>[] {
  const about = accountPolicy?.rules.find((accountRule) => keyOf(accountRule) === keyOf(rule));
  const keys = authenticators.map(({ key }) => key);
  return [
    ...(enrollment ? [beforeSignIn(enrollment)] : []),
    ...(profile ? [beforeSignIn(profile)] : []),
    ...(accountPolicy && about ? changesOf(about, keys).map((change) => accountPolicy.about(change)) : []),
  ];
}

/** The changes of authenticators, of what the rule names, and of what no rule names. */
function changesOf(rule: AccountRule, keys: readonly string[]): readonly GovernedChange[] {
  const named = Object.values(rule.change ?? {}).flatMap((names) => (names === 'all' ? [] : names));
  const all = [...new Set([...keys, ...named, ''])];
  return changeActions.flatMap((action) => all.map((of) => ({ action, of })).filter((change) => isAbout(rule, change)));
}

function unreached(
  rule: RuleHead,
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined) return [];
  const policies = apps.flatMap(({ policies: { session, app } }) => [...session.rules, ...(app?.rules ?? [])]);
  const denials = policies.map((policy) => policy.rule).filter(({ then }) => then.kind === 'deny');
  return [
    findingAt('unreachable', location, {
      message: 'decides only about users whom another policy denies, so that it never counts',
      rules: distinctRules(denials).slice(0, mostNamed).map(namedRule),
      advice: 'correct its conditions or those of the other policy, or remove it',
    }),
  ];
}
