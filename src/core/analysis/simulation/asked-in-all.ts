/** What a fresh sign-in asks for in all: every set of proofs that lets the user in, and what comes after it. */
import { passwordToReplace } from '../../enrollment/password-to-replace.ts';
import type { Facts } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { type Action, type AllSets, setsOfActions } from '../../remediation/all-sufficient-sets.ts';
import { picked } from '../../step/transitions.ts';
import { decisionAt, factsAt, takeTurn, type WalkedTurn, walkFrom, walkThrough } from './simulate.ts';
import { identifiedAs, type Progress, prove, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { methodAmong } from './simulated-proofs.ts';
import { endsWell, haveOffer, skippingFrom } from './skipping-offers.ts';
import { requiredAt, sufficientProofs } from './sufficient-proofs.ts';

export interface AskedInAll {
  /** The user needs one of these sets. */
  readonly proofs: AllSets;
  /** The same sets by what follows. Never empty. */
  readonly ways: readonly WayIn[];
}

/** Sets of proofs that are followed by the same. */
export interface WayIn {
  readonly sets: AllSets['sets'];
  /** What follows once the user has proved or enrolled one of them, in order. */
  readonly after: readonly SimulatedStep[];
}

/** Of more sets it is not found out what follows them, so they are left out. */
const mostFollowed = 64;

/** Undefined: the user does not get in, or has not identified. */
export function askedInAll(policies: PolicySet, facts: Facts): AskedInAll | undefined {
  const simulation = { policies, facts };
  const { subject } = facts;
  const { first, turns } = walkThrough(policies, facts);
  if (subject === undefined || first.next === undefined) return undefined;
  const start = identifiedAs(subject, facts);
  const met = turns.findIndex(({ from }) => requiredAt(from, simulation).isMet);
  const proved = turns[met]?.from;
  if (proved === undefined) return undefined;
  const after = withoutDenyingOffers(stepsOf(turns.slice(met)), proved, simulation);
  const proofs = offeredOf(setsOfActions(sufficientProofs(start, simulation)), stepsOf(turns.slice(0, met)));
  // With the secret of the first page, the simulated user may prove more than is needed.
  const isOnlyWay = proofs.sets.length === 1 && proofs.sets.every((set) => isProvedBy(set, proved));
  const all =
    !isOnlyWay && mayBeFollowedByOthers(after, simulation)
      ? followed(proofs, (set) => (isProvedBy(set, proved) ? after : (afterProving(set, start, simulation) ?? after)))
      : { proofs, ways: [{ sets: proofs.sets, after }] };
  if (all?.ways.some((way) => endsWell(way.after))) return all;
  const sets = [provedBy(proved)];
  return endsWell(after) ? { proofs: { sets, isComplete: true }, ways: [{ sets, after }] } : undefined;
}

/** What the user proved and enrolled. */
function provedBy({ transaction: { evidence } }: Progress): readonly Action[] {
  return evidence.map(({ authenticator, origin }) =>
    omitUndefined({ authenticator, toEnroll: origin === 'enrollment' ? (true as const) : undefined }),
  );
}

function stepsOf(turns: readonly WalkedTurn[]): readonly SimulatedStep[] {
  return turns.flatMap(({ steps }) => steps);
}

/** Where a user who accepts what is offered is denied, the steps of one who does not. */
function withoutDenyingOffers(
  after: readonly SimulatedStep[],
  from: Progress,
  simulation: Simulation,
): readonly SimulatedStep[] {
  if (endsWell(after) || !haveOffer(after)) return after;
  const least = skippingFrom(from, simulation);
  return endsWell(least) ? least : after;
}

/** Of the possible enrollments, keeps those that the enrollment policy requires: the page offers nothing else. */
function offeredOf(proofs: AllSets, steps: readonly SimulatedStep[]): AllSets {
  const offered = steps.flatMap((step) =>
    step.kind === 'enroll' ? [step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)] : [],
  );
  const isOffered = ({ authenticator, toEnroll }: Action) => !toEnroll || offered.includes(authenticator);
  return { ...proofs, sets: proofs.sets.filter((set) => set.every(isOffered)) };
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
function mayBeFollowedByOthers(
  after: readonly SimulatedStep[],
  { policies, facts: { subject, ...facts } }: Simulation,
): boolean {
  const asksHowSignedIn = [policies.enrollment, policies.profile].some((policy) => policy?.beforeSignIn !== undefined);
  if (asksHowSignedIn || after.some(({ kind }) => dependsOnProofs.includes(kind))) return true;
  const used = subject?.enrollments.map(({ id }) => id) ?? [];
  return subject !== undefined && passwordToReplace(policies, { ...facts, subject }, { subject, used }) !== undefined;
}

/** What comes before an enrollment depends on what is proved. */
const dependsOnProofs: readonly SimulatedStep['kind'][] = ['select', 'challenge', 'enroll', 'denied'];

/** Leaves out sets after which the user is denied. */
function followed(
  { sets, isComplete }: AllSets,
  afterOf: (set: readonly Action[]) => readonly SimulatedStep[],
): AskedInAll | undefined {
  const all = sets.slice(0, mostFollowed).map((set) => ({ set, after: afterOf(set) }));
  const some = all.filter(({ after }) => endsWell(after));
  const ways = [...Map.groupBy(some, ({ after }) => JSON.stringify(after.map(withoutAcr))).values()].flatMap(
    (alike): readonly WayIn[] => (alike[0] ? [{ sets: alike.map(({ set }) => set), after: alike[0].after }] : []),
  );
  if (ways.length === 0) return undefined;
  const proofs = { sets: some.map(({ set }) => set), isComplete: isComplete && sets.length <= mostFollowed };
  return { proofs, ways };
}

function withoutAcr(step: SimulatedStep): SimulatedStep {
  return step.kind === 'complete' ? { ...step, acr: '' } : step;
}

/** What follows once the user has proved these. Undefined: they are not asked for one after the other. */
function afterProving(
  set: readonly Action[],
  start: Progress,
  simulation: Simulation,
): readonly SimulatedStep[] | undefined {
  const end = proving(set, { progress: start, steps: [] }, simulation)?.progress;
  return end && withoutDenyingOffers(stepsOf(walkFrom(end, simulation)), end, simulation);
}

/** Where the user is, and the enrollments on the way. */
interface Proving {
  readonly progress: Progress;
  readonly steps: readonly SimulatedStep[];
}

/**
 * The user proves and enrolls these as the sign-in asks for them. Undefined: it does not ask for them one after the
 * other. Of several enrollments of a kind, those that are enough count.
 */
export function proving(left: readonly Action[], from: Proving, simulation: Simulation): Proving | undefined {
  const { progress, steps } = from;
  if (requiredAt(progress, simulation).isMet) return from;
  const decision = decisionAt(progress, simulation);
  if (decision.kind === 'enroll') return enrolling(left, { ...from, choices: decision.choices }, simulation);
  if (decision.kind !== 'challenge') return undefined;
  for (const { authenticator, enrollments } of decision.options) {
    const at = left.findIndex((action) => action.authenticator === authenticator && !action.toEnroll);
    if (at < 0) continue;
    for (const id of enrollments) {
      const next = withProofOf(id, left[at]?.method, { from: progress, simulation });
      const end = next && proving(left.toSpliced(at, 1), { progress: next, steps }, simulation);
      if (end) return end;
    }
  }
  return undefined;
}

function enrolling(
  left: readonly Action[],
  { progress, steps, choices }: Proving & { readonly choices: readonly string[] },
  simulation: Simulation,
): Proving | undefined {
  const at = left.findIndex((action) => action.toEnroll && choices.includes(action.authenticator));
  const authenticator = left[at]?.authenticator;
  if (authenticator === undefined) return undefined;
  const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator });
  const turn = takeTurn({ ...progress, transaction }, simulation);
  return (
    turn.next && proving(left.toSpliced(at, 1), { progress: turn.next, steps: [...steps, ...turn.steps] }, simulation)
  );
}

/** Undefined only if the user has no such enrollment: the page must not reveal that. */
function withProofOf(
  id: string,
  asked: string | undefined,
  { from, simulation: { policies, facts } }: { readonly from: Progress; readonly simulation: Simulation },
): Progress | undefined {
  const enrollment = from.subject.enrollments.find((owned) => owned.id === id);
  if (enrollment === undefined) return undefined;
  const { authenticator, methods } = enrollment;
  const method = asked ?? methodAmong(askedMethods(policies, factsAt(from, facts), authenticator), methods);
  return prove(from, enrollment, omitUndefined({ origin: 'sign_in' as const, at: facts.now, method }));
}
