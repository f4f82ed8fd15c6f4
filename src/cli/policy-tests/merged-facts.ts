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
    ...(typeof placed.lastSignIn === 'number' && { lastSignIn: placed.lastSignIn + by }),
    subject: {
      ...placed.subject,
      ...(createdAt !== undefined && { createdAt: createdAt + by }),
      ...(recovery && { recovery: { ...recovery, at: recovery.at + by } }),
    },
  };
}

/**
 * The facts of the test, and those of the space where the test leaves them open. Each fact has a line, since what the
 * test says must never give way to a value of the space. Facts that core itself computes are left out.
 */
function over(given: UserFacts, placed: UserFacts, test: PolicyTest): UserFacts {
  const subject = subjectOver(given.subject, placed.subject, test.user);
  return omitUndefined({
    // Moved to the time of the test already.
    now: placed.now,
    isTimed: placed.isTimed,
    transaction: given.transaction,
    request: requestOver(given.request, placed.request, test.request),
    network: test.network === undefined ? placed.network : given.network,
    device: deviceOver(given.device, placed.device, test.device),
    keepSignedIn: given.keepSignedIn,
    lastSignIn: test.user?.lastSignIn === undefined ? placed.lastSignIn : given.lastSignIn,
    isLastSignInAssumed: given.isLastSignInAssumed,
    // The options contain what the test leaves open of these two.
    risk: given.risk ?? (test.risk === undefined ? placed.risk : undefined),
    distance: given.distance ?? placed.distance,
    subject,
    evidence: given.evidence.map((proof) => ({ ...proof, subject: subject.id })),
  } satisfies Each<Omit<UserFacts, 'signedInWith' | 'signingInWith'>>);
}

/** No member may be missing. */
type Each<Members> = { readonly [Name in keyof Members]-?: Members[Name] | undefined };

function requestOver(
  given: UserFacts['request'],
  placed: UserFacts['request'],
  { scopes, essentialClaims }: NonNullable<PolicyTest['request']> = {},
): UserFacts['request'] {
  const claims = essentialClaims === undefined ? placed.essentialClaims : undefined;
  return omitUndefined({
    clientId: given.clientId,
    scopes: scopes === undefined ? placed.scopes : given.scopes,
    essentialClaims: claims ?? given.essentialClaims,
    acrValues: given.acrValues,
    acrEssential: given.acrEssential,
    maxAge: given.maxAge,
    promptLogin: given.promptLogin,
    promptConsent: given.promptConsent,
    promptSelectAccount: given.promptSelectAccount,
    claims: given.claims,
  } satisfies Each<UserFacts['request']>);
}

function deviceOver(
  given: UserFacts['device'],
  placed: UserFacts['device'],
  { userAgent, platform, os, signals }: NonNullable<PolicyTest['device']> = {},
): UserFacts['device'] {
  const described = userAgent || platform || os ? given : placed;
  const believed = signals === undefined ? placed : given;
  return omitUndefined({
    // The options contain it where the test leaves it open.
    known: given.known,
    platform: described.platform,
    os: described.os,
    registered: believed.registered,
    managed: believed.managed,
    assurances: believed.assurances,
    lastUsed: given.lastUsed,
    remembered: given.remembered,
  } satisfies Each<UserFacts['device']>);
}

/**
 * The test's attributes are set, and others may be present. The groups are exactly those of the test, unless it has
 * `*`.
 */
function subjectOver(given: Subject, placed: Subject, user: PolicyTest['user']): Subject {
  const isOpen = user?.groups === undefined || user.groups.includes('*');
  const others = user?.id === undefined ? placed.identifiers : placed.identifiers.filter((name) => !userId.test(name));
  return omitUndefined({
    id: user?.id === undefined ? placed.id : given.id,
    status: given.status,
    identifiers: user?.identifiers === undefined ? others : given.identifiers,
    groups: [...new Set([...given.groups, ...(isOpen ? placed.groups : [])])],
    userType: (user?.userType === undefined ? undefined : given.userType) ?? placed.userType,
    profile: { ...placed.profile, ...given.profile },
    enrollments: given.enrollments,
    createdAt: given.createdAt ?? placed.createdAt,
    recovery: given.recovery ?? placed.recovery,
    skipped: given.skipped,
    acceptedTerms: given.acceptedTerms,
    offeredAttributes: given.offeredAttributes,
    consents: given.consents,
    deletionDueAt: given.deletionDueAt,
  } satisfies Each<Subject>);
}
