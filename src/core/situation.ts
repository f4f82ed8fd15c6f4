/** What one person has shown, and what else they could show. */
import type { PolicySet } from './compile.ts';
import type {
  Alternative,
  AuthenticatorTraits,
  Enrollment,
  Evidence,
  Factor,
  Facts,
  Seconds,
  Subject,
} from './model.ts';
import { ageOf, type Goal, isFresh, type Showing } from './requirement.ts';

/** Law 7: how old a proof may be that lets somebody enroll an authenticator (seconds). */
export const ENROLLMENT_BAR_MAX_AGE = 300;

/** Evidence that counts, next to how it looks to a requirement. */
export interface CountedEvidence extends Showing {
  readonly evidence: Evidence;
}

/**
 * Evidence of this very person, by an enabled authenticator, from an enrollment that they still have. What was proved to recover an
 * account is no sign-in. Newest first; of equal evidence from one enrollment only the newest.
 */
export function countedEvidence(subject: Subject, policies: PolicySet, facts: Facts): readonly CountedEvidence[] {
  const counted: CountedEvidence[] = [];
  for (const evidence of facts.evidence) {
    if (evidence.subject !== subject.id || evidence.origin === 'recovery') continue;
    if (!isUsable(evidence.authenticator, policies) || !isEnrolled(evidence, subject)) continue;
    const age = ageOf(evidence, facts);
    if (age === undefined) continue;
    const { authenticator, enrollment, factors, characteristics } = evidence;
    counted.push({ authenticator, enrollment, factors, characteristics, age, evidence });
  }
  counted.sort(newestFirst);
  return counted.filter((one, index) => !counted.slice(0, index).some((newer) => outdates(newer, one)));
}

function isUsable(authenticator: string, policies: PolicySet): boolean {
  return policies.authenticators.some(({ key }) => key === authenticator);
}

function isEnrolled(evidence: Evidence, subject: Subject): boolean {
  return subject.enrollments.some(
    ({ id, authenticator }) => id === evidence.enrollment && authenticator === evidence.authenticator,
  );
}

function newestFirst(a: CountedEvidence, b: CountedEvidence): number {
  return b.evidence.at - a.evidence.at || compare(identity(a), identity(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function identity({ evidence: { transaction, origin }, ...shown }: CountedEvidence): string {
  return [transaction, origin, shown.enrollment, kind(shown)].join(' ');
}

function outdates(newer: CountedEvidence, older: CountedEvidence): boolean {
  const sameShowing = newer.enrollment === older.enrollment && kind(newer) === kind(older);
  const sameAmr = newer.evidence.amr.join() === older.evidence.amr.join();
  return sameShowing && sameAmr && (newer.age === 'now' || older.age !== 'now');
}

function kind({ authenticator, factors, characteristics }: Omit<Showing, 'age' | 'enrollment'>): string {
  return `${authenticator} ${[...factors].sort().join()} ${[...characteristics].sort().join()}`;
}

/** Evidence that keeps to the age that bounds the whole decision. */
export function admissible(
  counted: readonly CountedEvidence[],
  maxAge: Seconds | undefined,
): readonly CountedEvidence[] {
  return counted.filter(({ age }) => isFresh(age, maxAge));
}

/** The person's enrollments of enabled authenticators, in the order of the authenticators. */
export function usableEnrollments(subject: Subject, policies: PolicySet): readonly Enrollment[] {
  return policies.authenticators.flatMap(({ key }) =>
    subject.enrollments.filter(({ authenticator }) => authenticator === key),
  );
}

/**
 * What the person would show by proving each enrollment. Enrollments that are alike stand for one another: of each kind only as many
 * as the longest chain could tell apart.
 */
export function provable(
  enrollments: readonly Enrollment[],
  shown: readonly Showing[],
  goals: readonly Goal[],
): readonly Showing[] {
  const alike = new Map<string, number>();
  const limit = longestChain(goals);
  return enrollments
    .filter((enrollment) => {
      const isShown = shown.some((showing) => showing.enrollment === enrollment.id);
      const key = `${kind(enrollment)} ${isShown}`;
      const count = (alike.get(key) ?? 0) + 1;
      alike.set(key, count);
      return count <= limit;
    })
    .map(({ id, authenticator, factors, characteristics }) => ({
      authenticator,
      enrollment: id,
      factors,
      characteristics,
      age: 'now',
    }));
}

/** What the person would show by enrolling something that they do not have yet in an equal form. */
export function enrollable(
  enrollments: readonly Enrollment[],
  policies: PolicySet,
  goals: readonly Goal[],
): readonly Showing[] {
  const limit = longestChain(goals);
  return policies.authenticators
    .filter(
      (traits) => traits.enrollable && enrollments.filter((enrollment) => isAsGood(enrollment, traits)).length < limit,
    )
    .map(({ key, factors, characteristics }) => ({
      authenticator: key,
      enrollment: `new ${key}`,
      factors,
      characteristics,
      age: 'now',
      toEnroll: true,
    }));
}

function isAsGood(enrollment: Enrollment, traits: AuthenticatorTraits): boolean {
  return (
    enrollment.authenticator === traits.key &&
    traits.factors.every((factor) => enrollment.factors.includes(factor)) &&
    traits.characteristics.every((characteristic) => enrollment.characteristics.includes(characteristic))
  );
}

function longestChain(goals: readonly Goal[]): number {
  const chains = goals.flatMap(({ anyOf }) =>
    anyOf.flatMap((requirement) => ('chains' in requirement ? requirement.chains : [])),
  );
  return Math.max(1, ...chains.map((chain) => chain.length));
}

/** Other enrollments that a given one stands for: they show the same. */
export function areAlike(a: Omit<Showing, 'age' | 'enrollment'>, b: Omit<Showing, 'age' | 'enrollment'>): boolean {
  return kind(a) === kind(b);
}

/** Law 7: the strongest level that the account can reach, to be proved before anything is enrolled. */
export function enrollmentBar(enrollments: readonly Enrollment[]): Goal {
  const factors = new Set<Factor>(enrollments.flatMap((enrollment) => enrollment.factors));
  const resistant = enrollments.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  const alternative: Alternative = {
    factors: Math.max(1, factors.size) as 1 | 2 | 3,
    demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
    maxAge: ENROLLMENT_BAR_MAX_AGE,
  };
  return { layer: 'enrollment_bar', anyOf: [{ anyOf: [alternative] }], enrolledOnly: true };
}
