/** Sign-ins share their content in `config diff` only where nothing differs that it depends on. */

import { describe, expect, test } from '@jest/globals';
import { contentKeys } from '../../../../../src/cli/config/diff/sign-ins/content-keys.ts';
import type { CircumstanceOfUser } from '../../../../../src/cli/config/diff/sign-ins/deciding-rules.ts';
import type { Conditions } from '../../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../../src/core/policy/rules/compile.ts';
import { circumstanceIn, factsThere, memberOf } from '../../support/compared-users.ts';

type RuleTerms = Rule['then'];
type AppSide = Parameters<typeof contentKeys>[0];

const factors = (count: 1 | 2): RuleTerms => ({
  kind: 'allow',
  requirement: { anyOf: [{ factors: count, demands: [] }] },
});
const deny: RuleTerms = { kind: 'deny' };
const rule = (name: string, then: RuleTerms, when: Conditions = {}): Rule => ({ name, then, when });
const policyOf = (...rules: readonly Rule[]) => compilePolicy({ name: 'p', rules });
const fails: Conditions = {
  expression: {
    written: 'x',
    aboutUser: true,
    varies: false,
    evaluate: () => 'error',
    logic: { text: 'x' },
  },
};

const admins: Conditions = { groups: { any: ['admins'] } };
const others = rule('Others', factors(1));
const session = policyOf(rule('Everybody', factors(1)));
const base: PolicySet = {
  session,
  app: policyOf(rule('All', factors(1))),
  acrLevels: [{ value: 'two', requirement: { anyOf: [{ factors: 2, demands: [] }] } }],
  authenticators: [
    { key: 'password', factors: ['knowledge'], characteristics: [], enrollable: true, askedWithIdentifier: true },
    { key: 'totp', factors: ['possession'], characteristics: [], enrollable: true },
  ],
};

/** Keys of contents that may be shared with each other. */
function keysBeside() {
  const contents = { numbers: new Map<unknown, number>() };
  return (policies: PolicySet, more: Asked = {}) => {
    const { client = {}, zone, rest = 'a password', groups = [], free = [], risk } = more;
    const side = { policies, app: { clientId: 'app', client } } as unknown as AppSide;
    const user = memberOf(groups, rest);
    const circumstance = circumstanceIn(...(zone === undefined ? [] : [zone]));
    const factsOf = (asked: CircumstanceOfUser): Facts => ({ ...factsThere(asked), ...(risk && { risk }) });
    return contentKeys(side, factsOf, { free, atoms: [], contents })({ user, circumstance, clientId: 'app' });
  };
}

interface Asked {
  readonly client?: { readonly default_acr_values?: readonly string[]; readonly default_max_age?: number };
  readonly zone?: string;
  readonly rest?: string;
  readonly groups?: readonly string[];
  readonly free?: readonly string[];
  readonly risk?: NonNullable<Facts['risk']>;
}

test('apps whose deciding rules say the same share their content, whatever they ask', () => {
  const keyOf = keysBeside();
  const first = keyOf({ ...base, app: policyOf(rule('Guests', deny, { groups: { any: ['guests'] } }), others) });
  const second = keyOf({ ...base, app: policyOf(rule('Staff', factors(1), { groups: { none: ['guests'] } })) });
  expect(first).toBeDefined();
  expect(second).toBe(first);
});

describe('a sign-in has a content of its own where', () => {
  /** In the office the first page asks for no password: a guest may begin, whom it would not help. */
  const possession: RuleTerms = {
    kind: 'allow',
    requirement: { anyOf: [{ factors: 1, demands: [{ authenticators: ['totp'] }] }] },
  };
  const zoned = policyOf(
    rule('Guests', possession, { groups: { any: ['guests'] }, network: { any: ['office'] } }),
    others,
  );
  test.each<[string, readonly [PolicySet, Asked?], readonly [PolicySet, Asked?]]>([
    ['the rule says something else', [base], [{ ...base, app: policyOf(rule('All', factors(2))) }]],
    ['the session policy is another', [base], [{ ...base, session: policyOf(rule('Everybody', factors(2))) }]],
    ['the app needs a level', [base], [{ ...base, minimumAcr: 'two' }]],
    ['the app needs consent', [base], [{ ...base, consent: { required: [], scopeOfClaim: {} } }]],
    ['the app asks for a level by default', [base], [base, { client: { default_acr_values: ['two'] } }]],
    ['the app asks for a fresh proof by default', [base], [base, { client: { default_max_age: 60 } }]],
    ['tokens may carry other scopes', [base], [base, { free: ['profile'] }]],
    ['the user has something else', [base], [base, { rest: 'a password and a passkey' }]],
    ['the first page is another', [{ ...base, app: zoned }], [{ ...base, app: zoned }, { zone: 'office' }]],
    [
      'a rule of another name denies',
      [{ ...base, app: policyOf(rule('A', deny, admins), others) }, { groups: ['admins'] }],
      [{ ...base, app: policyOf(rule('B', deny, admins), others) }, { groups: ['admins'] }],
    ],
    [
      'a condition fails',
      [{ ...base, app: policyOf(rule('A', factors(1), admins)) }],
      [{ ...base, app: policyOf(rule('A', factors(1), fails)) }],
    ],
  ])('%s', (_, [before, asked], [after, then]) => {
    const keyOf = keysBeside();
    expect(keyOf(after, then)).not.toBe(keyOf(before, asked));
    expect(keyOf(before, asked)).toBe(keyOf(before, asked));
  });
});

describe('where a rule of the app asks about the risk, which counts later', () => {
  const risky: Conditions = { risk: { atLeast: 'medium' } };
  const guests: Conditions = { groups: { any: ['guests'] } };
  const staff: Conditions = { groups: { any: ['staff'] } };
  const unusual = { risk: { level: 'medium', reasons: [] } } as const;
  const under = (...rules: readonly Rule[]): PolicySet => ({ ...base, app: policyOf(...rules) });
  const two = rule('Risky', factors(2), risky);

  test('apps share their content if the rules that may decide say the same', () => {
    const keyOf = keysBeside();
    const first = keyOf(under(rule('Guests', deny, guests), two, others, rule('Below', deny)), unusual);
    const second = keyOf(under(two, rule('Others', factors(1))), unusual);
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  test.each<[string, readonly [PolicySet, Asked?], readonly [PolicySet, Asked?]]>([
    ['it says something else', [under(two, others)], [under(rule('Risky', deny, risky), others)]],
    [
      'it asks for another level',
      [under(two, others)],
      [under(rule('Risky', factors(2), { risk: { atLeast: 'high' } }), others)],
    ],
    ['it has another name', [under(two, others)], [under(rule('Unusual', factors(2), risky), others)]],
    [
      'another such rule is below it',
      [under(two, others)],
      [under(two, rule('High', deny, { risk: { atLeast: 'high' } }), others)],
    ],
    ['it is below one that decides in any case', [under(two, others)], [under(others, two)]],
    ['the rule below says something else', [under(two, others)], [under(two, rule('Others', factors(2)))]],
    ['the browser is another', [under(two, others)], [under(two, others), unusual]],
    [
      'the user may meet it',
      [under(rule('Risky', factors(2), { ...risky, ...guests }), others)],
      [under(rule('Risky', factors(2), { ...risky, ...guests }), others), { groups: ['guests'] }],
    ],
    [
      'an alternative holds',
      [under(rule('Risky', factors(2), { any: [{ ...risky, ...staff }, risky] }), others)],
      [under(rule('Risky', factors(2), { any: [{ ...risky, ...staff }, risky] }), others), { groups: ['staff'] }],
    ],
  ])('a sign-in has a content of its own if %s', (_, [before, asked], [after, then]) => {
    const keyOf = keysBeside();
    expect(keyOf(after, then)).not.toBe(keyOf(before, asked));
    expect(keyOf(before, asked)).toBe(keyOf(before, asked));
  });
});

describe('nothing is shared where a condition may hold later', () => {
  const keyUnder = (when: Conditions, more: Partial<PolicySet> = {}) =>
    keysBeside()({ ...base, app: policyOf(rule('Some', factors(2), when), others), ...more });
  const asking = (...required: readonly string[]): Partial<PolicySet> => ({
    profile: compilePolicy({
      name: 'default',
      rules: [{ name: 'All', when: {}, then: { required, optional: [], terms: [] } }],
    }),
  });
  const nameless: Conditions = { attributes: { nickname: { present: false } } };

  test('once the user has filled in an attribute', () => {
    expect(keyUnder(nameless, asking('nickname'))).toBeUndefined();
    expect(keyUnder(nameless, asking('locale'))).toBeDefined();
    expect(keyUnder(nameless)).toBeDefined();
  });
});
