/**
 * What of a user makes another class, beside groups and the results of conditions. Each fact stands in a table, so that
 * a new one does not compile until it is decided.
 */
import type { Enrollment, Recovery, Seconds, Subject } from '../../../../core/model/facts.ts';
import { isFilledIn } from '../../../../core/profile/profile-terms.ts';
import type { VariedPair } from './circumstances.ts';

/** What the compared sign-ins ask of users apart from conditions. */
export interface AskedOfUsers {
  /** Attributes and terms that profile policies ask for. */
  readonly attributes: readonly string[];
  readonly terms: readonly string[];
  /** Ages (seconds) at which passwords must be replaced. */
  readonly passwordAges: readonly Seconds[];
  /** Authenticators whose enrollment may be skipped, by what counts of the skips. */
  readonly skips: {
    readonly grace: readonly string[];
    readonly optional: readonly string[];
    readonly promoted: readonly { readonly authenticator: string; readonly cooldown: Seconds }[];
  };
  /** The compared times, if something depends on how long ago it was. */
  readonly times: readonly Seconds[];
}

export function askedOfUsers(varied: readonly VariedPair[]): AskedOfUsers {
  const policies = varied.flatMap(({ pair: { active, next } }) => [active.policies, next.policies]);
  const profiles = policies.flatMap(({ profile }) => profile?.rules.map(({ rule }) => rule.then) ?? []);
  const passwords = policies.flatMap(({ password }) => password?.rules.map(({ rule }) => rule.then) ?? []);
  const enrollments = policies.flatMap(({ enrollment }) => enrollment?.rules.map(({ rule }) => rule.then) ?? []);
  const passwordAges = unique(passwords.flatMap(({ maxAge }) => maxAge ?? [])).sort((a, b) => a - b);
  const cooldowns = enrollments
    .flatMap(({ promoted: promotedKeys }) => promotedKeys)
    .map(({ authenticator, cooldown }) => {
      return [`${authenticator} ${cooldown}`, { authenticator, cooldown }] as const;
    });
  const counted = enrollments.flatMap(({ required }) => required).filter(({ grace }) => grace && 'skips' in grace);
  const promoted = [...new Map(cooldowns).values()];
  const isAgeAsked = passwordAges.length + promoted.length > 0;
  return {
    attributes: unique(profiles.flatMap(({ required, optional }) => [...required, ...optional])),
    terms: unique(profiles.flatMap(({ terms }) => terms.map(({ id }) => id))),
    passwordAges,
    skips: {
      grace: unique(counted.flatMap(({ anyOf }) => anyOf)),
      optional: unique(enrollments.flatMap(({ optional }) => optional)),
      promoted,
    },
    times: isAgeAsked ? unique(varied.flatMap(({ circumstances }) => circumstances.map(({ now }) => now))) : [],
  };
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

/** Why a fact does not make another class by itself. */
type WhyNot =
  | 'equal for all users who are counted'
  | 'read by conditions alone, whose results a class has'
  | 'another part of the class'
  | 'counted for each app'
  | 'asked by any configuration, so it is left out of the compared sign-ins'
  | 'only shown'
  | 'set by a decision, from what else is in the table';

type Read<Of> = (of: Of, asked: AskedOfUsers) => unknown;

const facts = {
  id: 'read by conditions alone, whose results a class has',
  status: 'equal for all users who are counted',
  identifiers: 'read by conditions alone, whose results a class has',
  groups: 'another part of the class',
  userType: 'read by conditions alone, whose results a class has',
  profile: missingAttributes,
  enrollments: ({ enrollments, recovery }, asked) =>
    enrollments.map((enrollment) => enrollmentKey({ enrollment, recovery }, asked)).sort(),
  createdAt: 'read by conditions alone, whose results a class has',
  // When it was is read by conditions alone, and by what is told with the enrollments.
  recovery: ({ recovery }) => recovery !== undefined,
  skipped: skipsCounted,
  acceptedTerms: ({ acceptedTerms = {} }, { terms }) => terms.map((id) => acceptedTerms[id] ?? null),
  offeredAttributes: (subject, asked) =>
    missingAttributes(subject, asked).filter((name) => subject.offeredAttributes?.includes(name)),
  consents: 'counted for each app',
  deletionDueAt: 'asked by any configuration, so it is left out of the compared sign-ins',
} satisfies Record<keyof Required<Subject>, Read<Subject> | WhyNot>;

interface OwnEnrollment {
  readonly enrollment: Enrollment;
  readonly recovery: Recovery | undefined;
}

const factsOfEnrollment = {
  // Decisions compare ids with those of the recovery.
  id: ({ enrollment: { id }, recovery }) => (recovery?.by.includes(id) ? 'recovered' : ''),
  authenticator: ({ enrollment: { authenticator } }) => authenticator,
  factors: ({ enrollment: { factors } }) => factors.join('+'),
  characteristics: ({ enrollment: { characteristics } }) => characteristics.join('+'),
  methods: ({ enrollment: { methods } }) => methods?.join('+') ?? '',
  label: 'only shown',
  createdAt: ({ enrollment: { createdAt } }, { passwordAges, times }) =>
    passwordAges.map((age) => countPassed(createdAt, age, times)).join('.'),
  compromised: ({ enrollment: { compromised } }) => compromised ?? '',
  consumed: ({ enrollment: { consumed } }) => (consumed ? 'consumed' : ''),
  temporary: ({ enrollment: { temporary } }) => (temporary ? 'temporary' : ''),
  auxiliary: 'set by a decision, from what else is in the table',
  recovered: 'set by a decision, from what else is in the table',
  accountManagementOnly: 'set by a decision, from what else is in the table',
} satisfies Record<keyof Required<Enrollment>, Read<OwnEnrollment> | WhyNot>;

const reads = readsIn<Subject>(facts);
const readsOfEnrollment = readsIn<OwnEnrollment>(factsOfEnrollment);

function readsIn<Of>(table: Readonly<Record<string, Read<Of> | WhyNot>>): readonly Read<Of>[] {
  return Object.values(table).filter((read) => typeof read === 'function');
}

/** Equal for users of whom the compared sign-ins read the same, apart from groups and conditions. */
export function factsKey(subject: Subject, asked: AskedOfUsers): string {
  return JSON.stringify(reads.map((read) => read(subject, asked)));
}

function enrollmentKey(own: OwnEnrollment, asked: AskedOfUsers): string {
  return readsOfEnrollment.map((read) => read(own, asked)).join(' ');
}

function missingAttributes({ profile }: Subject, { attributes }: AskedOfUsers): readonly string[] {
  return attributes.filter((name) => !isFilledIn(profile, name));
}

function skipsCounted({ skipped = {} }: Subject, { skips, times }: AskedOfUsers): readonly unknown[] {
  const { grace, optional, promoted } = skips;
  return [
    grace.map((key) => skipped[key]?.grace?.count ?? 0),
    optional.map((key) => skipped[key]?.optional !== undefined),
    promoted.map(({ authenticator, cooldown }) => {
      const last = skipped[authenticator]?.promotion;
      return last && [last.count, countPassed(last.at, cooldown, times)];
    }),
  ];
}

/** At how many of the times this long has passed since then. */
function countPassed(since: Seconds | undefined, length: Seconds, times: readonly Seconds[]): number {
  return since === undefined ? 0 : times.filter((time) => since + length <= time).length;
}

/** The user as the compared sign-ins see them. */
export function asCompared(subject: Subject): Subject {
  if (subject.deletionDueAt === undefined) return subject;
  const { deletionDueAt: _, ...others } = subject;
  return others;
}
