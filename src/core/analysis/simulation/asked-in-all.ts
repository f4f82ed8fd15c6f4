/** What a fresh sign-in asks for in all: every set of proofs that lets the user in, and what comes after it. */
import { type RequiredEvidence, requiredOf } from '../../decision/required-evidence.ts';
import { passwordToReplace } from '../../enrollment/password-to-replace.ts';
import type { Facts } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { type Action, type AllSets, allSufficientSets } from '../../remediation/all-sufficient-sets.ts';
import { decisionAt, factsAt, walkFrom, walkThrough } from './simulate.ts';
import { identifiedAs, type Progress, prove, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { methodAmong } from './simulated-proofs.ts';

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
  const { requirements, capabilities } = requiredAt(start, simulation);
  const met = turns.findIndex(({ from }) => requiredAt(from, simulation).isMet);
  if (met < 0) return undefined;
  const after = turns.slice(met).flatMap(({ steps }) => steps);
  const before = turns.slice(0, met).flatMap(({ steps }) => steps);
  const proofs = offeredOf(allSufficientSets(requirements, capabilities), before);
  if (proofs.sets.length > 1 && mayBeFollowedByOthers(after, simulation))
    return followed(proofs, (set) => {
      const isSimulated = isProvedBy(set, turns[met]?.from) || set.some(({ toEnroll }) => toEnroll);
      return isSimulated ? after : (afterProving(set, start, simulation) ?? after);
    });
  return endsWell(after) ? { proofs, ways: [{ sets: proofs.sets, after }] } : undefined;
}

/** What is required there. */
export function requiredAt(progress: Progress, { policies, facts }: Simulation): RequiredEvidence {
  return requiredOf(policies, factsAt(progress, facts), progress.subject);
}

/** Of the possible enrollments, keeps those that the enrollment policy requires: the page offers nothing else. */
function offeredOf(proofs: AllSets, steps: readonly SimulatedStep[]): AllSets {
  const offered = steps.flatMap((step) =>
    step.kind === 'enroll' ? [step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)] : [],
  );
  const isOffered = ({ authenticator, toEnroll }: Action) => !toEnroll || offered.includes(authenticator);
  return { ...proofs, sets: proofs.sets.filter((set) => set.every(isOffered)) };
}

/** Whether the user proved just these. */
function isProvedBy(set: readonly Action[], from: Progress | undefined): boolean {
  const proved = from?.transaction.evidence ?? [];
  const isProved = (action: Action) =>
    proved.some(
      ({ authenticator, method }) => authenticator === action.authenticator && (action.method ?? method) === method,
    );
  return set.length === proved.length && set.every(isProved);
}

function endsWell(after: readonly SimulatedStep[]): boolean {
  return after.at(-1)?.kind === 'complete';
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
  const proved = proving(set, start, simulation);
  return proved && walkFrom(proved, simulation).flatMap(({ steps }) => steps);
}

/**
 * Where the user is after proving these. Undefined: they are not asked for one after the other. Of several enrollments
 * of a kind, those that are enough count.
 */
export function proving(left: readonly Action[], from: Progress, simulation: Simulation): Progress | undefined {
  if (requiredAt(from, simulation).isMet) return from;
  const decision = decisionAt(from, simulation);
  if (decision.kind !== 'challenge') return undefined;
  for (const { authenticator, enrollments } of decision.options) {
    const at = left.findIndex((action) => action.authenticator === authenticator);
    if (at < 0) continue;
    for (const id of enrollments) {
      const next = withProofOf(id, left[at]?.method, { from, simulation });
      const end = next && proving(left.toSpliced(at, 1), next, simulation);
      if (end) return end;
    }
  }
  return undefined;
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
