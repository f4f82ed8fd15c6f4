/** How the simulated user proves or enrolls what is asked for. */

import { provedBeside, recoveryAfter } from '../../enrollment/recovery-after-enrollment.ts';
import { replacementOf } from '../../evidence/sign-in-proofs.ts';
import type { Decision, Skippable } from '../../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, Subject } from '../../model/facts.ts';
import { noEnrollment } from '../../model/no-enrollment.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { ReplacementReason } from '../../model/password-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Plan } from '../../step/next-step.ts';
import type { AuthenticatorOption } from '../../step/step.ts';
import { labelIn, type Progress, prove, type Simulation, type Turn } from './simulated-answers.ts';

/** A challenge or an enrollment that the user is asked for. */
interface Started {
  readonly decision: Decision;
  readonly plan: Extract<Plan, { kind: 'start' }>;
  /** The methods of an authenticator by which a proof makes progress. */
  readonly methodsOf: (authenticator: string) => readonly string[] | undefined;
}

/** What a decision says in addition to the options, if it asks for something. */
interface Asked extends Pick<Decision, 'kind'> {
  readonly skippable?: Skippable;
  readonly toEnroll?: readonly string[];
  readonly replacementReason?: ReplacementReason;
}

/** The user proves or enrolls the authenticator. */
export function answerStarted(progress: Progress, started: Started, { policies, facts }: Simulation): Turn {
  const { purpose, authenticator, enrollment: id } = started.plan;
  const step = startedStep(started, progress, policies);
  const at = facts.now;
  const methods = started.methodsOf(authenticator);
  if (id === noEnrollment) return { steps: [{ ...step, unanswerable: true }] };
  if (purpose === 'enroll') {
    const descriptor = policies.authenticators.find(({ key }) => key === authenticator);
    const method = methodAmong(methods, undefined);
    const made = { policies, facts, method };
    return { steps: [step], ...(descriptor && { next: simulateEnrollment(progress, descriptor, made) }) };
  }
  const enrollment = progress.subject.enrollments.find((owned) => owned.id === id);
  if (enrollment === undefined) return { steps: [step] };
  const proof = omitUndefined({ origin: 'sign_in' as const, at, method: methodAmong(methods, enrollment.methods) });
  return { steps: [step], next: prove(progress, enrollment, proof) };
}

/** Of these methods the first that the enrollment has. */
export function methodAmong(
  methods: readonly string[] | undefined,
  has: readonly string[] | undefined,
): string | undefined {
  return methods?.find((candidate) => has?.includes(candidate)) ?? methods?.[0];
}

function startedStep({ decision, plan, methodsOf }: Started, { subject }: Progress, { authenticators }: PolicySet) {
  const { purpose, authenticator, enrollment } = plan;
  const offered = (candidate: string) => {
    const all = authenticators.find(({ key }) => key === candidate)?.methods;
    const methods = methodsOf(candidate);
    return methods?.length === all?.length ? undefined : methods;
  };
  const others = otherOptions(decision, plan, subject);
  const { skippable, replacementReason, toEnroll }: Asked = decision;
  const isTwin = subject.enrollments.filter((owned) => owned.authenticator === authenticator).length > 1;
  return omitUndefined({
    kind: purpose,
    authenticator,
    enrollment: isTwin ? enrollment : undefined,
    label: labelIn(subject, enrollment),
    methods: offered(authenticator),
    alternatives: others.map((option) => omitUndefined({ ...option, methods: offered(option.authenticator) })),
    skippable,
    replacementReason,
    toEnroll,
  });
}

/** The user enrolls the authenticator, and proves it by this method. */
export function simulateEnrollment(
  progress: Progress,
  descriptor: AuthenticatorDescriptor,
  { policies, facts, method }: Simulation & { readonly method: string | undefined },
): Progress {
  const { subject } = progress;
  const { key: authenticator, factors, characteristics, maxEnrollments } = descriptor;
  const same = subject.enrollments.filter((enrollment) => enrollment.authenticator === authenticator);
  const id = `simulated-${authenticator}-${same.length}`;
  const enrolled: Enrollment = { id, authenticator, factors, characteristics };
  const replaced = maxEnrollments === 1 ? same : [];
  const kept = subject.enrollments.filter((enrollment) => !replaced.includes(enrollment));
  const evidence = [...facts.evidence, ...progress.transaction.evidence];
  const proved = provedBeside(subject, evidence, (key) => policies.authenticators.find((each) => each.key === key));
  const recovery = recoveryAfter(subject, { enrollment: enrolled, descriptor, evidence: proved });
  const extended = {
    ...progress,
    subject: { ...subject, enrollments: [...kept, enrolled], ...(recovery && { recovery }) },
  };
  const proof = omitUndefined({ origin: 'enrollment' as const, at: facts.now, method });
  return prove(extended, enrolled, { ...proof, ...replacementOf(replaced, { subject: subject.id, evidence }) });
}

function otherOptions(decision: Decision, plan: Started['plan'], subject: Subject): readonly AuthenticatorOption[] {
  const challenges = decision.kind === 'challenge' ? decision.options : [];
  const toProve = challenges.flatMap(({ authenticator, enrollments }): readonly AuthenticatorOption[] =>
    enrollments.map((enrollment) => omitUndefined({ authenticator, enrollment, label: labelIn(subject, enrollment) })),
  );
  const choices = decision.kind === 'enroll' ? decision.choices : [];
  const toEnroll = choices.map((authenticator): AuthenticatorOption => ({ authenticator }));
  return [...toProve, ...toEnroll].filter(
    (option) => option.enrollment !== plan.enrollment || option.authenticator !== plan.authenticator,
  );
}
