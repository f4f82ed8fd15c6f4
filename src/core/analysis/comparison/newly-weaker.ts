/**
 * Finds what is enough under changed policies and was not enough before. Two-sided: facts and evidence for which the
 * evaluator confirms the deciding rules show a finding, and a proof for every pair of rules that can decide together
 * shows that there is none. Every other pair is reported as undecided.
 */
import { withoutSecondFactor } from '../../decision/waiver.ts';
import { locationKey } from '../../model/location-key.ts';
import type { AllowTerms, Requirement, Rule, RuleHead } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { mayWaiveBeside, proofsIn } from '../proofs/asked-proofs.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { evidenceFor } from '../proofs/strictness.ts';
import { isLockedOut } from '../simulation/simulated-outcome.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { compareAsks } from './compare-asks.ts';
import { type EvidenceSets, newlyAdmittedWith, newlyCompletedWith, newlyRemembering } from './confirmed-change.ts';
import {
  type Deciders,
  decidingTogether,
  factsFor,
  type NoFacts,
  type Pairing,
  type PolicySides,
  type SidesInSpace,
} from './deciding-together.ts';
import type { LongerLimit } from './longer-limits.ts';
import { factsShowing, longerIn, withinAges } from './longer-refreshed.ts';
import { isNewScope, type MoreScopes, moreScopes } from './newly-carried-scopes.ts';
import { isMoreWaived } from './newly-waived.ts';

/** Something that is enough now, and was not. */
export interface NewlyWeaker {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** The proofs that are enough now. Absent: the rules now let users in who were not let in, or proofs count longer. */
  readonly proved?: AdmittedWith;
  /** Keys of the authenticators that the user of the example has; one with two enrollments is there twice. */
  readonly enrolled: readonly string[];
  readonly longer?: readonly LongerLimit[];
  /** Scopes that tokens carry now, and did not. */
  readonly scopes?: MoreScopes;
}

export interface WeakerSearch {
  readonly found: readonly NewlyWeaker[];
  /** Pairs of rules, before and now, that the search could not decide. */
  readonly undecided: readonly { readonly before: Deciders; readonly now: Deciders }[];
}

/** `space`: of the rules of both. */
export function newlyWeaker(sides: PolicySides, space: RuleSpace): WeakerSearch {
  const pairs = decidingTogether(sides, space);
  const found = new Map<string, NewlyWeaker>();
  const undecided = new Map<string, Pairing>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    if (found.has(key)) continue;
    const verdict = verdictOf(pair, { ...sides, space });
    if (verdict === undefined) continue;
    const shown = exampleOf(pair, verdict, { ...sides, space });
    if (shown === 'impossible') continue;
    if (shown === 'undecided') undecided.set(key, pair);
    else found.set(key, { before: pair.before, now: pair.now, ...shown });
  }
  const open = [...undecided].filter(([key]) => !found.has(key));
  return { found: [...found.values()], undecided: open.map(([, { before, now }]) => ({ before, now })) };
}

/** The key of a pair: one example for each pair of sign-on rules and pair of session rules is enough. */
function keyOf({ before, now }: Pairing): string {
  const name = (rule: RuleHead | undefined) => rule && `${rule.name} ${locationKey(rule)}`;
  return JSON.stringify([before.app, before.session, now.app, now.session].map(name));
}

/** What the rules now grant and did not before. Empty: they let in users who were denied. */
interface NewlyGranted {
  /** Sets of proofs, each of which is enough now and was not before. */
  readonly enough?: EvidenceSets;
  /** Sets of proofs that are as old as may be now. */
  readonly old?: EvidenceSets;
  readonly longer?: readonly LongerLimit[];
  readonly scopes?: MoreScopes;
}

/** `waived`: more is waived where a browser remembers a proof. */
type PairingVerdict = NewlyGranted | 'waived' | 'undecided' | undefined;

/** `undefined`: it is as strict as before. */
function verdictOf(pair: Pairing, { active, next, refused, space }: SidesInSpace): PairingVerdict {
  const { before, now } = pair;
  const [nowSession, nowApp] = [termsOf(now.session), termsOf(now.app)];
  const [session, app] = [termsOf(before.session), termsOf(before.app)];
  if (nowSession === undefined || nowApp === undefined) return undefined;
  const rules = now.session && now.app && { ...now, session: now.session, app: now.app };
  if (rules === undefined || isLockedOut(next, rules)) return undefined;
  if (session === undefined || app === undefined) return {};
  const { authenticators, limits } = proofsIn(rules, next);
  const { authenticators: then } = usablePolicies(active, before.enrollment?.then);
  const usable = { next: authenticators, before: then, limits };
  const besideThen = [session.requirement, ...minimumOf(active)];
  const asked = [...besideThen, app.requirement];
  const beside = [nowSession.requirement, ...minimumOf(next)];
  const comparison = compareAsks([...beside, nowApp.requirement], asked, usable);
  const left = mayWaiveBeside(beside, authenticators)
    ? withoutRemembered(nowApp.requirement, authenticators)
    : undefined;
  const isRememberedWeaker = left !== undefined && compareAsks([...beside, left], asked, usable) !== 'as_strict';
  const terms = { before: { session, app }, now: { session: nowSession, app: nowApp } };
  const all = longerIn(pair, terms, { next, space }).filter(({ what }) => what !== 'remembered' || isRememberedWeaker);
  const together = { before: asked, now: [...beside, nowApp.requirement], terms: terms.before };
  const lifetime = next.refreshTokens?.lifetime ?? 0;
  const longer = left ? all : withinAges(all, { ...together, lifetime }, usable);
  const scopes = moreScopes(before.app, now.app, refused);
  const wider = { ...(longer.length > 0 && { longer }), ...(scopes && { scopes }) };
  if (comparison === 'as_strict' && longer.some(({ what }) => what === 'at_app' || what === 'kept_at_app')) {
    const [{ unkept, ...own }] = limits;
    const sets = evidenceFor(together.now, { authenticators, ...own });
    return { old: { sets, ...(unkept && { unkept }) }, ...wider };
  }
  if (typeof comparison === 'object') {
    const { evidence, others, ...inSession } = comparison;
    return { enough: { sets: [evidence, ...others], ...inSession }, ...wider };
  }
  if (longer.length > 0 || scopes) return wider;
  if (isMoreWaived({ app, beside: besideThen }, { app: nowApp, beside }, usable)) return 'waived';
  return comparison === 'as_strict' ? undefined : 'undecided';
}

/** A requirement reduced for a browser that remembers the second factor. Undefined: nothing can be waived. */
function withoutRemembered(
  requirement: Requirement,
  authenticators: PolicySet['authenticators'],
): Requirement | undefined {
  const anyOf = authenticators.flatMap((descriptor) =>
    withoutSecondFactor(requirement, { ...descriptor, authenticator: descriptor.key, enrollment: descriptor.key }),
  );
  return anyOf.length === 0 ? undefined : { anyOf };
}

function termsOf(rule: Rule | undefined): AllowTerms | undefined {
  return rule?.then.kind === 'allow' ? rule.then : undefined;
}

type Example = Omit<NewlyWeaker, 'before' | 'now'>;

/**
 * An example that the evaluator confirms. `impossible`: the rules never decide together about what is newly granted.
 */
function exampleOf(
  pair: Pairing,
  verdict: Exclude<PairingVerdict, undefined>,
  search: SidesInSpace,
): Example | NoFacts {
  if (verdict === 'undecided') return factsFor(pair, search) === 'impossible' ? 'impossible' : 'undecided';
  if (verdict === 'waived') return waivedExample(factsFor(pair, search), search);
  const { scopes, ...rest } = verdict;
  if (scopes === undefined) return confirmed(verdict, factsShowing(verdict, pair, search), search);
  const asking = (names: readonly string[]) => {
    const formulas = [...pair.formulas, search.space.applies({ scopes: { all: names } })];
    return factsFor({ ...pair, formulas }, search);
  };
  const known = search.scopes?.filter((scope) => isNewScope(scope, pair.before.app, search.refused)) ?? [];
  const reached = (scopes === 'any' ? known : scopes).filter((name) => asking([name]) !== 'impossible');
  const together = scopes === 'any' || reached.length === 0 ? [] : [reached];
  for (const names of [...together, ...reached.map((name) => [name])]) {
    const found = confirmed({ ...rest, scopes: scopes === 'any' ? scopes : names }, asking(names), search);
    if (typeof found === 'object') return found;
  }
  const isLeft = rest.enough !== undefined || rest.longer !== undefined;
  const other = isLeft ? confirmed(rest, factsShowing(rest, pair, search), search) : 'impossible';
  // A request may ask for scopes that no configuration knows.
  return other === 'impossible' && (scopes === 'any' || reached.length > 0) ? 'undecided' : other;
}

function waivedExample(facts: UserFacts | NoFacts, search: SidesInSpace): Example | NoFacts {
  if (typeof facts !== 'object') return facts;
  const proved = newlyRemembering(facts, search);
  return proved ? { facts, proved, enrolled: proved.enrolled } : 'undecided';
}

function confirmed({ enough, old, longer, scopes }: NewlyGranted, facts: UserFacts | NoFacts, sides: PolicySides) {
  if (typeof facts !== 'object') return facts;
  const wider = { ...(longer && { longer }), ...(scopes && { scopes }) };
  const remembered = longer?.find(({ what }) => what === 'remembered');
  const sets = enough ?? old;
  const proved =
    (sets && newlyAdmittedWith(sets, facts, sides)) ??
    (remembered && newlyRemembering(facts, sides, remembered.before));
  if (proved) return { facts, proved, enrolled: proved.enrolled, ...wider };
  const isWider = longer !== undefined || scopes !== undefined;
  if (enough && !isWider) return 'undecided';
  const enrolled = newlyCompletedWith(isWider ? 'complete' : 'denied', facts, sides);
  return enrolled ? { facts, enrolled, ...wider } : 'undecided';
}
