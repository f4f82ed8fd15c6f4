/** What a method that is switched on lets users set up, compared with the evaluator on both sides. */
import { expect, test } from '@jest/globals';
import { newlyOpened } from '../../../../src/core/analysis/comparison/switched-on.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, descriptor, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

interface Parts {
  /** Absent: `voice`. `none`: it has none that are told apart. */
  readonly methods?: readonly string[] | 'none';
  readonly enabled?: readonly Key[];
  readonly requires?: readonly Key[];
  readonly when?: Conditions;
  readonly asks?: Requirement;
  readonly useOnly?: readonly Key[];
  readonly more?: Partial<AuthenticatorDescriptor>;
}

const everywhere: readonly Key[] = ['password', 'phone', 'webauthn'];

const { methods: _methods, ...withoutMethods } = descriptor.phone;

function setOf({
  methods = ['voice'],
  enabled = everywhere,
  requires = ['webauthn'],
  when = {},
  asks = factors(1),
  useOnly = [],
  more = {},
}: Parts): PolicySet {
  const then = {
    required: requires.map((key) => ({ anyOf: [key] })),
    optional: [],
    promoted: [],
    disabled: [],
    useOnly,
  };
  const others = { name: 'rest', when: {}, then: { kind: 'deny' as const } };
  const set = policiesOf({
    enabled,
    app: { name: 'app', rules: [{ name: 'app', when, then: allow(asks) }, others] },
  });
  return {
    ...set,
    authenticators: set.authenticators.map((authenticator) =>
      authenticator.key === 'phone'
        ? { ...withoutMethods, ...more, ...(methods !== 'none' && { methods }) }
        : authenticator,
    ),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'rest', when: {}, then }] }),
  };
}

function search(active: Parts, next: Parts, enabledEarlier: readonly string[] = []) {
  const space = ruleSpace([active.when ?? {}, next.when ?? {}], universe());
  return newlyOpened({ active: setOf(active), next: setOf(next), enabledEarlier }, space).map(
    ({ proved, besides, enrolls }) => ({
      proved: proved.map(({ key, methods = [] }) => [key, ...methods].join('.')),
      besides,
      enrolls,
    }),
  );
}

const withEmail = factors(1, { demands: [{ authenticators: ['phone'] }, { authenticators: ['email'] }] });
const byPasskey: Parts = {
  enabled: ['phone', 'totp', 'webauthn'],
  requires: ['totp'],
  useOnly: ['webauthn'],
  asks: factors(1, { demands: [{ authenticators: ['webauthn'] }] }),
};
const sms = { methods: ['voice', 'sms'] };

test('a new method comes up to the level of an account that has its authenticator', () => {
  expect(search({}, sms)).toEqual([{ proved: ['phone.sms'], besides: [], enrolls: ['webauthn'] }]);
});

test('each new method is reported once', () => {
  const both = search({ methods: [] }, sms);
  expect(both.map(({ proved }) => proved[0])).toEqual(['phone.voice', 'phone.sms']);
});

test('it comes up to it together with another proof', () => {
  const asks = factors(2, { demands: [{ authenticators: ['password'] }] });
  expect(search({ asks }, { ...sms, asks })).toEqual([
    { proved: ['phone.sms', 'password'], besides: [], enrolls: ['webauthn'] },
  ]);
});

test('users may need another authenticator as well', () => {
  const parts: Parts = { requires: ['email', 'webauthn'], enabled: ['phone', 'email', 'webauthn'] };
  expect(search(parts, { ...parts, ...sms })).toEqual([
    { proved: ['phone.sms'], besides: ['email'], enrolls: ['webauthn'] },
  ]);
});

test('users may need all other authenticators as well', () => {
  const enabled: readonly Key[] = ['password', 'phone', 'email', 'recovery_code'];
  const requires: readonly Key[] = ['email', 'recovery_code', 'totp'];
  const parts: Parts = { enabled, requires, asks: factors(2, { demands: [{ authenticators: ['password'] }] }) };
  expect(search(parts, { ...parts, ...sms, enabled: [...enabled, 'totp'] })).toEqual([
    { proved: ['phone.sms', 'password'], besides: ['email', 'recovery_code'], enrolls: ['totp'] },
  ]);
});

test('an authenticator that accounts may have from before is examined by each of its methods', () => {
  const off: Parts = { enabled: ['password', 'webauthn'] };
  const opened = (method: string) => ({ proved: [`phone.${method}`], besides: [], enrolls: ['webauthn'] });
  expect(search(off, sms, ['phone'])).toEqual([opened('voice'), opened('sms')]);
  expect(search(off, { methods: 'none' }, ['phone'])).toEqual([{ ...opened(''), proved: ['phone'] }]);
  expect(search(off, sms, ['totp'])).toEqual([]);
});

test('it counts for nothing before, together with another proof, too', () => {
  const asks = factors(2, { demands: [{ authenticators: ['password'] }] });
  const enabled: readonly Key[] = ['password', 'totp', 'webauthn'];
  const [active, next] = [{ asks, enabled } as const, { asks, enabled: [...enabled, 'phone'] } as const];
  expect(search(active, next, ['phone'])).toEqual([
    { proved: ['phone.voice', 'password'], besides: ['totp'], enrolls: ['webauthn'] },
  ]);
  const more = { more: { recovery: true } } as const;
  expect(search({ ...active, ...more }, { ...next, ...more }, ['phone'])).toEqual([]);
});

test('it is reported for the first rules where it applies', () => {
  const inA: Conditions = { groups: { any: ['a'] } };
  const [app, rest] = [inA, {}].map((when) => ({ name: 'app', when, then: allow(factors(1)) }));
  if (!app || !rest) throw new Error('no rules');
  const [active, next] = [{}, sms].map((parts) => ({
    ...setOf(parts),
    app: compilePolicy({ name: 'app', rules: [app, rest] }),
  }));
  if (!active || !next) throw new Error('no sides');
  const found = newlyOpened({ active, next }, ruleSpace([inA, {}], universe()));
  expect(found.map(({ now, facts }) => [now.app, facts.subject.groups])).toEqual([[app, ['a']]]);
});

test.each<[string, Parts, Parts]>([
  ['no method is new', sms, sms],
  ['a method is gone', sms, {}],
  ['methods are told apart now', { methods: 'none' }, sms],
  ['there are none to tell apart', { methods: 'none' }, { methods: 'none' }],
  [
    'it takes an authenticator that is new',
    { asks: withEmail },
    { ...sms, asks: withEmail, enabled: [...everywhere, 'email'] },
  ],
  ['the authenticator is new, too', { enabled: ['password', 'webauthn'] }, sms],
  ['nothing is to be set up', { requires: [] }, { ...sms, requires: [] }],
  ['it stands in for others', { more: { recovery: true } }, { ...sms, more: { recovery: true } }],
  ['it counts only beside others', { more: { auxiliary: true } }, { ...sms, more: { auxiliary: true } }],
  [
    'it counts only beside others, which it takes',
    { asks: factors(2), more: { auxiliary: true } },
    { ...sms, asks: factors(2), more: { auxiliary: true } },
  ],
  ['another proof was enough before', byPasskey, { ...byPasskey, ...sms }],
  ['no user is known whom the rules let in', {}, { ...sms, when: { attributes: { nick: { equals: 'a*' } } } }],
])('quiet where %s', (_, active, next) => {
  expect(search(active, next)).toEqual([]);
});
