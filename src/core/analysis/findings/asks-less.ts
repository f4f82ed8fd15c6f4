/**
 * Compares what two rules of one policy ask for, each together with a rule of the other policy that lets users in. One
 * policy is the session policy, and the other is the sign-on policy.
 */
import { canWaiveSecondFactor } from '../../decision/waiver.ts';
import type { AllowTerms, Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import { textOf } from '../comparison/evaluation-key.ts';
import { type LimitingTerms, type LongerLimit, longerLimits } from '../comparison/longer-limits.ts';
import { limitsUnder } from '../proofs/asked-proofs.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import { asksOffline, type RefreshLimits, refreshLimits } from '../proofs/refreshed-proofs.ts';
import { evidenceBetween, impliesAll } from '../proofs/strictness.ts';
import type { PossibleProofs } from '../proofs/weakest-proofs.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** A policy that lets users in. */
export type SignInLayer = 'session' | 'app';

/** The terms of a rule, and those of a rule of the other policy that decides with it. */
export interface TermsTogether {
  readonly own: AllowTerms;
  readonly beside: AllowTerms;
}

/** What makes terms weaker: less is asked for, or as much and what was proved counts longer. */
export interface Weaker {
  /** Evidence that meets the weaker terms and not the stricter rule. Empty: none is known, and `longer` is not. */
  readonly evidence: EvidenceSet;
  readonly longer: readonly LongerLimit[];
}

/** What else must hold of a request for which the terms are weaker: it may have to ask for lasting refresh tokens. */
export function requestsShowing(
  less: Pick<Weaker, 'longer'> | 'undecided',
  { refreshTokens }: Pick<PolicySet, 'refreshTokens'>,
  space: RuleSpace,
): readonly Formula[] {
  const longer = less === 'undecided' ? [] : less.longer;
  const isByTokens = longer.length > 0 && longer.every(({ what }) => what === 'refreshed');
  return isByTokens && !refreshTokens?.endWithSession ? [asksOffline(space)] : [];
}

/** Undefined: the first terms do not ask for everything that the second ones do, and for more. */
export type TermsComparison = Weaker | 'undecided' | undefined;

export type CompareTerms = (strict: TermsTogether, weak: TermsTogether) => TermsComparison;

/** Cached by the configuration's authenticators, and by all else that the comparison depends on. */
const comparisons = new WeakMap<PolicySet['authenticators'], Map<string, TermsComparison>>();

/** Most rules of all policies have one of a few requirements, and each pair of these is compared once. */
export function termsComparison(policies: PolicySet, layer: SignInLayer): CompareTerms {
  const known = comparisons.get(policies.authenticators) ?? new Map<string, TermsComparison>();
  comparisons.set(policies.authenticators, known);
  const minimum = minimumOf(policies);
  const refresh = refreshLimits(policies);
  const ofPolicies = JSON.stringify([layer, minimum, refresh]);
  return (strict, weak) => {
    const terms = [strict.own, strict.beside, weak.own, weak.beside];
    const key = [ofPolicies, ...terms.map(textOf)].join();
    if (known.has(key)) return known.get(key);
    const found = compareTerms({ strict, weak, minimum, layer, ...(refresh && { refresh }) }, policies);
    known.set(key, found);
    return found;
  };
}

interface Compared {
  readonly strict: TermsTogether;
  readonly weak: TermsTogether;
  /** What every sign-in must reach. */
  readonly minimum: readonly Requirement[];
  readonly layer: SignInLayer;
  /** Absent: the app has no refresh tokens. */
  readonly refresh?: RefreshLimits;
}

/** Nothing else of the policies counts. */
type Compares = Pick<PolicySet, 'authenticators'>;

function compareTerms({ strict, weak, minimum, layer, refresh }: Compared, policies: Compares): TermsComparison {
  const asked = ({ own, beside }: TermsTogether) => [beside.requirement, ...minimum, own.requirement];
  const countedUnder = (terms: TermsTogether): readonly PossibleProofs[] => {
    const { session, app } = limitsOf(terms, layer);
    return limitsUnder(session, app).map((counted) => ({ ...policies, ...counted }));
  };
  const all = countedUnder(strict).map((proofs) => impliesAll(asked(strict), asked(weak), proofs));
  if (all.includes('refuted')) return undefined;
  const isAllAsked = all.includes('undecided') ? 'undecided' : 'holds';
  const between = countedUnder(weak).map((proofs) => evidenceBetween(asked(weak), strict.own.requirement, proofs));
  const evidence = between.find((found) => typeof found === 'object') ?? between.find((found) => found !== undefined);
  if (evidence !== undefined)
    return isAllAsked === 'undecided' || evidence === 'undecided' ? 'undecided' : { evidence, longer: [] };
  // A rule that asks for something more in return is not weaker, even if the other policy asks for that anyway.
  const isOwnAsked = impliesAll([strict.own.requirement], [weak.own.requirement], policies);
  if (isOwnAsked === 'refuted') return undefined;
  // What the other policy lets count for longer makes no rule of this one weaker: both are taken with the same rule.
  const limits = [limitsOf({ ...strict, beside: weak.beside }, layer), limitsOf(weak, layer)] as const;
  const longer = longerLimits(...limits, refresh).filter(({ what }) => what !== 'remembered' || isWaived(weak));
  const shorter = longerLimits(limits[1], limits[0], refresh);
  if (longer.length === 0 || shorter.length > 0) return undefined;
  return isAllAsked === 'undecided' || isOwnAsked === 'undecided' ? 'undecided' : { evidence: [], longer };
}

function limitsOf({ own, beside }: TermsTogether, layer: SignInLayer): LimitingTerms {
  return layer === 'app' ? { session: beside, app: own } : { session: own, app: beside };
}

/** What a browser remembers makes a difference. */
function isWaived({ own }: TermsTogether): boolean {
  return canWaiveSecondFactor(own.requirement);
}
