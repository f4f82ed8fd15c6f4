/** The trace of an audit line: what is in it, and that it stays small. */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Facts } from '../../../src/core/model/facts.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { riskOf } from '../../../src/core/policy/values/risk.ts';
import { type AuditTrace, auditTrace, decidingRule } from '../../../src/flow/audit-trace.ts';
import { compileExpression } from '../../../src/policy/schema/expressions/expression.ts';
import {
  allow,
  enrolled,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  riskScoring,
  userWith,
} from '../../core/support/fixtures.ts';

function traceOf(policies: PolicySet, facts: Facts): AuditTrace {
  return auditTrace(evaluate(policies, facts), facts, 'other').trace;
}

const rest: Rule = { name: 'Rest', when: {}, then: allow(factors(1)) };
const withRules = (...rules: readonly Rule[]): PolicySet => ({
  ...policiesOf({ app: factors(1) }),
  app: compilePolicy({ name: 'app', rules: [...rules, rest] }),
});

test('rules that did not decide have the first condition that kept them from it', () => {
  const policies = withRules(
    { name: 'Admins', when: { network: { any: ['office'] }, groups: { any: ['admins'] } }, then: { kind: 'deny' } },
    { name: 'Either', when: { any: [{ groups: { any: ['a'] } }, { groups: { any: ['b'] } }] }, then: { kind: 'deny' } },
  );
  const facts = factsOf({ subject: userWith(['password']), network: { ip: '', zones: ['office'] } });
  const app = traceOf(policies, facts).layers.find(({ layer }) => layer === 'app');
  expect(app).toMatchObject({
    rule: 'Rest',
    met: false,
    passed: [
      { rule: 'Admins', because: 'groups' },
      { rule: 'Either', because: 'any' },
    ],
  });
});

test('where it depends on the user, who has not identified, the rules below were not passed', () => {
  const deny = { kind: 'deny' } as const;
  const policies = withRules(
    { name: 'Office', when: { network: { any: ['office'] } }, then: deny },
    { name: 'Admins', when: { groups: { any: ['admins'] } }, then: deny },
    { name: 'Abroad', when: { network: { any: ['abroad'] } }, then: deny },
    { name: 'Staff', when: { groups: { any: ['staff'] } }, then: deny },
  );
  const app = traceOf(policies, factsOf()).layers.find(({ layer }) => layer === 'app');
  expect(app).toEqual({
    layer: 'app',
    policy: 'app',
    outcome: 'undecided',
    passed: [
      { rule: 'Office', because: 'network' },
      { rule: 'Admins', because: 'groups', unknown: true },
    ],
  });
});

test('a rule that decided several times is named once', () => {
  const { trace } = evaluate(withRules(), factsOf({ subject: userWith(['password']) }));
  const [first] = trace.layers.filter(({ decidedBy }) => decidedBy !== undefined);
  const layers = [...trace.layers, ...(first ? [first] : [])];
  expect(decidingRule({ trace: { ...trace, layers } })).toBe(decidingRule({ trace }));
  expect(decidingRule({ trace })).toContain('app: Rest');
});

test('it keeps what a rule asked about that only reports, whether it held or not', () => {
  const reporting = (when: Rule['when']): Rule => ({ name: 'Soon', when, then: { kind: 'deny' }, reportOnly: true });
  const facts = factsOf({ subject: userWith(['password']) });
  const { platform, os } = facts.device;
  const other = platform === 'mobile' ? 'desktop' : 'mobile';
  for (const when of [{ device: { platform: [platform] } }, { device: { platform: [other] } }] satisfies Rule['when'][])
    expect(traceOf(withRules(reporting(when)), facts).device).toMatchObject({ platform });
  expect(traceOf(withRules(reporting({ device: { os: [os] } })), facts).device).toMatchObject({ os });
  expect(traceOf(withRules(reporting({ claims: { any: ['email'] } })), facts).essentialClaims).toEqual([]);
});

test('of the browser it keeps what a rule asked about', () => {
  const facts = factsOf({ subject: userWith(['password']) });
  expect(traceOf(withRules(), facts).device).toEqual({ known: facts.device.known });
  const asking = withRules({ name: 'Phones', when: { device: { platform: ['mobile'] } }, then: { kind: 'deny' } });
  expect(traceOf(asking, facts).device).toEqual({ known: facts.device.known, platform: facts.device.platform });
});

test.each([
  ['device.os == "ios"', { os: 'windows' }],
  ['device.platform == "mobile" || device.os == "ios"', { platform: 'desktop', os: 'windows' }],
  ['has(device["platform"]) && device["os"] == "ios"', { platform: 'desktop', os: 'windows' }],
  ['[device].exists(d, d.os == "ios")', { platform: 'desktop', os: 'windows' }],
  ['device.known || "office" in network.zones', {}],
  ['user.groups.exists(device, device == "mobile")', {}],
])('of the browser it keeps what the expression %s read', (written, kept) => {
  const device = { known: false, platform: 'desktop', os: 'windows' } as const;
  const facts = factsOf({ subject: userWith(['password']), device });
  const expression = compileExpression(written);
  const deny = { kind: 'deny' } as const;
  const alternatives = [{ groups: { any: ['a'] } }, { expression }];
  for (const when of [{ expression }, { any: alternatives }])
    expect(traceOf(withRules({ name: 'Asks', when, then: deny }), facts).device).toEqual({ known: false, ...kept });
});

test('a password that must be replaced and cannot be is in it, with the rule that asks for more before', () => {
  const { app, ...plain } = policiesOf({ app: factors(1) });
  const [first, ...others] = plain.authenticators;
  const accountPolicy = compileAccountPolicy({
    name: 'account',
    rules: [{ name: 'Two', when: {}, then: allow(factors(2)) }],
  });
  const authenticators = [
    ...(first ? [{ ...first, enrollable: true, underPasswordPolicy: true as const }] : []),
    ...others,
  ];
  const enrollments = enrolled('password').map((enrollment) => ({ ...enrollment, compromised: 'common' as const }));
  const subject = userWith(['password'], { enrollments });
  const facts = factsOf({ subject, evidence: [proof('password', 'now')] });
  const traced = traceOf({ ...plain, ...(app && { app }), authenticators, accountPolicy }, facts);
  expect(traced.passwordToReplace).toEqual({
    ...{ authenticator: 'password', reason: 'compromised' },
    ...{ layer: 'account', rule: 'Two' },
  });
  expect(traceOf(withRules(), facts)).not.toHaveProperty('passwordToReplace');
});

test('an enrollment that is needed and cannot be made is in it, with the rule that is in the way', () => {
  const accountPolicy = compileAccountPolicy({
    name: 'account',
    rules: [{ name: 'No', when: {}, then: { kind: 'deny' } }],
  });
  const policies = { ...policiesOf({ app: factors(2), enabled: ['password', 'totp'] }), accountPolicy };
  const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
  expect(traceOf(policies, facts).missingEnrollment).toEqual({
    authenticators: ['totp'],
    layer: 'account',
    rule: 'No',
  });
});

test('of the device, the risk and the past it keeps what a rule asked about', () => {
  const device = { ...factsOf().device, registered: true, managed: true, assurances: ['encrypted'] } as const;
  const past = { distance: 800, lastSignIn: fixedNow - 90 };
  const risk = riskOf(['newDevice', 'newCountry'], [], riskScoring);
  const evidence = [proof('password', 'now')];
  const facts = factsOf({ subject: userWith(['password']), device, risk, evidence, ...past });
  const plain = traceOf(withRules(), facts);
  expect([plain.device.signals, plain.risk, plain.distance, plain.lastSignIn]).toEqual(Array(4).fill(undefined));
  const deny = { kind: 'deny' } as const;
  const asking = withRules(
    { name: 'Far', when: { distance: { notWithin: 900 } }, then: deny },
    { name: 'Long away', when: { lastSignIn: { notWithin: 86_400 } }, then: deny },
    { name: 'Not ours', when: { device: { managed: false } }, then: deny },
    { name: 'Abroad', when: { risk: { any: ['impossibleTravel'] } }, then: deny },
  );
  expect(traceOf(asking, facts)).toMatchObject({
    device: { signals: ['registered', 'managed', 'encrypted'] },
    risk: ['newDevice', 'newCountry'],
    distance: 800,
    lastSignIn: 90,
  });
  // An account that is older than the records, and that may never have signed in.
  const assumed = traceOf(asking, { ...facts, isLastSignInAssumed: true });
  expect([assumed.lastSignIn, assumed.recordedSince]).toEqual([undefined, 90]);
  // That nothing is unusual is known, too.
  const { risk: _, ...usual } = facts;
  expect(traceOf(asking, usual).risk).toEqual([]);
  expect(traceOf(asking, { ...facts, device: factsOf().device }).device.signals).toEqual([]);
});

test.each<[string, Rule['when'], Partial<Facts>, Partial<AuditTrace>]>([
  ['no last sign-in', { lastSignIn: { within: 60 } }, {}, { lastSignIn: 'never' }],
  ['no usual place', { distance: { notWithin: 5 } }, {}, { distance: 'none' }],
  ['a distance', { distance: { notWithin: 5 } }, { distance: 'unknown' }, { distance: 'unknown' }],
  [
    'a country',
    { risk: { any: ['newCountry'] } },
    { risk: riskOf([], ['newCountry'], riskScoring) },
    { risk: [], unknownRisk: ['newCountry'] },
  ],
])('that there is, or could be found out, %s is in it, where a rule asked', (_, when, more, kept) => {
  const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')], ...more });
  const asking = withRules({ name: 'Asks', when, then: { kind: 'deny' } });
  expect(traceOf(asking, facts)).toMatchObject(kept);
  for (const name of Object.keys(kept)) expect(traceOf(withRules(), facts)).not.toHaveProperty(name);
});

test('neither a thousand rules, nor much evidence, nor a long request make it large', () => {
  const rules = Array.from({ length: 1_000 }, (_, index) => ({
    name: `${index} ${'n'.repeat(190)}`,
    when: { groups: { any: [`group-${index}`] } },
    then: { kind: 'deny' as const },
  }));
  const evidence = Array.from({ length: 500 }, () => proof('password', 'now'));
  const long = Array.from({ length: 500 }, (_, index) => `${index}${'s'.repeat(5_000)}`);
  const request = { scopes: long, acrValues: long };
  const trace = traceOf(withRules(...rules), factsOf({ subject: userWith(['password']), evidence, request }));
  const app = trace.layers.find(({ layer }) => layer === 'app');
  expect([app?.passed?.length, app?.morePassed, trace.proved.length]).toEqual([8, 992, 12]);
  expect(JSON.stringify(trace).length).toBeLessThan(12_000);
});

test('what was proved comes newest first, also within one second', () => {
  const evidence = [proof('password', 60), proof('totp', 'now'), proof('webauthn', 'now')];
  const facts = factsOf({ subject: userWith(['password', 'totp', 'webauthn']), evidence });
  const { proved } = traceOf(withRules(), facts);
  expect(proved.map(({ authenticator }) => authenticator)).toEqual(['webauthn', 'totp', 'password']);
});

test('what was proved again by the same enrollment says so', () => {
  const other = { ...proof('webauthn', 30), enrollment: 'other' };
  const evidence = [proof('webauthn', 60), other, proof('webauthn', 'now')];
  const { proved } = traceOf(withRules(), factsOf({ subject: userWith(['webauthn']), evidence }));
  expect(proved.map(({ again }) => again)).toEqual([undefined, undefined, true]);
});

test('only what this user proved is in it', () => {
  const facts = factsOf({
    subject: userWith(['password']),
    evidence: [{ ...proof('password', 'now'), subject: 'zoe' }],
  });
  expect(traceOf(withRules(), facts).proved).toEqual([]);
});

test('a password that is kept although it must be replaced is in it, with what keeps it', () => {
  const policies = policiesOf();
  const own = { enrollable: true, underPasswordPolicy: true } as const;
  const rules = [{ name: 'Not here', when: {}, then: { kind: 'deny' as const } }];
  const set: PolicySet = {
    ...policies,
    authenticators: policies.authenticators.map((descriptor) => ({ ...descriptor, ...own })),
    accountPolicy: compileAccountPolicy({ name: 'account', rules }),
  };
  const subject = userWith(['password']);
  const enrollments = subject.enrollments.map((enrollment) => ({ ...enrollment, compromised: 'common' as const }));
  const facts = factsOf({ subject: { ...subject, enrollments }, evidence: [proof('password', 'now')] });
  expect(traceOf(set, facts).keptPassword).toEqual({ reason: 'compromised', layer: 'account', rule: 'Not here' });
  expect(traceOf(set, { ...facts, subject })).not.toHaveProperty('keptPassword');
});
