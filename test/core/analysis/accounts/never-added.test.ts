/** Rules of the account policy by which users can never add an authenticator. */
import { describe, expect, test } from '@jest/globals';
import { neverAdded } from '../../../../src/core/analysis/accounts/never-added.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { allow, descriptor, factors } from '../../support/fixtures.ts';
import { anyZones } from '../../support/universe.ts';

const { password, email, totp, phone, webauthn } = descriptor;
const authenticators = [password, email, totp, phone, webauthn];
const deny: Rule['then'] = { kind: 'deny' };
const by = (...names: readonly string[]) => allow(factors(1, { demands: [{ authenticators: names }] }));
const rest: AccountRule = { name: 'rest', when: {}, then: allow(factors(1)) };

function add(key: string, then: Rule['then'], when: Rule['when'] = {}): AccountRule {
  return { name: key, when, then, change: { add: [key] } };
}

function found(rules: readonly AccountRule[], given: readonly AuthenticatorDescriptor[] = [password]) {
  const space = ruleSpace(
    rules.map(({ when }) => when),
    anyZones,
  );
  const accountPolicy = compileAccountPolicy({ name: 'account', rules });
  const { never, undecided } = neverAdded({ accountPolicy, authenticators }, given, space);
  expect(undecided).toEqual([]);
  return never.map(({ key, rule, others, whom }) => {
    const who = typeof whom === 'string' ? whom : `${whom.subject.groups.join()} ${whom.network.zones.join()}`;
    return [key, who, rule.name, ...others.map(({ name }) => name)].join(' ');
  });
}

const inA: Rule['when'] = { groups: { any: ['a'] } };
const inB: Rule['when'] = { groups: { any: ['b'] } };
const inOffice: Rule['when'] = { network: { any: ['c'] } };

test.each<[string, readonly AccountRule[]]>([
  ['one factor is asked for', [rest]],
  ['one follows another', [add('webauthn', by('totp')), add('totp', by('phone')), add('phone', by('password')), rest]],
  ['some rule lets it', [add('totp', deny, inA), rest]],
  ['two factors are asked for, of which one can be added', [add('webauthn', allow(factors(2))), rest]],
  ['it is only denied', [add('totp', deny), rest]],
  ['it can be added elsewhere', [add('webauthn', by('webauthn'), inOffice), rest]],
  ['it can be added elsewhere by a group', [add('webauthn', by('webauthn'), { ...inA, ...inOffice }), rest]],
  ['what it waits for can be added elsewhere', [add('webauthn', by('totp'), inA), add('totp', deny, inOffice), rest]],
])('quiet where %s', (_, rules) => {
  expect(found(rules)).toEqual([]);
  expect(found(rules, [email, password])).toEqual([]);
});

describe('no user can ever add', () => {
  test.each<[string, readonly AccountRule[], readonly string[]]>([
    ['what asks for itself', [add('webauthn', by('webauthn')), rest], ['webauthn all webauthn']],
    [
      'what waits for each other',
      [add('webauthn', by('totp')), add('totp', by('webauthn')), rest],
      ['totp all totp', 'webauthn all webauthn'],
    ],
    [
      'what no rule lets in that can decide',
      [add('totp', deny, inA), add('totp', by('totp')), rest],
      ['totp all totp'],
    ],
    [
      'what each of two rules asks for',
      [
        { ...add('totp', by('totp'), inA), name: 'first' },
        { ...add('totp', by('webauthn'), inOffice), name: 'second' },
        { ...add('totp', by('totp')), name: 'third' },
        add('webauthn', deny),
        rest,
      ],
      ['totp all first second third'],
    ],
    [
      'all that another factor type is asked for, where only the first can be had',
      [{ ...rest, then: allow(factors(2)) }],
      ['totp', 'phone', 'webauthn'].map((key) => `${key} all rest`),
    ],
  ])('%s', (_, rules, expected) => {
    expect(found(rules)).toEqual(expected);
  });
});

describe('no user that the rule applies to can ever add', () => {
  test.each<[string, readonly AccountRule[], readonly string[]]>([
    ['what asks for itself', [add('webauthn', by('webauthn'), inA), rest], ['webauthn selected webauthn']],
    [
      'what is denied to them elsewhere',
      [
        { ...add('webauthn', by('webauthn'), { ...inA, ...inOffice }), name: 'office' },
        add('webauthn', deny, inA),
        rest,
      ],
      ['webauthn selected office'],
    ],
    [
      'what is asked of them everywhere, in two rules',
      [
        { ...add('webauthn', by('webauthn'), { ...inA, ...inOffice }), name: 'office' },
        add('webauthn', by('totp'), inA),
        add('totp', deny, inA),
        rest,
      ],
      ['webauthn selected office webauthn'],
    ],
    [
      'what waits for what is denied to them',
      [add('webauthn', by('totp'), inA), add('totp', deny, inA), rest],
      ['webauthn selected webauthn'],
    ],
  ])('%s', (_, rules, expected) => {
    expect(found(rules)).toEqual(expected);
  });
});

test('some users that the rule applies to can never add it, where others can elsewhere', () => {
  const helpers = add('webauthn', by('password'), { ...inB, ...inOffice });
  const asking = { ...add('webauthn', by('webauthn'), inA), name: 'asking' };
  expect(found([helpers, asking, rest])).toEqual(['webauthn a  asking']);
  const denied = [add('totp', by('password'), { ...inB, ...inOffice }), add('totp', deny, inA)];
  expect(found([...denied, { ...asking, then: by('totp') }, rest])).toEqual(['webauthn a  asking']);
});

test('without an account policy none', () => {
  const space = ruleSpace([], anyZones);
  expect(neverAdded({ authenticators }, [], space)).toEqual({ never: [], undecided: [] });
});
