/** The steps of a simulated sign-in in the form of policy tests: what the user is asked for, in order. */
import type { OfferedOption, SimulatedStep } from '../../core/analysis/simulation/simulated-answers.ts';
import { methodName } from '../../core/model/authenticator-name.ts';
import type { Subject } from '../../core/model/facts.ts';
import type { Explanation } from '../../flow/explain.ts';
import type { Expectation } from '../../policy/schema/policy-tests.ts';

export interface AskedStep {
  readonly kind: 'prove' | 'enroll' | 'offer' | 'profile' | 'consent' | 'keep_account';
  /** Authenticators of which the user chooses one, or all attributes or scopes. */
  readonly names: readonly string[];
}

/**
 * A choice and what follows from it are one step. The identifier page is not a step, unless it also asks for a secret.
 * That secret is left out if the user has none of its kind and continues otherwise.
 */
export function askedSteps({ steps, subject }: Pick<Explanation, 'steps' | 'subject'>): readonly AskedStep[] {
  return steps.flatMap((step) => askedStep(step, subject));
}

function askedStep(step: SimulatedStep, subject: Subject | undefined): readonly AskedStep[] {
  switch (step.kind) {
    case 'identify': {
      const { identifyWith: secret } = step;
      const canAnswer = subject?.enrollments.some(({ authenticator }) => authenticator === secret) ?? true;
      return secret !== undefined && canAnswer ? [{ kind: 'prove', names: [secret] }] : [];
    }
    case 'challenge':
    case 'enroll': {
      const names = [step, ...step.alternatives].flatMap(offeredNames);
      const enrolls = step.skippable ? ('offer' as const) : ('enroll' as const);
      return [{ kind: step.kind === 'enroll' ? enrolls : 'prove', names: [...new Set(names)] }];
    }
    case 'profile':
      return [
        {
          kind: 'profile',
          names: [...step.required, ...step.optional, ...step.terms.map(({ id }) => `terms ${id}`)],
        },
      ];
    case 'consent':
      return [{ kind: 'consent', names: step.scopes.map(({ scope }) => scope) }];
    case 'keep_account':
      return [{ kind: 'keep_account', names: [] }];
    case 'select':
    case 'denied':
    case 'complete':
      return [];
  }
}

/** The methods by name, if not all are offered. */
function offeredNames({ authenticator, methods }: OfferedOption): readonly string[] {
  return methods?.map((method) => methodName(authenticator, method)) ?? [authenticator];
}

type WrittenStep = NonNullable<Expectation['steps']>[number];

export function writtenStep(step: WrittenStep): AskedStep {
  if (step === 'keep_account') return { kind: 'keep_account', names: [] };
  if (typeof step === 'string' || Array.isArray(step)) return { kind: 'prove', names: [step].flat() };
  const { enroll, offer, profile, consent } = step;
  if (enroll !== undefined) return { kind: 'enroll', names: [enroll].flat() };
  if (offer !== undefined) return { kind: 'offer', names: [offer].flat() };
  return profile ? { kind: 'profile', names: profile } : { kind: 'consent', names: consent ?? [] };
}

/**
 * For example `password; totp or webauthn; enroll totp`. Within a step the order is alphabetical, because it makes no
 * difference.
 */
export function stepsText(steps: readonly AskedStep[]): string {
  return steps.length === 0 ? 'nothing' : steps.map(stepText).join('; ');
}

function stepText({ kind, names }: AskedStep): string {
  const joined = names.toSorted().join(kind === 'profile' || kind === 'consent' ? ', ' : ' or ');
  return kind === 'prove' ? joined : `${kind} ${joined}`.trimEnd();
}
