/** What a method that is switched on lets users set up, compared with the evaluator on both sides. */
import { expect, test } from '@jest/globals';
import { newlyOpened } from '../../../src/core/analysis/comparison/switched-on.ts';
import { ruleSpace } from '../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor } from '../../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/compile.ts';
import { allow, descriptor, factors, type Key, policiesOf } from '../support/fixtures.ts';
import { universe } from '../support/universe.ts';

interface Parts {
  readonly methods?: readonly string[];
  readonly enabled?: readonly Key[];
  readonly requires?: readonly Key[];
  readonly when?: Conditions;
  readonly more?: Partial<AuthenticatorDescriptor>;
}

const everywhere: readonly Key[] = ['password', 'phone', 'webauthn'];

function setOf({
  methods = ['voice'],
  enabled = everywhere,
  requires = ['webauthn'],
  when = {},
  more = {},
}: Parts): PolicySet {
  const then = { required: requires.map((key) => ({ anyOf: [key] })), optional: [], promoted: [], disabled: [] };
  const others = { name: 'rest', when: {}, then: { kind: 'deny' as const } };
  const set = policiesOf({
    enabled,
    app: { name: 'app', rules: [{ name: 'app', when, then: allow(factors(1)) }, others] },
  });
  return {
    ...set,
    authenticators: set.authenticators.map((one) =>
      one.key === 'phone' ? { ...descriptor.phone, ...more, methods } : one,
    ),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'rest', when: {}, then }] }),
  };
}

function search(live: Parts, next: Parts) {
  const space = ruleSpace([live.when ?? {}, next.when ?? {}], universe());
  return newlyOpened({ live: setOf(live), next: setOf(next) }, space).map(({ proved, besides, enrolls }) => ({
    proved: proved.map(({ key, methods = [] }) => [key, ...methods].join('.')),
    besides,
    enrolls,
  }));
}

const sms = { methods: ['voice', 'sms'] };

test('a new method comes up to the level of an account that has its authenticator', () => {
  expect(search({}, sms)).toEqual([{ proved: ['phone.sms'], besides: [], enrolls: ['webauthn'] }]);
});

test('each new method is told of once', () => {
  const both = search({ methods: [] }, sms);
  expect(both.map(({ proved }) => proved[0])).toEqual(['phone.voice', 'phone.sms']);
});

test.each<[string, Parts, Parts]>([
  ['no method is new', sms, sms],
  ['a method is gone', sms, {}],
  ['the authenticator is new, too', { enabled: ['password', 'webauthn'] }, sms],
  ['nothing is to be set up', { requires: [] }, { ...sms, requires: [] }],
  ['it stands in for others', { more: { recovery: true } }, { ...sms, more: { recovery: true } }],
  ['it counts only beside others', { more: { auxiliary: true } }, { ...sms, more: { auxiliary: true } }],
  ['no user is known whom the rules let in', {}, { ...sms, when: { attributes: { nick: { equals: 'a*' } } } }],
])('quiet where %s', (_, live, next) => {
  expect(search(live, next)).toEqual([]);
});
