/** Applies what a policy test says to facts that it leaves open. */
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Seconds, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { userId } from '../../core/policy/conditions/users.ts';
import type { UserFacts } from '../../core/policy/theories/theory.ts';
import { StepgateError } from '../../errors.ts';
import type { App } from '../../policy/model/app.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import type { FactOptions } from '../explain/fact-options.ts';
import { factsFromOptions } from '../explain/facts-from-options.ts';
import { asFarAsAsked } from '../explain/unanswered-conditions.ts';
import { factOptionsOf, openOptions } from './test-facts.ts';
import type { TestedConfiguration } from './unknown-names.ts';

/**
 * Applies the test's facts to facts of the space. Undefined if the test refers to something that the user does not
 * have.
 */
export type MergeFacts = (placed: UserFacts, enrolled: readonly string[]) => UserFacts | undefined;

export function merging(
  test: PolicyTest,
  { app, sets }: { readonly app: App; readonly sets: readonly ConditionSet[] },
  { snapshot, authenticators }: TestedConfiguration,
): MergeFacts {
  const open = { ...test, user: test.user ?? {} };
  // Most combinations differ in groups and networks, which the options do not say.
  const known = new Map<string, UserFacts | undefined>();
  const readOptions = (enrolled: readonly string[], now: Seconds, left: FactOptions): UserFacts | undefined => {
    const said = factOptionsOf({ ...open, user: { ...open.user, enrolled: [...enrolled] } });
    const options = { ...said, ...left, at: textOf(now) };
    try {
      const given = factsFromOptions(options, { snapshot, app, authenticators, now });
      return given.subject && { ...asFarAsAsked(given, sets, options), subject: given.subject };
    } catch (error) {
      if (error instanceof StepgateError && error.code === 'bad_request') return undefined;
      throw error;
    }
  };
  return (placed, enrolled) => {
    const now = test.time === undefined ? placed.now : Math.floor(Date.parse(test.time) / 1000);
    const left = openOptions(test, placed, sets);
    const key = JSON.stringify([enrolled, now, left]);
    if (!known.has(key)) known.set(key, readOptions(enrolled, now, left));
    const given = known.get(key);
    return given && over(given, moved(placed, now), test);
  };
}

function textOf(now: Seconds): string {
  return new Date(now * 1000).toISOString();
}

/** Moves facts to another time, keeping ages. */
function moved(placed: UserFacts, now: Seconds): UserFacts {
  const by = now - placed.now;
  const { createdAt, recovery } = placed.subject;
  return {
    ...placed,
    now,
    ...(placed.lastSignIn !== undefined && { lastSignIn: placed.lastSignIn + by }),
    subject: {
      ...placed.subject,
      ...(createdAt !== undefined && { createdAt: createdAt + by }),
      ...(recovery && { recovery: { ...recovery, at: recovery.at + by } }),
    },
  };
}

/** Facts that core itself computes are left out. */
function over(
  given: UserFacts,
  { signedInWith: _, lastSignIn: last, ...placed }: UserFacts,
  test: PolicyTest,
): UserFacts {
  const subject = subjectOver(given.subject, placed.subject, test.user);
  const { platform, os } =
    test.device?.userAgent || test.device?.platform || test.device?.os ? given.device : placed.device;
  return {
    ...given,
    ...placed,
    ...omitUndefined({
      lastSignIn: test.user?.lastSignIn === undefined ? last : given.lastSignIn,
      risk: given.risk,
      distance: given.distance,
    }),
    network: test.network === undefined ? placed.network : given.network,
    request: {
      ...given.request,
      ...(test.request?.scopes === undefined && { scopes: placed.request.scopes }),
      ...(test.request?.essentialClaims === undefined &&
        placed.request.essentialClaims && { essentialClaims: placed.request.essentialClaims }),
    },
    device: { ...placed.device, ...given.device, platform, os },
    subject,
    evidence: given.evidence.map((proof) => ({ ...proof, subject: subject.id })),
  };
}

/**
 * The test's attributes are set, and others may be present. The groups are exactly those of the test, unless it has
 * `*`.
 */
function subjectOver(given: Subject, placed: Subject, user: PolicyTest['user']): Subject {
  const isOpen = user?.groups === undefined || user.groups.includes('*');
  return {
    ...placed,
    groups: [...new Set([...given.groups, ...(isOpen ? placed.groups : [])])],
    profile: { ...placed.profile, ...given.profile },
    enrollments: given.enrollments,
    ...(user?.id !== undefined && {
      id: given.id,
      identifiers: placed.identifiers.filter((name) => !userId.test(name)),
    }),
    ...(user?.identifiers !== undefined && { identifiers: given.identifiers }),
    ...(user?.userType !== undefined && given.userType !== undefined && { userType: given.userType }),
    ...(given.createdAt !== undefined && { createdAt: given.createdAt }),
    ...(given.recovery && { recovery: given.recovery }),
  };
}
