/**
 * Decides whether what rules ask for together keeps a guarantee. The facts make no difference, and many combinations of
 * rules ask for the same. So each demand is examined once.
 */
import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { isNamedBy } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { DecidingRules } from '../space/sign-in-rules.ts';
import { admittingProofs } from './admitted-with.ts';
import {
  askedIn,
  browsersOf,
  type CountedProofs,
  eachOf,
  isRememberable,
  proofsIn,
  type SignInBrowser,
} from './asked-proofs.ts';
import type { EvidenceSet } from './evidence-set.ts';
import type { AdmittedWith } from './proving-user.ts';
import { holdsForAll, withMethodsOf } from './strictness.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** A promise about every sign-in. */
export type Guarantee =
  /** No user gets in. */
  | { readonly kind: 'refused' }
  /** No rule denies, and what the rules ask for can be met. */
  | { readonly kind: 'admitted' }
  /** Each user who gets in has proved this. */
  | { readonly kind: 'proves'; readonly requirement: Requirement }
  /** No user gets in by these authenticators, or methods of them, who could not have got in without them. */
  | { readonly kind: 'without'; readonly authenticators: readonly string[] }
  /**
   * Users who get in could do so by these authenticators alone, and one of `including` is usable; or they prove one of
   * `including` in any case. `insteadOf`: only users who could not have got in without these; absent: all.
   */
  | {
      readonly kind: 'offers';
      readonly authenticators: readonly string[];
      readonly including: readonly string[];
      readonly insteadOf?: readonly string[];
    };

export interface DemandVerdict {
  /** A user who meets what the rules ask for does what the guarantee says. */
  readonly isFine: boolean;
  /** Whether it is so of users who can have these authenticators alone (keys). Absent: whatever users can have. */
  isFineWith?(keys: readonly string[]): boolean;
  /** Whether users who can have these alone do what it says in any case: they may not get in at all. */
  isProvedWith(keys: readonly string[]): boolean;
  /** Proofs that may let a user in against the guarantee, the simplest first. Takes a search. */
  candidates(): readonly AdmittedWith[];
}

export type DemandCheck = (rules: Pick<DecidingRules, 'session' | 'app' | 'enrollment'>) => DemandVerdict;

interface Promised {
  readonly guarantee: Guarantee;
  readonly countsRemembered?: true;
}

/** Makes the check of what the rules of one app ask for. */
export function demandCheck({ guarantee, countsRemembered }: Promised, policies: PolicySet): DemandCheck {
  const known = new Map<string, DemandVerdict>();
  return (rules) => {
    const told = [...askedIn(rules, policies), asRequirement(guarantee)];
    const { limits, ...counted } = proofsIn(rules, policies);
    const { authenticators } = withMethodsOf(counted, told);
    const possible = { limits, authenticators };
    const browsers = browsersOf(rules, policies, countsRemembered ? [] : authenticators.filter(isRememberable));
    const key = JSON.stringify([browsers, limits, authenticators.map((descriptor) => descriptor.key)]);
    const verdict = known.get(key) ?? verdictOn({ guarantee, browsers, possible }, policies);
    known.set(key, verdict);
    return verdict;
  };
}

interface Demanded {
  readonly guarantee: Guarantee;
  readonly browsers: ReturnType<typeof browsersOf>;
  readonly possible: CountedProofs;
}

function verdictOn(demanded: Demanded, policies: PolicySet): DemandVerdict {
  const { guarantee, browsers, possible: proofs } = demanded;
  let found: readonly AdmittedWith[] | undefined;
  const open = browsers.filter((browser) => !isProvedIn(browser, demanded));
  const isFineWith = (keys: readonly string[]) => isOfferedIn(open, demanded, keys);
  const isOffered = open.length > 0 && isFineWith(proofs.authenticators.map(({ key }) => key));
  return {
    isFine: open.length === 0 || isOffered,
    ...(isOffered && { isFineWith }),
    isProvedWith(keys) {
      const authenticators = proofs.authenticators.filter(({ key }) => keys.includes(key));
      const withThese = { ...demanded, possible: { ...proofs, authenticators } };
      return open.every((browser) => isProvedIn(browser, withThese));
    },
    candidates() {
      found ??= browsers.flatMap((browser) => {
        const isFineSet = fineEvidence(guarantee, withoutAvoided(guarantee, browser, browsers));
        const isWanted = (set: EvidenceSet) => !isFineSet(set);
        return eachOf(proofs).flatMap((own) => [...admittingProofs(policies, { ...browser, proofs: own, isWanted })]);
      });
      return found;
    },
  };
}

/** Whether users do what it says, whatever is offered to them. */
function isProvedIn(browser: SignInBrowser, { guarantee, browsers, possible }: Demanded): boolean {
  const { premises } = browser;
  const isFineSet = fineEvidence(guarantee, withoutAvoided(guarantee, browser, browsers));
  const isProvedBy = (proofs: PossibleProofs) => holdsForAll(premises, isFineSet, proofs) === 'holds';
  return isAskedFor(guarantee, premises) || eachOf(possible).every(isProvedBy);
}

/** What the rules ask for in the browser if it does not remember the avoided proofs. */
function withoutAvoided(
  guarantee: Guarantee,
  browser: SignInBrowser,
  [plain]: Demanded['browsers'],
): readonly Requirement[] {
  const isAvoided = browser.remembered && isNamedBy(avoidedBy(guarantee) ?? [], browser.remembered);
  return isAvoided ? plain.asked : browser.asked;
}

/** Names of the proofs without which users could not get in, for it to be about them. Undefined: it is about all. */
export function avoidedBy(guarantee: Guarantee): readonly string[] | undefined {
  if (guarantee.kind === 'without') return guarantee.authenticators;
  return guarantee.kind === 'offers' ? guarantee.insteadOf : undefined;
}

/** A requirement that distinguishes the same methods as the guarantee. */
function asRequirement(guarantee: Guarantee): Requirement {
  if (guarantee.kind === 'proves') return guarantee.requirement;
  return { anyOf: [{ factors: 1, demands: [{ authenticators: avoidedBy(guarantee) ?? [] }] }] };
}

/** A rule says the very same. */
function isAskedFor(guarantee: Guarantee, premises: readonly Requirement[]): boolean {
  if (guarantee.kind !== 'proves') return false;
  return premises.some((premise) => JSON.stringify(premise) === JSON.stringify(guarantee.requirement));
}

/** Whether it wants something offered that is, to users who can have these: each shows all that it can. */
function isOfferedIn(
  open: readonly SignInBrowser[],
  { guarantee, browsers, possible }: Demanded,
  keys: readonly string[],
): boolean {
  if (guarantee.kind !== 'offers') return false;
  const { authenticators, including } = guarantee;
  const usable = possible.authenticators.filter(({ key }) => authenticators.includes(key) && keys.includes(key));
  const asked = open.flatMap((browser) => withoutAvoided(guarantee, browser, browsers));
  const isEnough = (requirement: Requirement) => meetsRequirement(requirement, bestEvidence(requirement, usable));
  return usable.some(({ key }) => including.includes(key)) && asked.every(isEnough);
}

/**
 * Whether evidence that may let a user in is what the guarantee says. More evidence never makes this worse. `rest`:
 * the requirements to meet without avoided proofs.
 */
function fineEvidence(guarantee: Guarantee, rest: readonly Requirement[]): (evidence: EvidenceSet) => boolean {
  if (guarantee.kind === 'proves') return (set) => meetsRequirement(guarantee.requirement, set);
  const including = guarantee.kind === 'offers' ? guarantee.including : [];
  const avoided = avoidedBy(guarantee);
  return (set) => {
    if (set.some(({ authenticator }) => including.includes(authenticator))) return true;
    const left = avoided && set.filter((item) => !isNamedBy(avoided, item));
    return left !== undefined && rest.every((requirement) => meetsRequirement(requirement, left));
  };
}
