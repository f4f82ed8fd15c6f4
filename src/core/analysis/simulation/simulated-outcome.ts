/**
 * Finds users whom the rules let in and whose sign-in still ends in a denial: whatever they enroll, or with what a new
 * account has.
 */
import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { proofNames } from '../../evidence/proof-names.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { usablePolicies } from '../../policy/rules/enrollment-terms.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { minimumOf } from '../proofs/minimum-acr.ts';
import type { RuleCombination } from '../space/rule-combinations.ts';
import { type FollowedSignIns, followedSignIns } from './followed-sign-ins.ts';
import { numberingFor } from './numbering.ts';
import { stepsOf, type WalkedTurn, walkThrough } from './simulate.ts';
import type { SimulatedStep } from './simulated-answers.ts';
import { endsWell } from './skipping-offers.ts';

type DecidingTogether = Pick<RuleCombination, 'session' | 'app' | 'enrollment'>;

/** Cached by the configuration's authenticators, and by the terms: most rules of all policies have one of a few. */
const lockedOut = new WeakMap<PolicySet['authenticators'], Map<string, boolean>>();

/**
 * Whether the requirements are not met even by fresh proofs of everything that can be used, each showing all that it
 * can.
 */
export function isLockedOut(policies: PolicySet, rules: DecidingTogether): boolean {
  const known = lockedOut.get(policies.authenticators) ?? new Map<string, boolean>();
  lockedOut.set(policies.authenticators, known);
  const numbering = numberingFor(policies);
  const { session, app, enrollment } = rules;
  const terms = [session, app, ...(enrollment ? [enrollment] : [])].map(({ then }) => numbering.of(then));
  const key = [policies.minimumAcr, numbering.of(policies.acrLevels), ...terms].join('|');
  const found = known.get(key) ?? isUnmet(policies, rules);
  known.set(key, found);
  return found;
}

function isUnmet(policies: PolicySet, { session, app, enrollment }: DecidingTogether): boolean {
  const { authenticators } = usablePolicies(policies, enrollment?.then);
  return [session, app]
    .flatMap(({ then }): readonly Requirement[] => (then.kind === 'allow' ? [then.requirement] : []))
    .concat(minimumOf(policies))
    .some((requirement) => !meetsRequirement(requirement, bestEvidence(requirement, authenticators)));
}

/** The outcome of the sign-in of a user who takes each choice of the page that leads in. */
export interface SignInOutcome {
  /** Whatever the user proves, enrolls and skips. */
  readonly isDenied: boolean;
  /** What is asked for after the sign-in makes no difference. */
  readonly isBeforeSignIn: boolean;
  /** Keys of what the user must add on the way, or was about to. */
  readonly added: readonly string[];
  /**
   * Names of what the user had proved to sign in, as the condition `authenticated` sees them: whenever the user had to
   * prove more before adding something, and in the end. The last counts in the end. Of a denied user those of every way
   * that was tried.
   */
  readonly signedInWith: readonly (readonly string[])[];
}

/** `keys`: the authenticators that the user has, each as often as it is named. */
export function simulatedOutcome(policies: PolicySet, facts: UserFacts, keys: readonly string[]): SignInOutcome {
  const enrollments = policies.authenticators.flatMap((descriptor) => enrollmentsOf(descriptor, keys));
  const { signedInWith: _, ...before } = facts;
  const fresh = { ...before, evidence: [], subject: { ...facts.subject, enrollments } };
  const { first, turns } = walkThrough(policies, fresh);
  const steps = [...first.steps, ...stepsOf(turns)];
  const last = steps.at(-1);
  const added = [...new Set(steps.flatMap(addedBy))];
  const isDenied = last?.kind === 'denied';
  const outcome = { isDenied, isBeforeSignIn: false, added, signedInWith: signedInAt(turns) };
  // Most users get in as they are asked first. The ways of the others are followed.
  const followed = isDenied ? followedSignIns(policies, fresh) : undefined;
  if (followed) return outcomeOfWays(followed, outcome);
  return { ...outcome, isBeforeSignIn: isDenied && last.layer !== 'enrollment' && added.length === 0 };
}

function outcomeOfWays({ simulated, others = [] }: FollowedSignIns, first: SignInOutcome): SignInOutcome {
  const ways = [...others, simulated];
  const way = ways.find(({ turns }) => endsWell(stepsOf(turns)));
  if (way === undefined) {
    const all = [...ways.flatMap(({ turns }) => signedInAt(turns)), ...first.signedInWith];
    return { ...first, signedInWith: distinctLast(all) };
  }
  const enrolledBefore = way.set.flatMap(({ authenticator, toEnroll: isAdded }) => (isAdded ? [authenticator] : []));
  return {
    ...{ isDenied: false, isBeforeSignIn: false },
    added: [...new Set([...enrolledBefore, ...stepsOf(way.turns).flatMap(addedBy)])],
    signedInWith: signedInAt(way.turns),
  };
}

/** Each once, where it comes last. */
function distinctLast(all: SignInOutcome['signedInWith']): SignInOutcome['signedInWith'] {
  return [...new Map(all.toReversed().map((names) => [names.join(), names])).values()].toReversed();
}

function signedInAt(turns: readonly WalkedTurn[]): SignInOutcome['signedInWith'] {
  const stages = turns.filter(
    (turn, index) => index === turns.length - 1 || turn.steps.some((step) => toEnroll(step).length > 0),
  );
  return stages.map(({ from }) => proofsAtSignIn(from.transaction.evidence));
}

function addedBy(step: SimulatedStep): readonly string[] {
  return [...toEnroll(step), ...enrolled(step)];
}

function toEnroll(step: SimulatedStep): readonly string[] {
  return step.kind === 'challenge' ? (step.toEnroll ?? []) : [];
}

function enrolled(step: SimulatedStep): readonly string[] {
  return step.kind === 'enroll' && !step.skippable ? [step.authenticator] : [];
}

function proofsAtSignIn(proofs: readonly Evidence[]): readonly string[] {
  const proved = proofs.filter(({ origin }) => origin !== 'enrollment');
  const names = proved.flatMap(({ authenticator, method }) =>
    proofNames({ authenticator, ...(method !== undefined && { methods: [method] }) }),
  );
  return [...new Set(names)].sort();
}

/** Whether such a user is denied. */
export function isSignInDenied(policies: PolicySet, facts: UserFacts, keys: readonly string[]): boolean {
  return simulatedOutcome(policies, facts, keys).isDenied;
}

/** Enrollments of it that show all that it can, as often as its key is named. */
export function enrollmentsOf(
  { key, factors, characteristics, maxEnrollments }: AuthenticatorDescriptor,
  keys: readonly string[],
): readonly Enrollment[] {
  return keys
    .filter((other) => other === key)
    .slice(0, maxEnrollments)
    .map((_, index) => ({ id: `${key} ${index}`, authenticator: key, factors, characteristics }));
}
