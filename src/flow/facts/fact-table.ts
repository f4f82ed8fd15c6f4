/**
 * By fact: who keeps it, and what it means where it is missing. A fact that has no row does not compile, and
 * `test/architecture/facts.test.ts` compares the rows with what the code does.
 */
import type { Facts } from '../../core/model/facts.ts';

/** Why something leaves a fact out. */
interface Exemption {
  readonly no: string;
}

/**
 * What it means that a stored token basis lacks the fact, because an earlier release stored it or nothing recorded it.
 * - `denied`: every release stores it, so nothing is exchanged for such a basis
 * - `absent`: a fact may be absent, and means the same then as in a sign-in
 * - `unknown`: it was perhaps never recorded, so rules that ask for it deny (Law 4)
 * - `present`: no basis contains it, since the fact as it is at the exchange counts (Law 5)
 */
type WithoutInBasis = 'denied' | 'absent' | 'unknown' | 'present';

interface FactRow<WithoutIt extends WithoutInBasis> {
  /** The member of the audit trace that keeps it. */
  readonly traced: string | Exemption;
  /** The key of a policy test that `config test --record` writes. */
  readonly recorded: string | Exemption;
  /** A policy test that says nothing of it is about all of its values. */
  readonly varied: true | Exemption;
  readonly inBasis: WithoutIt;
}

/** A fact that is always there is never absent from a basis. */
type RowsFor<Members> = {
  readonly [Name in keyof Required<Members>]: FactRow<
    Members extends Required<Pick<Members, Name>> ? Exclude<WithoutInBasis, 'absent'> : WithoutInBasis
  >;
};

/** Facts that are made of members, each of which has a row. */
type Group = 'request' | 'network' | 'device' | 'subject';

type FactTable = RowsFor<Omit<Facts, Group>> & { readonly [Name in Group]-?: RowsFor<NonNullable<Facts[Name]>> };

const no = (why: string): Exemption => ({ no: why });

/** The account of the audit line is read again, and so is the account of a token basis. */
const ofAccount = { traced: no('the account is read again'), inBasis: 'present' } as const;

/** No rule asks about it: it decides what pages of consent, of accounts and of options show. */
const ofPages = {
  traced: no('no rule asks about it'),
  recorded: no('no rule asks about it'),
  varied: no('no rule asks about it'),
} as const;

const whatIsAsked = no('a request asks for nothing of the kind, unless the test says so');

export const factTable = {
  now: { traced: no('it is the time of the line'), recorded: 'time', varied: true, inBasis: 'denied' },
  transaction: {
    traced: 'began',
    recorded: no('a test is about a request for which no interaction has started'),
    varied: no('a test is about a request for which no interaction has started'),
    inBasis: 'absent',
  },
  request: {
    clientId: {
      traced: no('it is the client of the line'),
      recorded: no('the command writes it as the app of the test'),
      varied: no('a test is about one app'),
      inBasis: 'denied',
    },
    scopes: { traced: 'scopes', recorded: 'request.scopes', varied: true, inBasis: 'denied' },
    essentialClaims: {
      traced: 'essentialClaims',
      recorded: 'request.essentialClaims',
      varied: true,
      inBasis: 'absent',
    },
    acrValues: { traced: 'acrValues', recorded: 'request.acrValues', varied: whatIsAsked, inBasis: 'denied' },
    acrEssential: { traced: 'acrEssential', recorded: 'request.essentialAcr', varied: whatIsAsked, inBasis: 'denied' },
    maxAge: { traced: 'maxAge', recorded: 'request.maxAge', varied: whatIsAsked, inBasis: 'absent' },
    promptLogin: { traced: 'promptLogin', recorded: 'request.promptLogin', varied: whatIsAsked, inBasis: 'denied' },
    promptConsent: { ...ofPages, inBasis: 'absent' },
    promptSelectAccount: { ...ofPages, inBasis: 'absent' },
    claims: { ...ofPages, inBasis: 'absent' },
  },
  network: {
    ip: {
      traced: no('it is the address of the line'),
      recorded: no('a recorded test contains no address'),
      varied: true,
      inBasis: 'denied',
    },
    isUnknown: {
      traced: no('the line has an empty address'),
      recorded: no('no test can say it'),
      varied: true,
      inBasis: 'present',
    },
    zones: { traced: 'zones', recorded: 'network.zones', varied: true, inBasis: 'present' },
    unknownZones: {
      traced: 'unknownZones',
      recorded: no('no test can say it'),
      varied: true,
      inBasis: 'present',
    },
  },
  device: {
    known: { traced: 'device.known', recorded: 'device.known', varied: true, inBasis: 'denied' },
    platform: { traced: 'device.platform', recorded: 'device.platform', varied: true, inBasis: 'denied' },
    os: { traced: 'device.os', recorded: 'device.os', varied: true, inBasis: 'denied' },
    registered: { traced: 'device.signals', recorded: 'device.signals', varied: true, inBasis: 'absent' },
    managed: { traced: 'device.signals', recorded: 'device.signals', varied: true, inBasis: 'absent' },
    assurances: { traced: 'device.signals', recorded: 'device.signals', varied: true, inBasis: 'absent' },
    lastUsed: { ...ofPages, inBasis: 'absent' },
    remembered: {
      traced: 'device.remembered',
      recorded: 'device.remembered',
      varied: no('a browser remembers nothing, unless the test says so'),
      inBasis: 'absent',
    },
  },
  keepSignedIn: {
    traced: 'kept',
    recorded: 'keptSignedIn',
    varied: no('the user does not ask for it, unless the test says so'),
    inBasis: 'absent',
  },
  lastSignIn: { traced: 'lastSignIn', recorded: 'user.lastSignIn', varied: true, inBasis: 'unknown' },
  isLastSignInAssumed: {
    traced: 'recordedSince',
    recorded: 'user.lastSignIn',
    varied: no('rules do not tell it from a sign-in'),
    inBasis: 'absent',
  },
  risk: { traced: 'risk', recorded: 'risk', varied: true, inBasis: 'unknown' },
  distance: { traced: 'distance', recorded: 'distance', varied: true, inBasis: 'unknown' },
  subject: {
    id: { ...ofAccount, recorded: 'user.id', varied: true },
    status: {
      ...ofAccount,
      recorded: no('a test is about an active user'),
      varied: no('a test is about an active user'),
    },
    identifiers: { ...ofAccount, recorded: 'user.identifiers', varied: true },
    groups: { ...ofAccount, recorded: 'user.groups', varied: true },
    userType: { ...ofAccount, recorded: 'user.userType', varied: true },
    profile: { ...ofAccount, recorded: 'user.attributes', varied: true },
    enrollments: {
      ...ofAccount,
      recorded: 'user.enrolled',
      varied: no('the sets of authenticators are gone through beside the facts'),
    },
    createdAt: { ...ofAccount, recorded: 'user.accountAge', varied: true },
    recovery: { ...ofAccount, recorded: 'user.recovered', varied: true },
    skipped: {
      traced: 'skips',
      recorded: 'user.skipped',
      varied: no('no rule asks about it'),
      inBasis: 'present',
    },
    acceptedTerms: { ...ofPages, ...ofAccount },
    offeredAttributes: { ...ofPages, ...ofAccount },
    consents: { ...ofPages, ...ofAccount },
    deletionDueAt: { ...ofPages, ...ofAccount },
  },
  evidence: {
    traced: 'proved',
    recorded: 'evidence',
    varied: no('a session holds nothing, unless the test says so'),
    inBasis: 'denied',
  },
} as const satisfies FactTable;

/** Facts, and members of facts, of which a stored basis may know nothing. */
export type UnknownInBasis = {
  [Name in keyof typeof factTable]: (typeof factTable)[Name] extends { readonly inBasis: 'unknown' } ? Name : never;
}[keyof typeof factTable];

const rows = Object.entries(factTable).flatMap(([fact, row]): readonly (readonly [string[], WithoutInBasis])[] =>
  isRow(row)
    ? [[[fact], row.inBasis]]
    : Object.entries(row).map(([member, { inBasis }]) => [[fact, member], inBasis] as const),
);

function isRow(row: object): row is FactRow<WithoutInBasis> {
  return 'inBasis' in row;
}

/** Whether stored facts contain everything that each release stores. */
export function hasEveryFact(stored: object): boolean {
  const valueAt = (path: readonly string[]) =>
    path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], stored);
  return rows.every(([path, inBasis]) => inBasis !== 'denied' || valueAt(path) !== undefined);
}
