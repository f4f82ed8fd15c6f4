/** The fact table says what the code does: each row is tried with another value of its fact. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { merging } from '../../src/cli/policy-tests/merged-facts.ts';
import { recordedFacts } from '../../src/cli/policy-tests/recorded-sign-in.ts';
import { evaluate } from '../../src/core/decision/evaluate.ts';
import { evaluateIssuance } from '../../src/core/decision/token-issuance.ts';
import type { ConditionSet } from '../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../src/core/model/enrollment-policy.ts';
import type { Enrollment, Evidence, RuleFacts, Subject } from '../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../src/core/model/neutral-facts.ts';
import type { Rule } from '../../src/core/model/policy.ts';
import { compilePolicy } from '../../src/core/policy/rules/compile.ts';
import { plainTime, type UserFacts } from '../../src/core/policy/theories/theory.ts';
import { riskOf } from '../../src/core/policy/values/risk.ts';
import { auditTrace } from '../../src/flow/audit-trace.ts';
import { factTable, type UnknownInBasis } from '../../src/flow/facts/fact-table.ts';
import { issuanceFacts, type TokenBasis, tokenBasisOf } from '../../src/flow/facts/token-basis.ts';
import { exampleOptions } from '../../src/policy/analysis/text/example-options.ts';
import { type Snapshot, snapshotOfDocuments } from '../../src/policy/revision/snapshot.ts';
import type { PolicyTest } from '../../src/policy/schema/policy-tests.ts';
import type { VersionedAccount } from '../../src/users/record/account.ts';
import { allow, enrollmentTerms, factors, policiesOf, riskScoring } from '../core/support/fixtures.ts';
import { load } from '../unit/policy/support/configuration-dir.ts';

const day = 86_400;
const authenticators = authenticatorKinds.filter(({ key }) => key === 'password' || key === 'totp');

const userIdOf = (letter: string) => `${letter.repeat(21)}A`;

/** One condition of each kind, so that rules ask about every fact. Each misses. */
const sets = [
  { users: { any: ['boss', userIdOf('b')] } },
  { groups: { any: ['staff'] } },
  { userType: { any: ['partner'] } },
  { network: { any: ['office'] } },
  { device: { known: false } },
  { device: { platform: ['mobile'] } },
  { device: { os: ['ios'] } },
  { device: { managed: true } },
  { device: { assurance: { any: ['encrypted'] } } },
  { scopes: { any: ['email'] } },
  { claims: { any: ['email'] } },
  { time: { days: [2], zone: 'UTC' } },
  { accountAge: { atLeast: 9 * day } },
  { lastSignIn: { within: 60 } },
  { risk: { any: ['newCountry'] } },
  { distance: { notWithin: 9000 } },
  { recovered: { within: 60 } },
  { attributes: { department: { equals: 'sales' } } },
] satisfies readonly ConditionSet[];

const signals = (...names: Parameters<typeof riskOf>[0]) => riskOf(names, [], riskScoring);
const enrollment = (authenticator: string): Enrollment => ({
  id: `own-${authenticator}`,
  authenticator,
  factors: ['knowledge'],
  characteristics: [],
});
const proofOf = (subjectId: string, age: number): Evidence => ({
  ...{ authenticator: 'password', enrollment: 'own-password', factors: ['knowledge'], characteristics: [], amr: [] },
  ...{ subject: subjectId, at: plainTime - age, transaction: 'earlier', origin: 'sign_in' },
});

const subject: Subject = {
  ...{ id: userIdOf('a'), status: 'active', identifiers: ['ann@a.test'], groups: ['one'], userType: 'employee' },
  ...{ profile: { department: 'law' }, enrollments: [enrollment('password')], createdAt: plainTime - 5 * day },
  recovery: { at: plainTime - day, by: [] },
};

const plain = neutralFacts({
  now: plainTime,
  transaction: { id: 'one', startedAt: plainTime },
  request: {
    ...neutralRequest('notes', ['openid']),
    essentialClaims: ['name'],
    acrValues: ['phr'],
    maxAge: 60,
  },
  network: { ip: '198.51.100.1', zones: [] },
  device: { known: true, platform: 'desktop', os: 'linux', registered: true, assurances: ['patched'] },
  lastSignIn: plainTime - 2 * day,
  risk: signals('newNetwork'),
  distance: 40,
  subject,
  evidence: [proofOf(subject.id, 10)],
}) satisfies UserFacts;

type Sample<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends { readonly inBasis: string } ? unknown : never;
};
type Samples = {
  readonly [Name in keyof typeof factTable]: (typeof factTable)[Name] extends { readonly inBasis: string }
    ? unknown
    : Sample<(typeof factTable)[Name]>;
};

/** By fact, a value that differs from the plain one. */
const others: Samples = {
  now: plainTime + 3 * day,
  transaction: { id: 'two', startedAt: plainTime },
  request: {
    ...{ clientId: 'other', scopes: ['openid', 'email'], essentialClaims: ['email'], acrValues: ['phrh'] },
    ...{ acrEssential: true, maxAge: 90, promptLogin: true, promptConsent: true, promptSelectAccount: true },
    claims: ['nickname'],
  },
  network: { ip: '192.0.2.9', isUnknown: true, zones: ['office'], unknownZones: ['office'] },
  device: {
    ...{ known: false, platform: 'mobile', os: 'ios', registered: undefined, managed: true },
    ...{ assurances: ['encrypted'], lastUsed: ['own-password'] },
    remembered: [{ ...proofOf(subject.id, 9), until: plainTime + day }],
  },
  keepSignedIn: true,
  lastSignIn: plainTime - 3 * day,
  isLastSignInAssumed: true,
  risk: signals('newCountry', 'newNetwork'),
  distance: 9500,
  subject: {
    ...{ id: userIdOf('b'), status: 'suspended', identifiers: ['boss'], groups: ['staff'], userType: 'partner' },
    ...{ profile: { department: 'sales' }, enrollments: [enrollment('totp')], createdAt: plainTime - 10 * day },
    ...{ recovery: { at: plainTime - 30, by: [] }, skipped: { totp: { grace: { count: 1, at: plainTime } } } },
    ...{ acceptedTerms: { use: '1' }, offeredAttributes: ['nickname'], deletionDueAt: plainTime + day },
    consents: { notes: { granted: ['email'], rejected: [] } },
  },
  evidence: [proofOf(subject.id, 20)],
};

/** A row of the table, with the path of its fact. */
interface Row {
  readonly path: readonly [string] | readonly [string, string];
  readonly traced: string | { readonly no: string };
  readonly recorded: string | { readonly no: string };
  readonly varied: true | { readonly no: string };
  readonly inBasis: string;
}

const rows = Object.entries(factTable).flatMap(([fact, row]): readonly Row[] =>
  'inBasis' in row
    ? [{ path: [fact], ...row }]
    : Object.entries(row).map(([member, of]) => ({ path: [fact, member], ...(of as Omit<Row, 'path'>) })),
);
const cases = rows.map((row) => [row.path.join('.'), row] as const);

function valueIn(whole: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], whole);
}

/** A copy with this value at the path; without it for `undefined`. */
function set<Whole>(whole: Whole, [first, ...further]: readonly string[], value: unknown): Whole {
  if (first === undefined) return value as Whole;
  const { [first]: before, ...unchanged } = (whole ?? {}) as Record<string, unknown>;
  const after = set(before, further, value);
  return { ...unchanged, ...(after !== undefined && { [first]: after }) } as Whole;
}

/** The plain facts with another value. What the time or the user is a part of goes with it. */
function otherFacts({ path }: Row): UserFacts {
  const other = set(plain, path, valueIn(others, path));
  const shift = other.now - plain.now;
  return {
    ...other,
    ...(typeof other.lastSignIn === 'number' && { lastSignIn: other.lastSignIn + shift }),
    evidence: other.evidence.map((proof) => ({ ...proof, subject: other.subject.id, at: proof.at + shift })),
  };
}

const deny = { kind: 'deny' } as const;
const rest = { name: 'Rest', when: {}, then: deny };
/** It decides nothing, and a browser may remember proofs for it. */
const remembering: Rule = {
  name: 'Remembering',
  when: {},
  then: { kind: 'allow', requirement: factors(2), remember: day },
};
const policies = {
  ...policiesOf({ app: factors(1) }),
  app: compilePolicy({
    name: 'app',
    rules: [...sets.map((when, index) => ({ name: `Rule ${index}`, when, then: deny })), rest, remembering],
  }),
  enrollment: compilePolicy<EnrollmentRule>({
    name: 'enrollment',
    rules: [{ name: 'All', when: {}, then: enrollmentTerms({ required: [{ anyOf: ['totp'], grace: { skips: 3 } }] }) }],
  }),
};

/** What the audit log keeps of these facts, where every rule was asked. */
function traceOf(facts: RuleFacts) {
  const { trace } = evaluate(policies, plain);
  const { layers: _, ...kept } = auditTrace(
    { trace: { ...trace, ...(facts.risk && { risk: facts.risk }) } },
    facts,
    'other',
  ).trace;
  return kept;
}

test.each(cases)('%s: the audit trace keeps it, or does not, as the table says', (_, row) => {
  const [before, after] = [traceOf(plain), traceOf(otherFacts(row))];
  if (typeof row.traced === 'string') {
    const path = row.traced.split('.');
    expect(valueIn(after, path)).not.toEqual(valueIn(before, path));
  } else expect(after).toEqual(before);
});

test.each(cases)('%s: a recorded test contains it, or does not, as the table says', (_, row) => {
  const recorded = (facts: UserFacts) =>
    recordedFacts({ subject: facts.subject, at: facts.now, trace: traceOf(facts) }, policies, {
      attributes: {},
      closed: false,
    }).facts;
  const [before, after] = [recorded(plain), recorded(otherFacts(row))];
  if (typeof row.recorded === 'string') {
    const path = row.recorded.split('.');
    expect(valueIn(after, path)).not.toEqual(valueIn(before, path));
  } else expect(after).toEqual(before);
});

const varied = cases.filter(([, row]) => row.varied === true);

test.each(varied)('%s: the options of an example of a finding say it', (name, row) => {
  const [before, after] = [exampleOptions(plain), exampleOptions(otherFacts(row))];
  // The analysis makes up no address and no zone of which nothing is known.
  if (name === 'network.unknownZones' || name === 'network.isUnknown') expect(after).toEqual(before);
  else expect(after).not.toEqual(before);
});

describe('a policy test', () => {
  let merge: (said: Partial<PolicyTest>) => ReturnType<typeof merging>;
  const everything: Partial<PolicyTest> = {
    user: {
      ...{ id: userIdOf('c'), identifiers: ['eve@a.test'], groups: ['one'], userType: 'employee' },
      ...{ attributes: { department: 'law' }, accountAge: 5 * day, lastSignIn: 2 * day, recovered: day },
    },
    network: { zones: [] },
    device: { known: true, platform: 'desktop', os: 'linux', signals: ['registered'] },
    ...{ risk: ['newNetwork'], distance: 40, time: '2027-01-15T08:00:00Z', evidence: ['password@60s'] },
    request: { scopes: ['openid'], acrValues: ['phr'], essentialClaims: ['name'], maxAge: 5 },
    keptSignedIn: true,
  };

  beforeAll(async () => {
    const { snapshot, app } = await configured();
    const configuration = { snapshot, apps: ['notes'], authenticators, variables: {} };
    merge = (said) => merging({ name: 'One', app: 'notes', ...said }, { app, sets }, configuration);
  });

  test.each(cases)('%s: is varied where the test says nothing of it, or not, as the table says', (_, row) => {
    const merged = merge({});
    const [before, after] = [plain, otherFacts(row)].map((facts) => merged(facts, ['password']));
    if (before === undefined || after === undefined) throw new Error('the options are refused');
    if (row.varied === true) expect(valueIn(after, row.path)).toEqual(valueIn(otherFacts(row), row.path));
    else expect(after).toEqual(before);
  });

  test.each(cases)('%s: is what the test says, whatever the analysis tries', (_, row) => {
    const merged = merge(everything);
    const [before, after] = [plain, otherFacts(row)].map((facts) => merged(facts, ['password']));
    expect(before).toBeDefined();
    expect(after).toEqual(before);
  });
});

describe('a stored token basis', () => {
  let snapshot: Snapshot;
  const account: VersionedAccount = {
    user: {
      ...{ id: subject.id, status: 'active', identifiers: [], profile: {}, groups: ['staff'], createdAt: plainTime },
      ...{ updatedAt: plainTime, validAfter: 0 },
    },
    ...{ credentials: [], userVersion: 1, credentialsVersion: 1 },
  };
  const stored = tokenBasisOf(plain, {
    assurance: { amr: [], authTime: 0, supportingEvidence: plain.evidence },
    waived: ['password'],
  });
  const exchanged = (basis: TokenBasis) => issuanceFacts(basis, { account, snapshot, now: plainTime + day });

  beforeAll(async () => {
    const recording = { historySince: plainTime + 60, recordsPlaces: true as const };
    snapshot = { ...(await configured()).snapshot, ...recording };
  });

  test.each(cases)('%s: means without it what the table says', (_, { path, inBasis }) => {
    const without = set(stored, path, undefined);
    const facts = exchanged(without);
    if (inBasis === 'denied') expect(facts).toBeUndefined();
    else if (inBasis === 'absent') expect([facts !== undefined, valueIn(facts, path)]).toEqual([true, undefined]);
    else if (inBasis === 'present') expect([valueIn(stored, path), facts]).toEqual([undefined, exchanged(stored)]);
    else expect([valueIn(stored, path) === undefined, facts !== undefined]).toEqual([false, true]);
  });

  /** By fact that may be unknown: conditions about it, each and its opposite. */
  const asking: { readonly [Fact in UnknownInBasis]: readonly ConditionSet[] } = {
    lastSignIn: [{ lastSignIn: { within: 30 * day } }, { lastSignIn: { notWithin: 30 * day } }],
    risk: [{ risk: { atLeast: 'high' } }, { risk: { below: 'high' } }, { risk: { none: ['newCountry'] } }],
    distance: [{ distance: { within: 500 } }, { distance: { notWithin: 500 } }],
  };

  test.each(Object.values(asking).flat())('denies where nothing was recorded and a rule asks: %j', (when) => {
    const basis = Object.keys(asking).reduce((kept, fact) => set(kept, [fact], undefined), stored);
    const facts = exchanged(basis);
    if (facts === undefined) throw new Error('the basis is refused');
    const asks = [
      { name: 'Asks', when, then: allow(factors(1)) },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ];
    const app = compilePolicy({ name: 'app', rules: asks });
    const decided = evaluateIssuance({ ...policiesOf({ app: factors(1) }), app }, facts);
    expect(decided).toMatchObject({ allow: false, reason: 'condition_failed' });
  });
});

async function configured() {
  const loaded = await load({}, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('the app is missing');
  return { snapshot, app };
}
