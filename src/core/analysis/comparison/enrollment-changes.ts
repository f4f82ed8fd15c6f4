/**
 * Pairs of enrollment rules that decide about the same sign-in before and after a change, where the later one may ask
 * for less. Some decide what may be used and set up. Others decide after the sign-in what must be set up, once for
 * each way to sign in that they distinguish.
 */
import type { EnrollmentRule, EnrollmentTerms } from '../../model/enrollment-policy.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import { onceSignedIn } from '../accounts/after-sign-in-rules.ts';
import { browsersOf, isRememberable } from '../proofs/asked-proofs.ts';
import { type PossiblyDeciding, pairings, type RulePairing } from '../space/rule-pairings.ts';
import { newIn, type UsableThen } from './compare-asks.ts';
import { type Pairing, possiblyDecidingOn, type SidesInSpace } from './deciding-together.ts';
import { type RequiredOf, requiresAsMuch } from './required-enrollments.ts';
import { isEnoughFor, namesAfterSignIn, possibleProofSets, type SignedInWith } from './signed-in-with.ts';

/** A pair of rules, if nothing proves that the later one asks for as much. */
export interface EnrollmentChange extends RulePairing<EnrollmentRule> {
  /** Absent: it makes no difference. `unknown`: there are too many to look at. */
  readonly signedInWith?: SignedInWith | 'unknown';
}

/** Changes that sign-ins of a pair of rules may meet. */
export type ChangesOf = (pair: Pairing) => readonly EnrollmentChange[];

/** Compares each pair of enrollment rules once for all sign-ins that it decides about. */
export function enrollmentChanges(sides: SidesInSpace): ChangesOf {
  const { active, next } = sides;
  const isAfterSignIn = [active, next].some(({ enrollment }) => enrollment?.beforeSignIn !== undefined);
  const known = new Map<EnrollmentRule | undefined, Map<EnrollmentRule | undefined, readonly EnrollmentChange[]>>();
  return (pair) => {
    const { before, now } = pair;
    if (now.enrollment === undefined && next.enrollment !== undefined) return [];
    const usable = usableIn(pair, sides);
    const own = { before: before.enrollment, now: now.enrollment, formulas: pair.formulas };
    const opens = !closesAsMuch(termsOf(own.before), termsOf(own.now));
    if (!isAfterSignIn) return opens || requiresLess(own, { usable, had: [] }, sides) ? [own] : [];
    const byNow = known.get(own.before) ?? new Map<EnrollmentRule | undefined, readonly EnrollmentChange[]>();
    const changes = byNow.get(own.now) ?? changesAfterSignIn(usable, sides);
    known.set(own.before, byNow.set(own.now, changes));
    const possible = changes.filter(
      ({ signedInWith }) => !signedInWith || signedInWith === 'unknown' || canSignInWith(signedInWith, pair, sides),
    );
    const all = possible.map((change) => ({ ...change, formulas: [...pair.formulas, ...change.formulas] }));
    return opens ? [own, ...all] : all;
  };
}

function usableIn({ before, now }: Pairing, { active, next }: SidesInSpace): UsableThen {
  return {
    before: usablePolicies(active, before.enrollment?.then).authenticators,
    next: usablePolicies(next, now.enrollment?.then).authenticators,
  };
}

const nothing: EnrollmentTerms = { required: [], optional: [], promoted: [], disabled: [] };

function termsOf(rule: EnrollmentRule | undefined): EnrollmentTerms {
  return rule?.then ?? nothing;
}

/** An authenticator that is no longer disabled counts again; the comparison of evidence covers that. */
export function closesAsMuch(before: EnrollmentTerms, now: EnrollmentTerms): boolean {
  const closed = [...(now.useOnly ?? []), ...now.disabled];
  const keepsModels = Object.entries(before.models ?? {}).every(([key, models]) =>
    now.models?.[key]?.every((model) => models.includes(model)),
  );
  return keepsModels && (before.useOnly ?? []).every((key) => closed.includes(key));
}

/** A user for whom no rule decided was denied. */
function requiresLess(
  { before, now }: Pick<EnrollmentChange, 'before' | 'now'>,
  by: RequiredOf,
  { active }: SidesInSpace,
): boolean {
  if (before === undefined && active.enrollment !== undefined) return true;
  return !requiresAsMuch(termsOf(before).required, termsOf(now).required, by);
}

function changesAfterSignIn(usable: UsableThen, sides: SidesInSpace): readonly EnrollmentChange[] {
  const { active, next } = sides;
  const [before, now] = [
    possiblyDecidingOn('active', active.enrollment, sides),
    possiblyDecidingOn('next', next.enrollment, sides),
  ];
  const isDecided = ({ rule }: PossiblyDeciding<EnrollmentRule>) => rule !== undefined || next.enrollment === undefined;
  const lessIn = (signedInWith: SignedInWith | undefined) => {
    const rules = [
      within(before, signedInWith?.seen.before),
      within(now.filter(isDecided), signedInWith?.seen.now),
    ] as const;
    const had = [...new Set(signedInWith?.proved.map(({ key }) => key))];
    return pairings(...rules, sides.space).filter((pair) => requiresLess(pair, { usable, had }, sides));
  };
  // If everything that counts now counted before, both configurations see the same.
  const alike = newIn(usable).length === 0 ? lessIn(undefined) : undefined;
  if (alike?.length === 0) return [];
  const proofSets = possibleProofSets(namesAfterSignIn([active, next]), usable);
  if (proofSets !== undefined)
    return proofSets.flatMap((signedInWith) => lessIn(signedInWith).map((pair) => ({ ...pair, signedInWith })));
  const anyPair = now.flatMap((possible) =>
    before.map((then) => ({ before: then.rule, now: possible.rule, formulas: [] })),
  );
  const unknown = alike ?? anyPair.filter((pair) => requiresLess(pair, { usable, had: [] }, sides));
  return unknown.map((pair) => ({ ...pair, signedInWith: 'unknown' as const }));
}

/** The rules at a sign-in in which they see these proofs. Absent: any proofs, the same for both configurations. */
function within<Of>(
  rules: readonly PossiblyDeciding<Of>[],
  seen: readonly string[] | undefined,
): readonly PossiblyDeciding<Of>[] {
  return rules.map(({ rule, formulas }) => ({ rule, formulas: seen ? onceSignedIn(formulas, seen) : formulas }));
}

/** Whether it is enough, in some browser, for the rules that decide. */
function canSignInWith(
  signedInWith: SignedInWith,
  { now: { session, app } }: Pairing,
  { next }: SidesInSpace,
): boolean {
  if (session === undefined || app === undefined) return false;
  const remembered = next.authenticators.filter(isRememberable);
  return browsersOf({ session, app }, next, remembered).some(({ asked }) => isEnoughFor(signedInWith, asked));
}
