/** The evidence that counts in a decision: the user's own, of enabled authenticators, within what bounds all of it. */
import type { AuthenticatorDescriptor, Evidence, Facts, Seconds, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { recoveredPart } from './recovered-password.ts';
import { type AssessedEvidence, ageOf, isFresh, wasActive } from './requirement.ts';

/** Evidence that counts, with how a requirement sees it. */
export interface CountedEvidence extends AssessedEvidence {
  readonly evidence: Evidence;
}

/**
 * Evidence of this user, by an enabled authenticator and method, from an enrollment that the user still has. Proofs of
 * an account recovery do not count: a recovery is no sign-in. Newest first, in any order of the input; of equal
 * evidence from one enrollment only the newest.
 */
export function countedEvidence(subject: Subject, policies: PolicySet, facts: Facts): readonly CountedEvidence[] {
  const counted: CountedEvidence[] = [];
  for (const evidence of facts.evidence) {
    if (evidence.subject !== subject.id || evidence.origin === 'recovery') continue;
    const { authenticator, enrollment, factors, characteristics, method, longestPause } = evidence;
    const descriptor = policies.authenticators.find(({ key }) => key === authenticator);
    if (descriptor === undefined || !isEnrolled(evidence, subject) || isSwitchedOff(method, descriptor)) continue;
    const age = ageOf(evidence, facts);
    if (age === undefined) continue;
    const { auxiliary } = descriptor;
    const recovered = recoveredPart(subject, descriptor, enrollment);
    const assessed = { authenticator, enrollment, factors, characteristics, age, evidence };
    counted.push({
      ...assessed,
      ...(method !== undefined && { methods: [method] }),
      ...(longestPause !== undefined && { longestPause }),
      ...(auxiliary && { auxiliary }),
      ...(recovered && { recovered }),
    });
  }
  counted.sort(newestFirst);
  return counted.filter((older, index) => !counted.some((newer, other) => other < index && outdates(newer, older)));
}

function isSwitchedOff(method: string | undefined, { methods }: AuthenticatorDescriptor): boolean {
  return method !== undefined && methods !== undefined && !methods.includes(method);
}

function isEnrolled({ enrollment, authenticator }: Evidence, subject: Subject): boolean {
  return subject.enrollments.some((owned) => owned.id === enrollment && owned.authenticator === authenticator);
}

function newestFirst(a: CountedEvidence, b: CountedEvidence): number {
  return b.evidence.at - a.evidence.at || compareIdentities(a.evidence, b.evidence);
}

/** Any order will do that does not depend on the order of the input. The whole text is rarely needed. */
function compareIdentities(a: Evidence, b: Evidence): number {
  return (
    compare(a.transaction, b.transaction) ||
    compare(a.authenticator, b.authenticator) ||
    compare(a.enrollment, b.enrollment) ||
    compare(identity(a), identity(b))
  );
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

function identity({ origin, factors, characteristics, amr, method, longestPause }: Evidence): string {
  return JSON.stringify([factors, characteristics, amr, origin, method, longestPause]);
}

function outdates(newer: CountedEvidence, older: CountedEvidence): boolean {
  return (
    newer.enrollment === older.enrollment &&
    showTheSame(newer, older) &&
    haveSameMembers(newer.evidence.amr, older.evidence.amr) &&
    (newer.age === 'now' || (older.age !== 'now' && (newer.longestPause ?? 0) <= (older.longestPause ?? 0)))
  );
}

type Shown = Pick<AssessedEvidence, 'authenticator' | 'methods' | 'factors' | 'characteristics' | 'recovered'>;

/** Whether both are of one authenticator and method, and have the same factor types and characteristics. */
export function showTheSame(a: Shown, b: Shown): boolean {
  return (
    a.authenticator === b.authenticator &&
    a.recovered === b.recovered &&
    haveSameMembers(a.methods ?? [], b.methods ?? []) &&
    haveSameMembers(a.factors, b.factors) &&
    haveSameMembers(a.characteristics, b.characteristics)
  );
}

function haveSameMembers<Member>(a: readonly Member[], b: readonly Member[]): boolean {
  return a.every((member) => b.includes(member)) && b.every((member) => a.includes(member));
}

/** What bounds all evidence of a decision, in seconds. Absent: nothing does. */
export interface EvidenceLimits {
  readonly maxAge?: Seconds;
  /** The longest pause since the proof. */
  readonly maxIdle?: Seconds;
}

export function withinLimits(
  counted: readonly CountedEvidence[],
  { maxAge, maxIdle }: EvidenceLimits,
): readonly CountedEvidence[] {
  return counted.filter((proof) => isFresh(proof.age, maxAge) && wasActive(proof, maxIdle));
}
