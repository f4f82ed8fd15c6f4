/**
 * Users who are made up, because no user is counted: in groups without users, or without a store at all. Without a
 * store they also differ in what they have, so that new set-ups and lock-outs of users who lack something show.
 */
import { enrollmentsOf } from '../../../../core/analysis/simulation/simulated-outcome.ts';
import type { AuthenticatorDescriptor, Enrollment, Seconds } from '../../../../core/model/facts.ts';
import { omitUndefined } from '../../../../core/model/omit-undefined.ts';
import { listsOfStored } from '../../../../core/model/password-policy.ts';
import type { PolicySet } from '../../../../core/policy/rules/compile.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import type { AuthenticatorKind } from '../../../../policy/model/authenticator-kind.ts';
import { durationText } from '../../../../policy/model/duration-text.ts';
import { enabledAuthenticators } from '../../../../policy/revision/enabled-authenticators.ts';
import { type NumberOf, numberAskedFor } from '../../questions/best-enrollments.ts';
import { type Identity, identitiesOfKinds, identityConditions, plainIdentity } from '../../questions/identities.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import type { ComparedConfiguration } from '../compared/compared-configuration.ts';
import type { Having, PasswordAge } from './having-text.ts';
import { classOf, type Projection, type UserClass } from './user-classes.ts';

interface MadeUpFor {
  readonly active: ComparedConfiguration;
  readonly next: ComparedConfiguration;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly pairs: readonly AppPair[];
  /** Epoch seconds. */
  readonly now: Seconds;
  /** Users are counted, so that others only stand for groups without users. */
  readonly isCounted: boolean;
}

/** What a made-up user has. */
interface Had {
  readonly having: Having;
  readonly enrollments: readonly Enrollment[];
}

/** For each group alone and for none, one user for each set of what users may have, and where rules ask who it is. */
export function usersByGroup(options: MadeUpFor, projection: Projection): readonly UserClass[] {
  const policies = policiesIn(options.pairs);
  const conditions = identityConditions(policies.flatMap(everyCondition));
  const all = hadBy(options, projection);
  const madeUp = (identity: Identity, groups: readonly string[], { having, enrollments }: Had): UserClass => {
    const subject = { ...identity, status: 'active' as const, groups, profile: {}, enrollments };
    const who = { ...(conditions.tests.length > 0 && { identity }), ...(!options.isCounted && { having }) };
    return { ...classOf(subject, projection), users: 0, ...who };
  };
  const identities = identitiesOfKinds(conditions, plainIdentity(conditions), (identity) =>
    JSON.stringify(all.slice(0, 1).map((first) => madeUp(identity, [], first).results)),
  );
  const alone = [[], ...[...projection.groups].map((group) => [group])];
  return alone.flatMap((groups) =>
    identities.flatMap((identity) => distinctClasses(all.map((each) => madeUp(identity, groups, each)))),
  );
}

function policiesIn(pairs: readonly AppPair[]): readonly PolicySet[] {
  return pairs.flatMap(({ active, next }) => [active.policies, next.policies]);
}

/** Some are not told apart, such as passwords of different ages where none expires. */
function distinctClasses(classes: readonly UserClass[]): readonly UserClass[] {
  const byKey = new Map<string, UserClass>();
  for (const userClass of classes) {
    const key = JSON.stringify([userClass.results, userClass.rest]);
    if (!byKey.has(key)) byKey.set(key, userClass);
  }
  return [...byKey.values()];
}

/** The authenticators that users can enroll under either configuration. */
function enrollableKinds({ active, next, authenticators }: MadeUpFor): readonly AuthenticatorDescriptor[] {
  const both = [next, active].flatMap(({ snapshot }) => enabledAuthenticators(authenticators, snapshot.settings));
  const byKey = new Map(both.toReversed().map((kind) => [kind.key, kind]));
  return authenticators.flatMap(({ key }) => byKey.get(key) ?? []).filter(({ enrollable }) => enrollable);
}

/** With as many kinds as this, users have each set of them. */
const mostKinds = 3;

function hadBy(options: MadeUpFor, { passwordAges }: Projection): readonly Had[] {
  const kinds = enrollableKinds(options);
  const policies = policiesIn(options.pairs);
  const numberOf = numberAskedFor(policies);
  const everything = kinds.flatMap((kind) => enrollmentsOfKind(kind, numberOf));
  const all = had(everything);
  if (options.isCounted) return [all];
  const passwords = kinds.filter(({ underPasswordPolicy }) => underPasswordPolicy);
  const first = passwords.length > 0 ? passwords : kinds.slice(0, 1);
  const marks = marksOf(options, passwordAges);
  const sets = [
    everything,
    ...(kinds.length > mostKinds ? first : kinds).map((kind) => enrollmentsOfKind(kind, numberOf)),
    ...kinds.map(({ key }) => everything.filter(({ authenticator }) => authenticator !== key)),
  ];
  return [
    ...sets.map((set) => had(set)),
    had(
      kinds.flatMap((kind) => enrollmentsOfKind(kind, () => 1)),
      { isOneOfEach: true },
    ),
    ...passwords.flatMap(({ key }) => marks.flatMap((mark) => sets.flatMap((set) => marked(key, mark, set)))),
  ];
}

function had(enrollments: readonly Enrollment[], more: Pick<Having, 'isOneOfEach' | 'mark'> = {}): Had {
  const keys = [...new Set(enrollments.map(({ authenticator }) => authenticator))];
  return { having: { name: JSON.stringify([keys, more]), keys, ...more }, enrollments };
}

function enrollmentsOfKind(kind: AuthenticatorDescriptor, numberOf: NumberOf): readonly Enrollment[] {
  return enrollmentsOf(
    kind,
    Array.from({ length: numberOf(kind) }, () => kind.key),
  );
}

/** Why a password must be replaced. */
interface Mark {
  /** Absent: it is on a list. */
  readonly age?: PasswordAge;
  readonly of: Partial<Enrollment>;
}

/** The most ages of passwords to tell apart. */
const mostAges = 4;

/** A list is tried beside ages: there may be users whose passwords do not expire. */
function marksOf({ pairs, now }: MadeUpFor, passwordAges: readonly Seconds[]): readonly Mark[] {
  const ages = passwordAges.slice(0, mostAges).map((age, at): Mark => {
    const next = passwordAges[at + 1];
    return {
      age: { from: durationText(age), ...(next !== undefined && { to: durationText(next) }) },
      of: { createdAt: now - age },
    };
  });
  return [...ages, ...listMarks(pairs)];
}

/** Empty: the user has no such password. */
function marked(key: string, { age, of }: Mark, set: readonly Enrollment[]): readonly Had[] {
  if (!set.some(({ authenticator }) => authenticator === key)) return [];
  const enrollments = set.map((enrollment) =>
    enrollment.authenticator === key ? { ...enrollment, ...of } : enrollment,
  );
  return [had(enrollments, { mark: omitUndefined({ key, age }) })];
}

/** On a list that only one of the configurations compares with, or else on one that any does. */
function listMarks(pairs: readonly AppPair[]): readonly Mark[] {
  const isAsked = (name: StoredList) =>
    pairs.some(({ active, next }) => isListed(name, active) || isListed(name, next));
  const isOther = (name: StoredList) =>
    pairs.some(({ active, next }) => isListed(name, active) !== isListed(name, next));
  const compromised = listsOfStored.find(isOther) ?? listsOfStored.find(isAsked);
  return compromised === undefined ? [] : [{ of: { compromised } }];
}

type StoredList = (typeof listsOfStored)[number];

function isListed(list: StoredList, { policies: { password } }: AppPair['active']): boolean {
  return password?.rules.some(({ rule }) => rule.then.blocklists.includes(list)) ?? true;
}

/** What made-up users do not differ in, although the compared sign-ins may depend on it. */
export function sameOfMadeUpUsers(options: MadeUpFor, { passwordAges, skips }: Projection): readonly string[] {
  if (options.isCounted || options.pairs.length === 0) return [];
  const asksConsent = options.pairs.some(({ active, next }) => active.policies.consent && next.policies.consent);
  const isSkipAsked = Object.values(skips).some((names) => names.length > 0);
  const kinds = enrollableKinds(options).length;
  return [
    ...(kinds > mostKinds || passwordAges.length > mostAges ? ['enrollments'] : []),
    ...(isSkipAsked ? ['skips'] : []),
    ...(asksConsent ? ['consents'] : []),
  ];
}
