/**
 * Finds what changed policies let users in with that was not enough before. Two-sided: what is found is shown by facts
 * for which the evaluator says on both sides which rules decide, and by evidence; what is not found is proved for every
 * pair of rules that can decide together; of all other pairs it is said that they are undecided.
 */
import { withoutSecondFactor } from '../decision/waiver.ts';
import type { EnrollmentRule } from '../model/enrollment-policy.ts';
import { placeKey } from '../model/place-key.ts';
import type { AllowTerms, Requirement, Rule, RuleHead } from '../model/policy.ts';
import { beforeSignIn, type PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import { findRule } from '../policy/rules.ts';
import type { Formula, UserFacts } from '../policy/theory.ts';
import { type Comparison, compareAsks } from './compare-asks.ts';
import { findModel, newBudget } from './find-model.ts';
import { type LongerLimit, longerLimits } from './longer-limits.ts';
import { isMoreWaived } from './newly-waived.ts';
import { ordinaryFacts } from './ordinary-facts.ts';
import { pairings, type RulePairing } from './rule-pairings.ts';
import type { RuleSpace } from './rule-space.ts';
import type { EvidenceSet } from './strictness.ts';
import { minimumOf } from './weaker-below.ts';

/** The rules that decide on one side. Absent: none does, which denies; or there is no enrollment policy. */
export interface Deciders {
  readonly session?: Rule;
  readonly app?: Rule;
  readonly enrollment?: EnrollmentRule;
}

/** Something that is enough now, and was not. */
export interface NewlyWeaker {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** It is enough now. Absent: users are let in who were not, or what was proved counts longer. */
  readonly evidence?: EvidenceSet;
  readonly longer?: readonly LongerLimit[];
  /** Scopes that tokens carry now, and did not. */
  readonly scopes?: MoreScopes;
}

/** Names of scopes. `any`: all that are asked for. */
export type MoreScopes = 'any' | readonly string[];

export interface WeakerSearch {
  readonly found: readonly NewlyWeaker[];
  /** Rules now, and before, of which it could not be decided. */
  readonly undecided: readonly { readonly before: Deciders; readonly now: Deciders }[];
}

/** `space`: of the rules of both. */
export function newlyWeaker(live: PolicySet, next: PolicySet, space: RuleSpace): WeakerSearch {
  const pairs = decidingTogether({ live, next }, space);
  const found = new Map<string, NewlyWeaker>();
  const undecided = new Map<string, Pairing>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    if (found.has(key)) continue;
    const verdict = verdictOf(pair, { live, next });
    if (verdict === undefined) continue;
    const facts = factsFor(pair, { live, next, space });
    if (facts === 'impossible') continue;
    if (facts === 'undecided' || verdict === 'undecided') undecided.set(key, pair);
    else found.set(key, { before: pair.before, now: pair.now, facts, ...verdict });
  }
  const open = [...undecided].filter(([key]) => !found.has(key));
  return { found: [...found.values()], undecided: open.map(([, { before, now }]) => ({ before, now })) };
}

/** The policies of an app, before and after. */
export interface Sides {
  readonly live: PolicySet;
  readonly next: PolicySet;
}

/** Rules that may decide together, on both sides. */
export interface Pairing {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly formulas: readonly Formula[];
}

/** One example for each pair of rules of the sign-on policies and of the session policies is enough. */
function keyOf({ before, now }: Pairing): string {
  const name = (rule: RuleHead | undefined) => rule && `${rule.name} ${placeKey(rule)}`;
  return JSON.stringify([before.app, before.session, now.app, now.session].map(name));
}

/** Rules now that allow, with those before. */
export function decidingTogether({ live, next }: Sides, space: RuleSpace): readonly Pairing[] {
  const allows = ({ now }: RulePairing<Rule>) => now?.then.kind === 'allow';
  const sessions = pairings(live.session, next.session, space).filter(allows);
  const apps = pairings(live.app, next.app, space).filter(allows);
  const before = (policy: PolicySet['enrollment']) => policy && beforeSignIn(policy);
  const enrollments = pairings(before(live.enrollment), before(next.enrollment), space);
  return apps.flatMap((app) =>
    sessions.flatMap((session) =>
      enrollments.map((enrollment) => ({
        before: decidersOf(session.before, app.before, enrollment.before),
        now: decidersOf(session.now, app.now, enrollment.now),
        formulas: [...space.onceProved, ...session.formulas, ...app.formulas, ...enrollment.formulas],
      })),
    ),
  );
}

function decidersOf(
  session: Rule | undefined,
  app: Rule | undefined,
  enrollment: EnrollmentRule | undefined,
): Deciders {
  return { ...(session && { session }), ...(app && { app }), ...(enrollment && { enrollment }) };
}

type Verdict = Pick<NewlyWeaker, 'evidence' | 'longer' | 'scopes'> | 'undecided' | undefined;

/** `undefined`: it is as strict as before. */
function verdictOf({ before, now }: Pairing, { live, next }: Sides): Verdict {
  const [nowSession, nowApp] = [termsOf(now.session), termsOf(now.app)];
  const [session, app] = [termsOf(before.session), termsOf(before.app)];
  if (nowSession === undefined || nowApp === undefined) return undefined;
  if (session === undefined || app === undefined) return {};
  const sides = {
    live: usablePolicies(live, before.enrollment?.then),
    next: usablePolicies(next, now.enrollment?.then),
  };
  const besideThen = [session.requirement, ...minimumOf(live)];
  const asked = [...besideThen, app.requirement];
  const beside = [nowSession.requirement, ...minimumOf(next)];
  const comparison = compare([...beside, nowApp.requirement], asked, sides);
  const left = withoutRemembered(nowApp.requirement, sides.next);
  const isRememberedWeaker = left !== undefined && compare([...beside, left], asked, sides) !== 'as_strict';
  const longer = longerLimits({ session, app }, { session: nowSession, app: nowApp }).filter(
    ({ what }) => what !== 'remembered' || isRememberedWeaker,
  );
  const scopes = moreScopes(app, nowApp);
  const wider = { ...(longer.length > 0 && { longer }), ...(scopes && { scopes }) };
  if (typeof comparison === 'object') return { evidence: comparison.evidence, ...wider };
  if (longer.length > 0 || scopes) return wider;
  const usable = { next: sides.next.authenticators, before: sides.live.authenticators };
  const isExcused = isMoreWaived({ app, beside: besideThen }, { app: nowApp, beside }, usable);
  return comparison === 'as_strict' && !isExcused ? undefined : 'undecided';
}

/** A rule that says nothing about scopes grants all. Undefined: it grants none besides those before. */
function moreScopes({ scopes: before }: AllowTerms, { scopes: now }: AllowTerms): MoreScopes | undefined {
  if (before === undefined) return undefined;
  if (now === undefined) return 'any';
  const more = now.filter((scope) => !before.includes(scope));
  return more.length === 0 ? undefined : more;
}

/** What is left of a requirement in a browser that remembers the second factor. Undefined: nothing can be waived. */
function withoutRemembered(requirement: Requirement, { authenticators }: PolicySet): Requirement | undefined {
  const anyOf = authenticators.flatMap((one) =>
    withoutSecondFactor(requirement, { ...one, authenticator: one.key, enrollment: one.key }),
  );
  return anyOf.length === 0 ? undefined : { anyOf };
}

function termsOf(rule: Rule | undefined): AllowTerms | undefined {
  return rule?.then.kind === 'allow' ? rule.then : undefined;
}

function compare(now: readonly Requirement[], before: readonly Requirement[], { live, next }: Sides): Comparison {
  return compareAsks(now, before, { next: next.authenticators, before: live.authenticators });
}

/** Facts for which the evaluator says on both sides that these rules decide. */
export function factsFor(
  { before, now, formulas }: Pairing,
  { live, next, space }: Sides & { readonly space: RuleSpace },
): UserFacts | 'impossible' | 'undecided' {
  const found = findModel(formulas, newBudget());
  if (typeof found !== 'object') return found;
  const facts = ordinaryFacts(formulas, space) ?? space.factsOf(found.model);
  return decide(live, before, facts) && decide(next, now, facts) ? facts : 'undecided';
}

function decide(policies: PolicySet, { session, app, enrollment }: Deciders, facts: UserFacts): boolean {
  const own = policies.enrollment && beforeSignIn(policies.enrollment);
  return (
    findRule(policies.session, facts).rule === session &&
    (policies.app && findRule(policies.app, facts).rule) === app &&
    (own && findRule(own, facts).rule) === enrollment
  );
}
