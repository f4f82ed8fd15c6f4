/** The facts of a user who has some authenticators, and proved some of them. */
import type { AssessedEvidence } from '../../evidence/requirement.ts';
import { authenticatorIn, methodIn } from '../../model/authenticator-name.ts';
import type {
  AuthenticatorDescriptor,
  Enrollment,
  Evidence,
  Facts,
  RememberedProof,
  Seconds,
} from '../../model/facts.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import type { EvidenceSet } from './evidence-set.ts';

/** The evaluator lets the user in with these proofs, and asks for nothing more. */
export interface AdmittedWith {
  readonly evidence: EvidenceSet;
  /** Names of the proofs that the browser remembers, as `totp` and `phone.sms`. */
  readonly remembered: readonly string[];
  /** How long ago what the browser remembers was proved (seconds). Absent: just now. */
  readonly rememberedAge?: Seconds;
  /** Keys of the authenticators that the user has, each as often as the user has enrolled it. */
  readonly enrolled: readonly string[];
  /** The session is not kept. Absent: it is, if something was proved before this sign-in. */
  readonly unkept?: true;
}

const transaction = 'example';

/** The facts, as the evaluator sees them, of a user who proved this. */
export function factsWith(
  { evidence, remembered, rememberedAge = 0, enrolled, unkept }: AdmittedWith,
  { signedInWith: _, ...facts }: UserFacts,
  authenticators: readonly AuthenticatorDescriptor[],
): Facts & { readonly subject: UserFacts['subject'] } {
  const { now, subject, device } = facts;
  const has = authenticators
    .flatMap((descriptor) => enrollmentsOf(descriptor, enrolled.filter((key) => key === descriptor.key).length))
    .map((enrollment) => asProved(enrollment, evidence));
  const more = evidence.filter(({ enrollment }) => !has.some(({ id }) => id === enrollment));
  const proofs = remembered.flatMap((name) =>
    has
      .filter(({ id }) => id === authenticatorIn(name))
      .map((enrollment) => rememberedProof(enrollment, methodIn(name), { at: now - rememberedAge, until: now + 60 })),
  );
  return {
    ...facts,
    transaction: { id: transaction, startedAt: now },
    subject: { ...subject, enrollments: [...has, ...more.map(secondEnrollment)] },
    device: { ...device, ...(proofs.length > 0 && { known: true, remembered: proofs }) },
    evidence: evidence.map((item) => evidenceOf(item, facts)),
    keepSignedIn: !unkept && evidence.some(({ age }) => age !== 'now' && age > 0),
  };
}

/** A key that was proved shows no more than its proofs did: the user has the weakest key that will do. */
function asProved(enrollment: Enrollment, evidence: EvidenceSet): Enrollment {
  const own = evidence.filter((item) => item.enrollment === enrollment.id);
  if (own.length === 0) return enrollment;
  const { factors, characteristics } = enrollment;
  return {
    ...enrollment,
    factors: factors.filter((factor) => own.some((item) => item.factors.includes(factor))),
    characteristics: characteristics.filter((characteristic) =>
      own.some((item) => item.characteristics.includes(characteristic)),
    ),
  };
}

function rememberedProof(
  { id, authenticator, factors, characteristics }: Enrollment,
  method: string | undefined,
  times: Pick<RememberedProof, 'at' | 'until'>,
): RememberedProof {
  const proof = { authenticator, enrollment: id, factors, characteristics, ...times };
  return method === undefined ? proof : { ...proof, method };
}

/** The id of an enrollment of an authenticator, by its position among them. The first has the key as its id. */
export function enrollmentId(key: string, index: number): string {
  return index === 0 ? key : `${key} ${index + 1}`;
}

function enrollmentsOf(
  { key, factors, characteristics }: AuthenticatorDescriptor,
  count: number,
): readonly Enrollment[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: enrollmentId(key, index), authenticator: key },
    factors,
    characteristics,
  }));
}

function secondEnrollment({ enrollment, authenticator, factors, characteristics }: AssessedEvidence): Enrollment {
  return { id: enrollment, authenticator, factors, characteristics };
}

function evidenceOf(
  { authenticator, enrollment, methods: [method] = [], factors, characteristics, age, longestPause }: AssessedEvidence,
  { now, subject }: Pick<UserFacts, 'now' | 'subject'>,
): Evidence {
  return {
    ...{ authenticator, enrollment, factors, characteristics },
    subject: subject.id,
    amr: [],
    ...(method !== undefined && { method }),
    at: age === 'now' ? now : now - age,
    transaction: age === 'now' ? transaction : 'earlier',
    ...(longestPause !== undefined && { longestPause }),
    origin: 'sign_in',
  };
}

/** What is proved without these authenticators (keys), by users who do not have them. */
export function withoutKeys(all: readonly AdmittedWith[], keys: readonly string[]): readonly AdmittedWith[] {
  const isWithout = ({ evidence, remembered }: AdmittedWith) =>
    !evidence.some(({ authenticator }) => keys.includes(authenticator)) &&
    !remembered.some((name) => keys.includes(authenticatorIn(name)));
  return all
    .filter(isWithout)
    .map((proofs) => ({ ...proofs, enrolled: proofs.enrolled.filter((key) => !keys.includes(key)) }));
}
