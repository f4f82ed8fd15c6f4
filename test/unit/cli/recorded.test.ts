/** What a recorded sign-in keeps: the facts that rules asked about, and nothing that says who it was. */
import { expect, test } from '@jest/globals';
import { recordedFacts } from '../../../src/cli/policy-tests/recorded.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../src/core/policy/compile.ts';
import type { AuditTrace } from '../../../src/flow/audit-trace.ts';
import { policyTestsSchema } from '../../../src/policy/schema/policy-tests.ts';
import { allow, descriptor, factors, NOW, policiesOf, userWith } from '../../core/support/fixtures.ts';

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
  const attributes = { attributes: {}, closed: false };
  return recordedFacts({ subject, at: NOW, trace: { ...trace, ...more } }, policies, attributes).facts;
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

test('what was not unusual is not written, and less than a kilometre is one', () => {
  const facts = recorded({ device: { known: false, signals: [] }, risk: [], distance: 0 });
  expect([facts.device, facts.risk, facts.distance]).toEqual([undefined, undefined, '1 km']);
  expect(recorded({ distance: 'nowhere' }).distance).toBe('nowhere');
});
