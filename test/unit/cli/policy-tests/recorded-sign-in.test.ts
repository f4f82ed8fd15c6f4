/** What a recorded sign-in keeps: the facts that rules asked about, and nothing that says who it was. */
import { expect, test } from '@jest/globals';
import { factsFromOptions } from '../../../../src/cli/explain/facts-from-options.ts';
import { recordedFacts } from '../../../../src/cli/policy-tests/recorded-sign-in.ts';
import { factOptionsOf } from '../../../../src/cli/policy-tests/test-facts.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { AuditTrace } from '../../../../src/flow/audit-trace.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { policyTestsSchema } from '../../../../src/policy/schema/policy-tests.ts';
import { allow, descriptor, factors, fixedNow, policiesOf, userWith } from '../../../core/support/fixtures.ts';
import { authenticators, load } from '../../policy/support/configuration-dir.ts';

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
  const test = { name: 'Recorded', app: 'notes', ...facts, expect: { deny: false } };
  expect(schema.safeParse({ tests: [test] }).error).toBeUndefined();
  expect(JSON.stringify(facts)).not.toMatch(/ann|example\.org/);
});

const attributes = { attributes: {}, closed: false };

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
    leftOut: ['risk', 'distance', 'lastSignIn'],
  });
});

test('usual facts are not written, and less than a kilometre counts as one', () => {
  const facts = recorded({ device: { known: false, signals: [] }, risk: [], distance: 0 });
  expect([facts.device, facts.risk, facts.distance]).toEqual([undefined, undefined, '1 km']);
  expect(recorded({ distance: 'nowhere' }).distance).toBe('nowhere');
});
