/** Sign-ins by each set of proofs, followed to their end. */
import { passwordToReplace } from '../../enrollment/password-to-replace.ts';
import type { Facts } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { type Action, type AllSets, setsOfActions } from '../../remediation/all-sufficient-sets.ts';
import { byEachFurtherProof, furtherProofs } from './further-proofs.ts';
import { proving } from './proving.ts';
import { stepsOf, type WalkedTurn, walkFrom, walkThrough } from './simulate.ts';
import { identifiedAs, type Progress, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { withoutDenyingOffers } from './skipping-offers.ts';
import { requiredAt, sufficientProofs, toldApart } from './sufficient-proofs.ts';
import { type FollowedSet, walkedSets } from './walked-sets.ts';

/** Of more sets it is not found out what follows them, so they are left out. */
const mostFollowed = 64;

export interface FollowedSignIns {
  /** All sets that are enough to get that far. */
  readonly proofs: AllSets;
  /** What the simulated user proved and enrolled. */
  readonly simulated: FollowedSet;
  /** Each set, as often as something else may follow it. Absent: the same follows all of them. */
  readonly others?: readonly FollowedSet[];
}

/** Cached by facts, for the policies that were asked about last. */
const known = new WeakMap<Facts, { readonly policies: PolicySet; readonly found: FollowedSignIns | undefined }>();

/** Undefined: no user, or one who is denied before all is proved, by rules that do not ask what was proved. */
export function followedSignIns(policies: PolicySet, facts: Facts): FollowedSignIns | undefined {
  const last = known.get(facts);
  if (last?.policies === policies) return last.found;
  const found = follow(policies, facts);
  known.set(facts, { policies, found });
  return found;
}

function follow(policies: PolicySet, facts: Facts): FollowedSignIns | undefined {
  const simulation = { policies, facts };
  const { subject } = facts;
  const { first, turns } = walkThrough(policies, facts);
  if (subject === undefined || first.next === undefined) return undefined;
  const start = identifiedAs(subject, facts);
  const met = endOfProofs(turns, simulation);
  const proved = turns[met]?.from;
  if (proved === undefined) return otherChoices(start, turns, simulation);
  const after = withoutDenyingOffers(turns.slice(met), proved, simulation);
  const proofs = setsOfActions(sufficientProofs(start, simulation));
  const simulated = { set: provedBy(proved), turns: after };
  if (proofs.sets.length === 0 && proofs.isComplete) return walkedSignIns(start, simulated, simulation);
  // With the secret of the first page, the simulated user may prove more than is needed.
  const isOnlyWay = proofs.sets.length === 1 && proofs.sets.every((set) => isProvedBy(set, proved));
  if (!isOnlyWay && !mayBeFollowedByOthers(stepsOf(after), simulation)) return { proofs, simulated };
  const others = proofs.sets.slice(0, mostFollowed).flatMap((set) => {
    const own = isProvedBy(set, proved) ? undefined : afterProving(set, start, simulation);
    return byEachChoice({ set, turns: own ?? after }, simulation);
  });
  return isOnlyWay && others.length === 1 ? { proofs, simulated } : { proofs, simulated, others };
}

/** The user is denied before all is proved. Undefined: there was no choice of what to set up. */
function otherChoices(
  start: Progress,
  turns: readonly WalkedTurn[],
  simulation: Simulation,
): FollowedSignIns | undefined {
  const isChosen = stepsOf(turns).some((step) => step.kind === 'enroll' && step.alternatives.length > 0);
  const last = turns.at(-1);
  return isChosen && last ? walkedSignIns(start, { set: provedBy(last.from), turns: [last] }, simulation) : undefined;
}

/** No proofs are enough without an enrollment. */
function walkedSignIns(start: Progress, simulated: FollowedSet, simulation: Simulation): FollowedSignIns {
  const { followed, isComplete } = walkedSets(start, simulation, toldApart(start, simulation));
  const others = followed.flatMap((each) => byEachChoice(each, simulation));
  return { proofs: { sets: [...new Set(followed.map(({ set }) => set))], isComplete }, simulated, others };
}

/** Index of the turn after all proofs, or of an earlier denial that what was proved may have led to. */
function endOfProofs(turns: readonly WalkedTurn[], simulation: Simulation): number {
  const met = turns.findIndex(({ from }) => requiredAt(from, simulation).isMet);
  return met < 0 && isByEnrollmentPolicy(stepsOf(turns).at(-1)) && asksHowSignedIn(simulation) ? turns.length - 1 : met;
}

function isByEnrollmentPolicy(step: SimulatedStep | undefined): boolean {
  if (step?.kind !== 'denied') return false;
  return step.layer === 'enrollment' || step.missingEnrollment?.enrollmentRule !== undefined;
}

/** Where the user chooses what to prove before an enrollment, each choice after which something else may follow. */
function byEachChoice({ set, turns }: FollowedSet, simulation: Simulation): readonly FollowedSet[] {
  const isChosen = furtherProofs(stepsOf(turns)).length > 0 && asksWhatWasProved(simulation);
  return isChosen ? byEachFurtherProof(turns, simulation).map((each) => ({ set, turns: each })) : [{ set, turns }];
}

/** What the user proved and enrolled. */
function provedBy({ transaction: { evidence } }: Progress): readonly Action[] {
  return evidence.map(({ authenticator, origin }) =>
    omitUndefined({ authenticator, toEnroll: origin === 'enrollment' ? (true as const) : undefined }),
  );
}

/** Whether the user proved and enrolled just these. */
function isProvedBy(set: readonly Action[], { transaction: { evidence: proved } }: Progress): boolean {
  const isProved = (action: Action) =>
    proved.some(
      ({ authenticator, method, origin }) =>
        authenticator === action.authenticator &&
        (action.method ?? method) === method &&
        (origin === 'enrollment') === (action.toEnroll ?? false),
    );
  return set.length === proved.length && set.every(isProved);
}

/** The simulated way has these steps after its proofs. Whether another way may have others. */
function mayBeFollowedByOthers(after: readonly SimulatedStep[], simulation: Simulation): boolean {
  return after.some(({ kind }) => dependsOnProofs.includes(kind)) || asksWhatWasProved(simulation);
}

/** Whether it depends on the proofs what has to be enrolled, filled in or replaced after them. */
function asksWhatWasProved(simulation: Simulation): boolean {
  if (asksHowSignedIn(simulation)) return true;
  const { subject, ...facts } = simulation.facts;
  const used = subject?.enrollments.map(({ id }) => id) ?? [];
  return (
    subject !== undefined &&
    passwordToReplace(simulation.policies, { ...facts, subject }, { subject, used }) !== undefined
  );
}

function asksHowSignedIn({ policies: { enrollment, profile } }: Simulation): boolean {
  return [enrollment, profile].some((policy) => policy?.beforeSignIn !== undefined);
}

/** What comes before an enrollment depends on what is proved. */
const dependsOnProofs: readonly SimulatedStep['kind'][] = ['select', 'challenge', 'enroll', 'denied'];

/** What follows once the user has proved these. Undefined: they are not asked for one after the other. */
function afterProving(
  set: readonly Action[],
  start: Progress,
  simulation: Simulation,
): readonly WalkedTurn[] | undefined {
  const end = proving(set, start, simulation);
  return end && withoutDenyingOffers(walkFrom(end, simulation), end, simulation);
}
