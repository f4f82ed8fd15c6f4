/**
 * What a claim says about what the rules of a case ask for. No fact makes a difference, and the rules of many cases ask
 * for the same, so there is one verdict on each demand.
 */
import { bestEvidence } from '../evidence/attainable-acr.ts';
import { isNamedBy } from '../evidence/named.ts';
import { meetsRequirement } from '../evidence/requirement.ts';
import type { Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';
import { admittingProofs } from './admitted-with.ts';
import { isRemembered, premisesOf, proofsIn } from './case-proofs.ts';
import type { AdmittedWith } from './facts-with.ts';
import type { SignInCase } from './sign-in-cases.ts';
import { type EvidenceSet, holdsForAll, type PossibleProofs, withMethodsOf } from './strictness.ts';

/** What shall hold. */
export type Claim =
  /** No user gets in. */
  | { readonly kind: 'refused' }
  /** No rule denies, and what the rules ask for can be met. */
  | { readonly kind: 'admitted' }
  /** Each user who gets in has proved this. */
  | { readonly kind: 'proves'; readonly requirement: Requirement }
  /** No user gets in by these authenticators, or methods of them, who could not have got in without them. */
  | { readonly kind: 'without'; readonly authenticators: readonly string[] }
  /** Users who get in could do so by these authenticators alone; one of `including` must be usable. */
  | { readonly kind: 'offers'; readonly authenticators: readonly string[]; readonly including: readonly string[] };

export interface DemandVerdict {
  /** A user who meets what the rules ask for does what the claim says. */
  readonly isFine: boolean;
  /** Proofs that may let a user in against the claim, the simplest first. Takes a search. */
  candidates(): readonly AdmittedWith[];
}

export type JudgeDemand = (one: SignInCase) => DemandVerdict;

/** For the cases of one app. */
export function demandJudge(
  { claim, countsRemembered }: { readonly claim: Claim; readonly countsRemembered?: true },
  policies: PolicySet,
): JudgeDemand {
  const known = new Map<string, DemandVerdict>();
  return (one) => {
    const possible = proofsIn(one, policies);
    const remembered = countsRemembered ? [] : possible.authenticators.filter(isRemembered);
    const premises = premisesOf(one, policies, remembered);
    const { authenticators, ...limits } = possible;
    const key = JSON.stringify([premises, limits, authenticators.map((descriptor) => descriptor.key)]);
    const verdict = known.get(key) ?? verdictOn({ claim, premises, possible, remembered }, policies);
    known.set(key, verdict);
    return verdict;
  };
}

interface Demanded {
  readonly claim: Claim;
  readonly premises: readonly Requirement[];
  readonly possible: PossibleProofs;
  readonly remembered: PossibleProofs['authenticators'];
}

function verdictOn({ claim, premises, possible, remembered }: Demanded, policies: PolicySet): DemandVerdict {
  const proofs = withMethodsOf(possible, [...premises, asRequirement(claim)]);
  const isFineSet = fineEvidence(claim, premises);
  const isFine =
    (claim.kind === 'offers' && isOffered(claim, premises, proofs)) ||
    isAskedFor(claim, premises) ||
    holdsForAll(premises, isFineSet, proofs);
  const isWanted = (set: EvidenceSet) => !isFineSet(set);
  let found: readonly AdmittedWith[] | undefined;
  return {
    isFine,
    candidates() {
      found ??= [...admittingProofs(policies, { premises, proofs, isWanted, remembered })];
      return found;
    },
  };
}

/** A requirement that tells the same methods apart. */
function asRequirement(claim: Claim): Requirement {
  if (claim.kind === 'proves') return claim.requirement;
  const authenticators = claim.kind === 'without' ? claim.authenticators : [];
  return { anyOf: [{ factors: 1, demands: [{ authenticators }] }] };
}

/** A rule says the very same. */
function isAskedFor(claim: Claim, premises: readonly Requirement[]): boolean {
  if (claim.kind !== 'proves') return false;
  return premises.some((premise) => JSON.stringify(premise) === JSON.stringify(claim.requirement));
}

/** At their best, these authenticators are enough. */
function isOffered(
  { authenticators, including }: Extract<Claim, { readonly kind: 'offers' }>,
  premises: readonly Requirement[],
  proofs: PossibleProofs,
): boolean {
  const usable = proofs.authenticators.filter(({ key }) => authenticators.includes(key));
  const isEnough = (premise: Requirement) => meetsRequirement(premise, bestEvidence(premise, usable));
  return usable.some(({ key }) => including.includes(key)) && premises.every(isEnough);
}

/** What may let a user in. More evidence never makes it worse. */
function fineEvidence(claim: Claim, premises: readonly Requirement[]): (evidence: EvidenceSet) => boolean {
  if (claim.kind === 'proves') return (set) => meetsRequirement(claim.requirement, set.map(asOneEnrollment));
  if (claim.kind !== 'without') return () => false;
  return (set) => {
    const rest = set.filter((item) => !isNamedBy(claim.authenticators, item));
    return premises.every((premise) => meetsRequirement(premise, rest));
  };
}

/** Two proofs by one authenticator may be of one enrollment. */
function asOneEnrollment(item: EvidenceSet[number]): EvidenceSet[number] {
  return { ...item, enrollment: item.authenticator };
}
