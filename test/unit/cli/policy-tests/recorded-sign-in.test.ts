/** What a recorded sign-in keeps: the facts that rules asked about, and nothing that says who it was. */
import { describe, expect, test } from '@jest/globals';
import { factsFromOptions } from '../../../../src/cli/explain/facts-from-options.ts';
import { recordedFacts } from '../../../../src/cli/policy-tests/recorded-sign-in.ts';
import { factOptionsOf } from '../../../../src/cli/policy-tests/test-facts.ts';
import type { Attribute, AttributeSchema } from '../../../../src/core/model/attribute.ts';
import type { DateBound } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, Grace } from '../../../../src/core/model/enrollment-policy.ts';
import type { Facts, Subject } from '../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { AuditTrace } from '../../../../src/flow/audit-trace.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { compileExpression } from '../../../../src/policy/schema/expressions/expression.ts';
import { policyTestsSchema } from '../../../../src/policy/schema/policy-tests.ts';
import { allow, descriptor, factors, fixedNow, policiesOf, userWith } from '../../../core/support/fixtures.ts';
import { authenticators, kindsOf, load } from '../../policy/support/configuration-dir.ts';

const deny = { kind: 'deny' } as const;
const rules: readonly Rule[] = [
  { name: 'Far', when: { distance: { notWithin: 500 } }, then: deny },
  { name: 'Long away', when: { lastSignIn: { notWithin: 86_400 } }, then: deny },
  { name: 'Not ours', when: { device: { managed: false } }, then: deny },
  { name: 'Risky', when: { risk: { atLeast: 'high' } }, then: deny },
  { name: 'Rest', when: {}, then: allow(factors(1)) },
];
const policies = { ...policiesOf({ app: factors(1) }), app: compilePolicy({ name: 'app', rules }) };
const subject = userWith(['password']);
const trace: Omit<AuditTrace, 'layers'> = {
  proved: [],
  device: { known: true, signals: ['registered', 'managed', 'encrypted'] },
  scopes: ['openid'],
  risk: ['newNetwork'],
  distance: 12,
  lastSignIn: 3600,
};

function recorded(more: Partial<typeof trace>): Readonly<Record<string, unknown>> {
  return recordedFacts({ subject, at: fixedNow, trace: { ...trace, ...more } }, policies, attributes).facts;
}

test('device, risk, distance and the last sign-in come from the log', () => {
  const facts = recorded({});
  expect(facts).toMatchObject({
    user: { lastSignIn: 'PT3600S' },
    device: { known: true, signals: ['registered', 'managed', 'encrypted'] },
    risk: ['newNetwork'],
    distance: '12 km',
  });
  const schema = policyTestsSchema(Object.values(descriptor));
  const asTest = { name: 'Recorded', app: 'notes', ...facts, expect: { deny: false } };
  expect(schema.safeParse({ tests: [asTest] }).error).toBeUndefined();
  expect(JSON.stringify(facts)).not.toMatch(/ann|example\.org/);
});

const attributes = { attributes: {}, closed: false };

test.each<[Rule['when'], readonly string[]]>([
  [{ device: { os: ['ios'] } }, ['device.os']],
  [{ device: { known: true, platform: ['mobile'] } }, ['device.platform']],
  [{ any: [{ device: { managed: true } }, { device: { os: ['ios'] } }] }, ['device.os', 'device.signals']],
  [{ expression: compileExpression('device.os == "ios"') }, ['device.os']],
  [{ expression: compileExpression('device.known || device.platform.startsWith("m")') }, ['device.platform']],
  [{ expression: compileExpression('device.known') }, []],
])('what a line does not say of the device is named, where rules ask: %j', (when, leftOut) => {
  const asking = { ...policies, app: compilePolicy({ name: 'app', rules: [{ name: 'Asks', when, then: deny }] }) };
  const of = (device: AuditTrace['device']) =>
    recordedFacts({ subject, at: fixedNow, trace: { ...trace, device } }, asking, attributes).leftOut;
  expect(of({ known: true })).toEqual(leftOut);
  expect(of({ known: true, platform: 'mobile', os: 'android', signals: [] })).toEqual([]);
});

test('zones that were not known are named, where rules ask for some', () => {
  const asking = compilePolicy({
    name: 'app',
    rules: [{ name: 'There', when: { network: { any: ['office'] } }, then: deny }],
  });
  const of = (more: Partial<AuditTrace>, app: CompiledPolicy<Rule> = asking) =>
    recordedFacts({ subject, at: fixedNow, trace: { ...trace, ...more } }, { ...policies, app }, attributes).leftOut;
  expect(of({ unknownZones: ['office'] })).toContain('network');
  expect(of({})).not.toContain('network');
  expect(of({ unknownZones: ['office'] }, compilePolicy({ name: 'app', rules }))).not.toContain('network');
});

test('attributes with several values are recorded whole, and no other one', () => {
  const ofSite = compilePolicy({
    name: 'app',
    rules: [{ name: 'South', when: { attributes: { sites: { equals: 'south' } } }, then: deny }, ...rules],
  });
  const inBoth = { ...subject, profile: { sites: ['north', 'south'], others: ['x'] } };
  const { facts } = recordedFacts({ subject: inBoth, at: fixedNow, trace }, { ...policies, app: ofSite }, attributes);
  expect(facts.user).toMatchObject({ attributes: { sites: ['north', 'south'] } });
});

test.each<[string, Pick<AuditTrace, 'lastSignIn' | 'recordedSince'>, unknown]>([
  ['a user who never signed in', { lastSignIn: 'never' }, 'never'],
  ['one who did so just now', { lastSignIn: 0 }, 'PT1S'],
  ['one of whom nothing is on record, since it just began', { recordedSince: 0 }, { recordedSince: 'PT0S' }],
  ['one of whom nothing is on record for long', { recordedSince: 90_000 }, { recordedSince: 'PT90000S' }],
])('the last sign-in of %s comes from the log, and the test comes to the same', async (_, past, written) => {
  const { lastSignIn: _own, ...others } = trace;
  const whole = {
    ...others,
    distance: 'none' as const,
    risk: [],
    device: { known: true, signals: ['managed'] },
    ...past,
  };
  const { facts, leftOut } = recordedFacts({ subject, at: fixedNow, trace: whole }, policies, attributes);
  expect([facts.user, leftOut]).toEqual([{ groups: [], enrolled: ['password'], lastSignIn: written }, []]);
  const loaded = await load();
  if (!loaded.ok) throw new Error('not loaded');
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('no app');
  const schema = policyTestsSchema(authenticators);
  const [one] = schema.parse({ tests: [{ name: 'One', app: 'notes', ...facts, expect: { deny: false } }] }).tests;
  if (one === undefined) throw new Error('no test');
  const made = factsFromOptions(factOptionsOf(one), { snapshot, app, authenticators, now: fixedNow });
  const ago = past.recordedSince ?? past.lastSignIn;
  const rule = (now: Facts) => findRule(policies.app, now).rule?.name;
  const then = { ...made, ...(typeof ago === 'number' && { lastSignIn: made.now - ago }) };
  expect([rule(made), made.lastSignIn === undefined]).toEqual([rule(then), ago === 'never']);
});

test('facts that the log lacks, or that could not be determined, are reported as left out', () => {
  const leftOut = (more: Partial<typeof trace>, without: readonly string[] = []) => {
    const kept = Object.entries({ ...trace, ...more }).filter(([name]) => !without.includes(name));
    const known = Object.fromEntries(kept) as unknown as typeof trace;
    return recordedFacts({ subject, at: fixedNow, trace: known }, policies, attributes).leftOut;
  };
  expect(leftOut({})).toEqual([]);
  expect(leftOut({}, ['lastSignIn', 'distance', 'risk'])).toEqual(['risk', 'distance', 'lastSignIn']);
  expect(leftOut({ distance: 'unknown', unknownRisk: ['newCountry'] })).toEqual(['risk', 'distance']);
  expect(recordedFacts({ subject, at: fixedNow }, policies, attributes)).toMatchObject({
    facts: { user: { enrolled: ['password'] } },
    leftOut: ['device.signals', 'risk', 'distance', 'lastSignIn'],
  });
});

test('what no rule of these files asks about is not written, whatever the log says', () => {
  const past = { ...trace, device: { known: true, platform: 'mobile', os: 'ios', signals: ['managed'] } } as const;
  const plain = { ...policies, app: compilePolicy({ name: 'app', rules: [{ name: 'Rest', when: {}, then: deny }] }) };
  const { facts, leftOut } = recordedFacts({ subject, at: fixedNow, trace: past }, plain, attributes);
  expect([facts, leftOut]).toEqual([{ user: { groups: [], enrolled: ['password'] } }, []]);
});

test('usual facts are not written, and less than a kilometre counts as one', () => {
  const facts = recorded({ device: { known: false, signals: [] }, risk: [], distance: 0 });
  expect([facts.device, facts.risk, facts.distance]).toEqual([undefined, undefined, '1 km']);
  expect(recorded({ distance: 'nowhere' }).distance).toBe('nowhere');
});

test('proofs of the session have their age and their pause', () => {
  const proof = { authenticator: 'totp', age: 7200, factors: ['possession'], earlier: true } as const;
  const proved = [
    { ...proof, longestPause: 1200 },
    { ...proof, authenticator: 'phone', method: 'sms' },
    { ...proof, earlier: undefined },
  ];
  const facts = recorded({ proved: proved.map(({ earlier, ...rest }) => ({ ...rest, ...(earlier && { earlier }) })) });
  expect(facts.evidence).toEqual(['totp@7200s/1200s', 'phone.sms@7200s']);
});

test('a proof that was given twice within a second is written once', () => {
  const { characteristics } = descriptor.password;
  const proof = { authenticator: 'password', age: 60, factors: ['knowledge'], characteristics, earlier: true } as const;
  expect(recorded({ proved: [proof, proof] }).evidence).toEqual(['password@60s']);
});

test('a recovery after the sign-in is none before it', () => {
  const recovery = (later: number) => ({ recovery: { at: fixedNow + later, by: [] } });
  expect(recordedOf({ recovered: { within: 3600 } }, recovery(-60)).user.recovered).toBe('PT60S');
  expect(recordedOf({ recovered: { within: 3600 } }, recovery(60)).user.recovered).toBeUndefined();
});

describe('a recovery by an address', () => {
  const owner = userWith(['password', 'email', 'totp']);
  const [, mailbox] = owner.enrollments;
  if (mailbox === undefined) throw new Error('no mailbox');
  const spare = { ...mailbox, id: 'spare' };
  const of = (enrollments: Subject['enrollments'], by: readonly string[], when: Rule['when'] = {}) => {
    const { recovered: ago, recoveredBy } = recordedOf(when, { enrollments, recovery: { at: fixedNow - 60, by } }).user;
    return [ago, recoveredBy];
  };
  const asking = { recovered: { within: 3600 } };

  test('is recorded whatever rules ask about', () => {
    expect(of(owner.enrollments, [mailbox.id])).toEqual(['PT60S', ['email']]);
    expect(of([...owner.enrollments, spare], ['spare'])).toEqual(['PT60S', ['email#2']]);
  });

  test('is recorded as over where rules ask about it, and the password was changed since', () => {
    expect(of(owner.enrollments, [])).toEqual([undefined, undefined]);
    expect(of(owner.enrollments, [], asking)).toEqual(['PT60S', []]);
    expect(of(userWith(['password', 'totp']).enrollments, [], asking)).toEqual(['PT60S', undefined]);
    expect(of(owner.enrollments, ['gone'], asking)).toEqual(['PT60S', []]);
  });

  test.each([[['spare']], [[mailbox.id]], [[mailbox.id, 'spare']], [[]]])(
    'comes to the same in a test: %j',
    async (by) => {
      const enrollments = [...owner.enrollments, spare];
      const { user } = recordedOf(asking, { enrollments, recovery: { at: fixedNow - 60, by } });
      const loaded = await load();
      if (!loaded.ok) throw new Error('not loaded');
      const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
      const app = await snapshot.app('notes');
      if (app === undefined) throw new Error('no app');
      const all = kindsOf('password', 'email', 'totp');
      const schema = policyTestsSchema(all);
      const [one] = schema.parse({ tests: [{ name: 'One', app: 'notes', user, expect: { deny: false } }] }).tests;
      if (one === undefined) throw new Error('no test');
      const made = factsFromOptions(factOptionsOf(one), { snapshot, app, authenticators: all, now: fixedNow }).subject;
      const isBy = ({ enrollments: own, recovery }: Pick<Subject, 'enrollments' | 'recovery'>) =>
        own.map(({ id, authenticator }) => [authenticator, recovery?.by.includes(id)]).sort();
      expect(made && isBy(made)).toEqual(isBy({ enrollments, recovery: { at: 0, by } }));
    },
  );
});

/** What is recorded where a rule above the rest has these conditions. */
function recordedOf(when: Rule['when'], who: Partial<Subject>, schema: AttributeSchema = attributes) {
  const app = compilePolicy({ name: 'app', rules: [{ name: 'Own', when, then: deny }, ...rules.slice(4)] });
  const { facts, names, leftOut } = recordedFacts(
    { subject: { ...subject, ...who }, at: fixedNow, trace },
    { ...policies, app },
    schema,
  );
  const { user, time } = facts as { user: Readonly<Record<string, unknown>>; time?: string };
  return { user, time, names, leftOut };
}

const then = new Date(fixedNow * 1000).toISOString();
const fromNow: DateBound = { written: 'now', fromNow: 0 };
const fixedDay: DateBound = { written: '2026-12-15', from: 1_797_292_800, to: 1_797_379_200 };

test.each<[string, Rule['when'], string | undefined]>([
  ['a date after now', { attributes: { contractEnd: { after: fromNow } } }, then],
  ['a date not after now', { attributes: { contractEnd: { not: { after: fromNow } } } }, then],
  ['a date before now, in an alternative', { any: [{ attributes: { contractEnd: { before: fromNow } } }] }, then],
  ['a date after a fixed day', { attributes: { contractEnd: { after: fixedDay } } }, undefined],
  ['an hour', { expression: compileExpression('now.getHours() < 6') }, then],
  ['a fixed moment', { expression: compileExpression("now > timestamp('2026-12-24T00:00:00Z')") }, then],
  [
    'when the account was made',
    { expression: compileExpression("user.createdAt < timestamp('2026-01-01T00:00:00Z')") },
    then,
  ],
  ['how old the account is', { accountAge: { below: 3600 } }, undefined],
  ['a group', { expression: compileExpression('size(user.groups) > 2') }, undefined],
])('a test has the time where a rule asks about %s', (_, when, written) => {
  const who = { profile: { contractEnd: '2026-12-15' }, createdAt: fixedNow - 7200 };
  expect(recordedOf(when, who).time).toBe(written);
});

test('a test has the time where an enrollment may be skipped until a day', () => {
  const timeWith = (grace: Grace) => {
    const terms = { required: [{ anyOf: ['totp'], grace }], optional: [], promoted: [], disabled: [] };
    const rule: EnrollmentRule = { name: 'Later', when: {}, then: terms };
    const enrollment = compilePolicy({ name: 'enrollment', rules: [rule] });
    return recordedFacts({ subject, at: fixedNow }, { ...policies, enrollment }, attributes).facts.time;
  };
  expect([timeWith({ until: fixedNow + 60 }), timeWith({ skips: 2 })]).toEqual([then, undefined]);
});

test('a rule of the account policy about what a sign-in sets up is asked, too', () => {
  const accountPolicy = compileAccountPolicy({
    name: 'account',
    rules: [{ name: 'Own', when: { time: { zone: 'UTC', from: 0, to: 360 } }, then: deny }],
  });
  const { facts } = recordedFacts(
    { subject, at: fixedNow },
    { ...policies, accountPolicy, authenticators: [descriptor.totp] },
    attributes,
  );
  expect(facts.time).toBe(then);
});

test.each<[string, Rule['when'], Readonly<Record<string, unknown>>]>([
  ['named among others', { users: { any: ['boss', 'ann@corp.test'] } }, { identifiers: ['ann@corp.test'] }],
  ['named by id', { users: { none: ['u-ann'] } }, { id: 'u-ann' }],
  ['named by both', { users: { any: ['u-ann', 'ann'] } }, { id: 'u-ann', identifiers: ['ann'] }],
  ['not named', { users: { any: ['boss'] } }, {}],
  ['read as an id', { expression: compileExpression("user.id.startsWith('u')") }, { id: 'u-ann' }],
  [
    'read by an expression',
    { expression: compileExpression("user.identifiers.exists(i, i.endsWith('@corp.test'))") },
    { identifiers: ['ann', 'ann@corp.test'] },
  ],
  ['asked about by no rule', { groups: { any: ['staff'] } }, {}],
])('who the user is: %s', (_, when, written) => {
  const { user, names, leftOut } = recordedOf(when, { id: 'u-ann', identifiers: ['ann', 'ann@corp.test'] });
  const { id, identifiers } = user;
  expect([omitUndefined({ id, identifiers }), leftOut]).toEqual([written, []]);
  expect(names).toEqual(Object.values(written).flat());
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["'staff' in user.groups", { groups: ['staff'] }],
  ['size(user.groups) > 1', { groups: ['staff', 'editors'] }],
  ["has(user.userType) && user.userType == 'guest'", { userType: 'guest' }],
  ["has(user.userType) && user.userType.startsWith('g')", { userType: 'guest' }],
  ["has(user.profile.unit) && user.profile.unit == 'x'", { attributes: { unit: 'sales' } }],
  ['has(user.profile.unit) && size(user.profile.unit) > 3', { attributes: { unit: 'sales' } }],
  ["now - user.createdAt > duration('1h')", { accountAge: 'PT7200S' }],
])('what an expression asks of the user is recorded: %s', (written, expected) => {
  const who = {
    groups: ['staff', 'editors'],
    userType: 'guest',
    profile: { unit: 'sales' },
    createdAt: fixedNow - 7200,
  };
  for (const closed of [false, true]) {
    const schema: AttributeSchema = { attributes: closed ? { unit: { type: 'text' } as Attribute } : {}, closed };
    const { user, leftOut } = recordedOf({ expression: compileExpression(written) }, who, schema);
    expect([user, leftOut]).toEqual([{ enrolled: ['password'], groups: [], ...expected }, []]);
  }
});

test.each<[string, Rule['when'], Subject['profile']]>([
  ['the address', { attributes: { email: { equals: 'ann@corp.test' } } }, { email: 'ann@corp.test' }],
  [
    'the address in an expression',
    { expression: compileExpression("has(user.profile.email) && user.profile.email.startsWith('ann')") },
    { email: 'ann@corp.test' },
  ],
  ['a unique number', { attributes: { badge: { present: true } } }, { badge: 7 }],
])('an attribute that tells who the user is, where a rule asks about it: %s', (_, when, written) => {
  const profile = { email: 'ann@corp.test', displayName: 'Ann', badge: 7 };
  const schema: AttributeSchema = {
    attributes: { badge: { type: 'number', unique: true } as Attribute },
    closed: false,
  };
  const { user, names, leftOut } = recordedOf(when, { profile }, schema);
  expect([user.attributes, names, leftOut]).toEqual([written, Object.values(written).map(String), []]);
});

test.each(["network.ip.startsWith('10.')", 'size(user.profile) > 3'])(
  'an expression about what no test says is reported: %s',
  (written) => {
    expect(recordedOf({ expression: compileExpression(written) }, {}).leftOut).toEqual(['expression']);
  },
);
