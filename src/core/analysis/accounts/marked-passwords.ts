/** Passwords that the policy no longer takes, and what becomes of a sign-in with one. */

import type { Conditions } from '../../model/conditions.ts';
import type { Enrollment, Seconds } from '../../model/facts.ts';
import { listsOfStored, type PasswordTerms } from '../../model/password-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { passwordRuling } from '../../policy/rules/password-terms.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../policy/theories/theory.ts';
import { askedInAll } from '../simulation/asked-in-all.ts';
import { outcomeKey } from '../simulation/sign-in-outcomes.ts';
import { simulate } from '../simulation/simulate.ts';
import { enrollmentsOf } from '../simulation/simulated-outcome.ts';

/** Why a stored password must be replaced: its age, or the list that it is on. */
export type PasswordMark = { readonly age: Seconds } | Required<Pick<Enrollment, 'compromised'>>;

/** Every way in which a stored password ceases to be good by these terms. */
export function marksIn({ maxAge, blocklists }: PasswordTerms): readonly PasswordMark[] {
  const list = listsOfStored.find((name) => blocklists.includes(name));
  return [...(maxAge === undefined ? [] : [{ age: maxAge }]), ...(list ? [{ compromised: list }] : [])];
}

/** What holds for users who may have a password with this mark: none is older than its account or its recovery. */
export interface MarkConditions {
  readonly holding: readonly Conditions[];
  readonly missing: readonly Conditions[];
}

export function conditionsOf(mark: PasswordMark): MarkConditions {
  if (!('age' in mark)) return { holding: [], missing: [] };
  return { holding: [{ accountAge: { atLeast: mark.age } }], missing: [{ recovered: { within: mark.age } }] };
}

/** Whether the user of these facts may have a password with this mark. */
export function mayHave({ subject, now }: UserFacts, mark: PasswordMark): boolean {
  const since = Math.max(subject.createdAt ?? 0, subject.recovery?.at ?? 0);
  return !('age' in mark) || since <= now - mark.age;
}

/** `kept`: the user gets in with it, and may not replace it. */
export type OutcomeOfMarked = 'denied' | 'kept' | 'replaced';

/** A user with these authenticators, of which the password has this mark. */
export interface MarkedUser {
  readonly keys: readonly string[];
  /** Key of the password. */
  readonly password: string;
  readonly mark: PasswordMark;
}

/** Cached by the configuration's authenticators, and by all else that the outcome depends on. */
const outcomes = new WeakMap<PolicySet['authenticators'], Map<string, OutcomeOfMarked>>();

/**
 * A user who gets in by one way or another is not denied. One who sets something up before has more by then, and is
 * denied only if that does not help either.
 */
export function outcomeOfMarked(policies: PolicySet, facts: UserFacts, user: MarkedUser): OutcomeOfMarked {
  const known = outcomes.get(policies.authenticators) ?? new Map<string, OutcomeOfMarked>();
  outcomes.set(policies.authenticators, known);
  const about = policies.accountPolicy?.about({ action: 'change', of: user.password });
  const proved = withProof({ ...facts, evidence: [] });
  const asked = [about && findRule(about, proved).rule?.then, passwordRuling(policies, proved)?.terms];
  const key = JSON.stringify([outcomeKey(policies, facts), asked, user]);
  const outcome = known.get(key) ?? outcomeBySimulation(policies, facts, user);
  known.set(key, outcome);
  return outcome;
}

function outcomeBySimulation(policies: PolicySet, facts: UserFacts, user: MarkedUser): OutcomeOfMarked {
  const { keys, password, mark } = user;
  const marked = 'age' in mark ? { createdAt: facts.now - mark.age } : mark;
  const enrollments = policies.authenticators.flatMap((descriptor) =>
    enrollmentsOf(descriptor, keys).map((enrollment) =>
      descriptor.key === password ? { ...enrollment, ...marked } : enrollment,
    ),
  );
  const { signedInWith: _, ...before } = facts;
  const fresh = { ...before, evidence: [], subject: { ...facts.subject, enrollments } };
  const steps = simulate(policies, fresh);
  const last = steps.at(-1);
  if (last?.kind === 'complete' && last.keptPassword) return 'kept';
  if (last?.kind !== 'denied' || askedInAll(policies, fresh)) return 'replaced';
  const added = steps.find(({ kind }) => kind === 'enroll');
  if (added?.kind !== 'enroll') return 'denied';
  const choices = [added.authenticator, ...added.alternatives.map(({ authenticator }) => authenticator)];
  const isDeniedThen = (key: string) =>
    !keys.includes(key) && outcomeBySimulation(policies, facts, { ...user, keys: [...keys, key] }) === 'denied';
  return choices.every(isDeniedThen) ? 'denied' : 'replaced';
}
