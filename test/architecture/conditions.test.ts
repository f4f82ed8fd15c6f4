/**
 * What a newcomer forgets when a condition or a fact is added. Tables that lack one do not compile; the rest is looked
 * for here.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explainCommand } from '../../src/cli/explain/explain.ts';
import type { FactOptions } from '../../src/cli/explain/fact-options.ts';
import { evidenceOf } from '../../src/cli/explain/proofs-from-options.ts';
import type { ConditionName } from '../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor, Enrollment, Evidence, Facts, Subject } from '../../src/core/model/facts.ts';
import { conditionDescriptors, conditionsAbout } from '../../src/core/policy/rules/condition-table.ts';
import { conditionArbitraries, factArbitraries } from '../core/support/fact-arbitraries.ts';
import { document, everything, guideFor, isNamedIn } from './support/documents.ts';

type OptionName = keyof FactOptions | 'app' | 'user';

type OptionsFor<Members> = { readonly [Name in keyof Required<Members>]: readonly OptionName[] };

/** Facts that are not made of members. */
type PlainFact = 'now' | 'keepSignedIn' | 'lastSignIn' | 'distance' | 'evidence';

/** No condition reads these. */
type Unread = 'isLastSignInAssumed';

/** By fact. A fact that is missing here does not compile: no decision that depends on it could be explained. */
const optionsByFact = {
  now: ['at'],
  // An explanation is about a request for which no interaction has started.
  transaction: {
    id: [],
    startedAt: [],
    skipped: [],
    requestedEnrollment: [],
    recovering: [],
    consented: [],
    accountSelected: [],
    deletionAcknowledged: [],
  },
  request: {
    clientId: ['app'],
    scopes: ['scope'],
    essentialClaims: ['essentialClaims'],
    acrValues: ['acrValues'],
    acrEssential: ['essentialAcr'],
    maxAge: ['maxAge'],
    promptLogin: ['promptLogin'],
    promptConsent: ['promptConsent'],
    promptSelectAccount: ['promptSelectAccount'],
    claims: ['claims'],
  },
  network: { ip: ['ip'], isUnknown: ['ip'], zones: ['ip', 'zone'], unknownZones: ['ip', 'zone'] },
  device: {
    known: ['device'],
    platform: ['platform'],
    os: ['os'],
    registered: ['deviceSignals'],
    managed: ['deviceSignals'],
    assurances: ['deviceSignals'],
    lastUsed: ['lastUsed'],
    remembered: ['remembered'],
  },
  keepSignedIn: ['keepSignedIn'],
  lastSignIn: ['lastSignIn'],
  risk: { reasons: ['risk'], level: ['risk'], unknown: [], levelAtMost: [] },
  distance: ['distance'],
  subject: {
    id: ['user', 'userId'],
    status: ['user'],
    identifiers: ['user', 'identifiers'],
    groups: ['user', 'groups'],
    userType: ['user', 'userType'],
    profile: ['user', 'attribute'],
    enrollments: ['user', 'enrolled'],
    skipped: ['user', 'skipped'],
    createdAt: ['user', 'accountAge'],
    recovery: ['user', 'recovered', 'recoveredBy'],
    acceptedTerms: ['user'],
    offeredAttributes: ['user'],
    consents: ['user'],
    deletionDueAt: ['user'],
  },
  evidence: ['evidence'],
} as const satisfies OptionsFor<Pick<Facts, PlainFact>> & {
  readonly [Group in Exclude<keyof Facts, PlainFact | Unread>]-?: OptionsFor<NonNullable<Facts[Group]>>;
};

/**
 * By member of evidence, a proof of `--evidence` that differs in it from a password that was proved just now.
 * Undefined: no option sets it. A member that is missing here does not compile.
 */
const proofsByMember = {
  authenticator: 'phone',
  enrollment: 'phone',
  factors: 'phone',
  characteristics: 'password[]',
  method: 'phone.sms',
  at: 'password@3h',
  longestPause: 'password@3h/20m',
  // Evidence is of the user of the question, and was given in earlier transactions.
  subject: undefined,
  transaction: 'password@3h',
  // `explain` takes the account as it is.
  validAfter: undefined,
  // No rule reads these. A proof to recover an account is none in a session, and every proof of the option signs in.
  amr: undefined,
  origin: undefined,
  replacesProof: undefined,
} as const satisfies { readonly [Member in keyof Required<Evidence>]: string | undefined };

/** By condition: the options that decide whether it holds. */
const optionsByCondition = {
  users: ['user', 'userId', 'identifiers'],
  groups: ['user', 'groups'],
  userType: ['user', 'userType'],
  network: ['ip', 'zone'],
  device: ['device', 'platform', 'os', 'deviceSignals'],
  apps: ['app'],
  scopes: ['scope'],
  claims: ['essentialClaims'],
  time: ['at'],
  accountAge: ['user', 'accountAge'],
  lastSignIn: ['lastSignIn'],
  risk: ['risk'],
  distance: ['distance'],
  recovered: ['user', 'recovered'],
  authenticated: ['evidence'],
  attributes: ['user', 'attribute'],
  expression: ['user', 'userId', 'identifiers', 'attribute', 'ip', 'zone', 'device', 'scope', 'at'],
} as const satisfies { readonly [Name in ConditionName]: readonly OptionName[] };

const names: readonly string[] = Object.keys(conditionDescriptors).sort();
const explainOptions = explainCommand({} as Parameters<typeof explainCommand>[0]).options.map((option) =>
  option.attributeName(),
);

function leaves(table: object): readonly string[] {
  return Object.values(table).flatMap((value) => (typeof value === 'string' ? [value] : leaves(value)));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

test('each member of evidence is set by a proof of --evidence', () => {
  const enrollment = (authenticator: string): Enrollment => ({
    ...{ id: `own-${authenticator}`, authenticator },
    factors: [authenticator === 'phone' ? 'possession' : 'knowledge'],
    characteristics: ['userPresence'],
  });
  const enrollments = [enrollment('password'), enrollment('phone')];
  const subject: Subject = {
    ...{ id: 'ann', status: 'active', identifiers: [], groups: [], profile: {} },
    enrollments,
  };
  const descriptors = enrollments.map(
    ({ authenticator: key, factors, characteristics }): AuthenticatorDescriptor => ({
      ...{ key, factors, characteristics, enrollable: true },
      ...(key === 'phone' && { methods: ['sms', 'voice'] }),
    }),
  );
  const proved = (proof: string) => evidenceOf([proof], { subject, now: 1_800_000_000, descriptors })[0];
  const plain = proved('password');
  const members = Object.entries(proofsByMember) as [keyof Evidence, string | undefined][];
  for (const [member, proof] of members.filter(([, given]) => given !== undefined))
    expect([member, proved(proof ?? '')?.[member]]).not.toEqual([member, plain?.[member]]);
});

describe('each condition', () => {
  test.each(['src/core/policy/conditions', 'src/policy/schema/conditions'])('has its file in %s', (folder) => {
    const files = readdirSync(join(import.meta.dirname, '../..', folder)).sort();
    expect(files).toEqual(names.map((name) => `${kebab(name)}.ts`).sort());
  });

  test('has its row in the table of conditions, in the order of the descriptors', () => {
    const section = document('docs/policies.md').split('\n## Conditions\n')[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(Object.keys(conditionDescriptors));
  });

  test('has its row in the table of how the analysis takes it apart', () => {
    const [, table = ''] = document('docs/findings.md').split('\n| condition | how it is taken apart |\n');
    const rows = table.split('\n\n')[0]?.matchAll(/^\| (`[^|]*) \|/gm) ?? [];
    const listed = [...rows].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
    expect(listed.sort()).toEqual(Object.keys(conditionDescriptors).sort());
  });

  test('is in no list that "How to add" leaves out', () => {
    const isInQuotes = (text: string, name: string) =>
      [`\`${name}\``, `  ${name}:`].some((quoted) => text.includes(quoted));
    const lists = everything.filter(({ text }) => names.every((name) => isInQuotes(text, name)));
    expect(lists.map(({ path }) => path)).toContain('docs/policies.md');
    const paragraph = guideFor('A condition');
    expect(lists.map(({ path }) => path).filter((path) => !isNamedIn(paragraph, path))).toEqual([]);
  });

  test('says in its descriptor what it asks about; no other list of the sources names several', () => {
    const isNamesOnly = (list: string) => {
      const found = [...list.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
      return found.length >= 3 && found.every((name) => names.includes(name));
    };
    const listsIn = (text: string) => text.match(/\[\s*'\w+'(?:,\s*'\w+')*,?\s*\]/g)?.filter(isNamesOnly) ?? [];
    expect(
      listsIn("['users', 'groups', 'time'] ['users', 'others', 'time'] [\n  'risk',\n  'apps', 'claims',\n]"),
    ).toHaveLength(2);
    const sources = everything.filter(({ path }) => path.startsWith('src/'));
    expect(sources.length).toBeGreaterThan(500);
    expect(sources.flatMap(({ path, text }) => listsIn(text).map((list) => `${path}: ${list}`))).toEqual([]);
  });

  test('is gone through by comparisons, or left aside by name', () => {
    expect(conditionsAbout('user')).toEqual(['users', 'groups', 'userType', 'attributes']);
    expect(conditionsAbout('account')).toEqual(['accountAge', 'recovered']);
    // As the next ones, and read of real users.
    expect(conditionsAbout('past')).toEqual(['lastSignIn']);
    // The lines above need nothing but the name. These are varied by code that names them (`circumstances.ts`,
    // `fresh-sign-ins.ts`): mend it with this line.
    expect(conditionsAbout('circumstance', 'scope')).toEqual(['network', 'device', 'scopes', 'time']);
    expect(conditionsAbout('app', 'evidence', 'anything')).toEqual(['apps', 'authenticated', 'expression']);
    expect(conditionsAbout('other')).toEqual(['claims', 'risk', 'distance']);
  });

  test('is decided by options of `explain`', () => {
    expect(Object.keys(optionsByCondition).sort()).toEqual(names);
    expect(Object.values(optionsByCondition).map((options) => options.length)).not.toContain(0);
    expect(leaves(optionsByCondition).filter((option) => !explainOptions.includes(option))).toEqual([]);
  });

  test('is drawn by the arbitraries', () => {
    expect(Object.keys(conditionArbitraries).sort()).toEqual(names);
  });
});

describe('each fact', () => {
  test('is set by options of `explain`, and each option of `explain` sets one', () => {
    const others = ['config', 'json', 'service', 'transaction'];
    expect([...new Set(leaves(optionsByFact))].sort()).toEqual(
      explainOptions.filter((option) => !others.includes(option)).sort(),
    );
  });

  test('has its neutral value in one place', () => {
    const neutral = /\b(?:acrEssential|promptLogin): false\b|\bknown: false, platform: 'other'/;
    const files = everything.filter(({ path, text }) => path.startsWith('src/') && neutral.test(text));
    expect(files.map(({ path }) => path)).toEqual(['src/core/model/neutral-facts.ts']);
  });

  test('is drawn by the arbitraries', () => {
    expect(Object.keys(factArbitraries).sort()).toEqual(Object.keys(optionsByFact).sort());
  });
});
