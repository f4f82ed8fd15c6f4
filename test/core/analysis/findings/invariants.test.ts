/** What shall hold for all users, and what breaks it. */
import { describe, expect, test } from '@jest/globals';
import { examineInvariant } from '../../../../src/core/analysis/findings/invariants.ts';
import type { Guarantee } from '../../../../src/core/analysis/proofs/demand-verdict.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const one = allow(factors(1));
const two = allow(factors(2));
const by = (...authenticators: readonly string[]) => allow(factors(1, { demands: [{ authenticators }] }));
const deny: Rule['then'] = { kind: 'deny' };
const rule = (name: string, then: Rule['then'], when: Conditions = {}): Rule => ({ name, when, then });
const disabling = (name: string, disabled: readonly Key[], when: Conditions = {}): EnrollmentRule => ({
  ...{ name, when },
  then: enrollmentTerms({ disabled }),
});

const inA: Conditions = { groups: { any: ['a'] } };
/** There may be such users, and the analysis knows none. */
const unknown: Conditions = { attributes: { nick: { equals: 'a*' } } };
/** As it is only before anything is proved. */
const before: Conditions = { device: { known: false }, risk: { none: ['newDevice'] } };
const never: Conditions = { device: { known: true }, risk: { any: ['recentFailures'] } };
const asking = (result: 'error' | 'miss'): Conditions => ({
  expression: { ...{ written: 'x', aboutUser: false, varies: true }, logic: { text: 'x' }, evaluate: () => result },
});

interface Parts {
  readonly app: readonly Rule[];
  readonly session?: readonly Rule[];
  readonly bySession?: true;
  readonly enrollment?: readonly EnrollmentRule[];
  readonly when?: Conditions;
  readonly enabled?: readonly Key[];
}

function examined(guarantee: Guarantee, parts: Parts) {
  const { app, session, enrollment, when = {}, enabled = ['password', 'totp'], bySession } = parts;
  const policies: PolicySet = {
    ...policiesOf({
      ...{ app: { name: 'app', rules: app }, enabled },
      ...(session && { session: { name: 'session', rules: session } }),
    }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
  const all = [...app, ...(session ?? []), ...(enrollment ?? [])];
  const space = ruleSpace([when, ...all.map((each) => each.when)], universe());
  return examineInvariant({ name: 'invariant', when, guarantee, ...(bySession && { bySession }) }, { policies, space });
}

/** With the rules that are to blame, and what lets users in. */
function verdictText(guarantee: Guarantee, parts: Parts): string {
  const verdict = examined(guarantee, parts);
  const names = (rules: readonly { readonly name: string }[]) =>
    rules
      .map(({ name }) => name)
      .filter((name) => name !== 'everybody')
      .join('+');
  if (verdict.kind === 'undecided') return `undecided: ${verdict.open.map(names).join(' ')}`;
  if (verdict.kind !== 'refuted') return verdict.kind;
  return `refuted: ${verdict.violations
    .map(({ rules, proved }) => {
      const keys = proved?.evidence.map(({ authenticator }) => authenticator).join('+');
      return keys === undefined ? names(rules) : `${names(rules)} (${keys})`;
    })
    .join(' ')}`;
}

const admitted: Guarantee = { kind: 'admitted' };
const refused: Guarantee = { kind: 'refused' };
const proves: Guarantee = { kind: 'proves', requirement: factors(2) };
const without: Guarantee = { kind: 'without', authenticators: ['totp'] };

test.each<[string, Guarantee, Parts, string]>([
  ['no rule denies', admitted, { app: [rule('all', one)] }, 'holds'],
  ['a rule denies', admitted, { app: [rule('a', deny, inA), rule('all', one)] }, 'refuted: a'],
  [
    'a rule denies other users',
    admitted,
    { app: [rule('a', deny, inA), rule('all', one)], when: { groups: { none: ['a'] } } },
    'holds',
  ],
  [
    'a rule denies before anything is proved, and not after',
    admitted,
    { app: [rule('before', deny, before), rule('all', one)] },
    'holds',
  ],
  [
    'a rule asks for what no user can prove, and decides only before the proof',
    admitted,
    { app: [rule('before', by('webauthn'), before), rule('all', one)] },
    'holds',
  ],
  [
    'a rule denies users of whom none is known',
    admitted,
    { app: [rule('some', deny, unknown), rule('all', one)] },
    'undecided: some',
  ],
  ['a condition fails', admitted, { app: [rule('x', one, asking('error')), rule('all', one)] }, 'refuted: x'],
  [
    'a condition may fail, for all that is known',
    admitted,
    { app: [rule('x', one, asking('miss')), rule('all', one)] },
    'undecided: x',
  ],
  [
    'the same condition fails in an earlier rule',
    admitted,
    { app: [rule('x', one, asking('error')), rule('again', two, asking('error')), rule('all', one)] },
    'refuted: x',
  ],
  [
    'a condition fails for users about whom an earlier rule decides',
    admitted,
    { app: [rule('all', one), rule('x', one, asking('error'))] },
    'holds',
  ],
  [
    'no user can prove what a rule asks for',
    admitted,
    { app: [rule('a', by('webauthn'), inA), rule('all', one)] },
    'refuted: a',
  ],
  [
    'the same, where no such user is known',
    admitted,
    { app: [rule('some', by('webauthn'), unknown), rule('all', one)] },
    'undecided: some',
  ],
  [
    'an enrollment rule disables what a rule asks for',
    admitted,
    { app: [rule('all', by('totp'))], enrollment: [disabling('none', ['totp'])] },
    'refuted: all+none',
  ],
  ['no user is meant', refused, { app: [rule('all', one)], when: never }, 'empty'],
  ['no user gets in', refused, { app: [rule('all', deny)] }, 'holds'],
  ['users get in', refused, { app: [rule('a', one, inA), rule('rest', deny)] }, 'refuted: a (password)'],
  [
    'a rule lets users in that decides only before the proof',
    refused,
    { app: [rule('before', one, before), rule('rest', deny)] },
    'holds',
  ],
  [
    'users get in whom a rule asks for what no user can prove',
    refused,
    { app: [rule('all', by('webauthn'))] },
    'holds',
  ],
  [
    'users get in of whom none is known',
    refused,
    { app: [rule('some', one, unknown), rule('rest', deny)] },
    'undecided: some',
  ],
  ['each rule asks for as much', proves, { app: [rule('a', two, inA), rule('rest', two)] }, 'holds'],
  ['a rule asks for less', proves, { app: [rule('a', one, inA), rule('rest', two)] }, 'refuted: a (password)'],
  [
    'each of two rules asks for less',
    proves,
    { app: [rule('a', one, inA), rule('rest', one)] },
    'refuted: a (password) rest (password)',
  ],
  [
    'users are asked for less, of whom none is known',
    proves,
    { app: [rule('some', one, unknown), rule('rest', two)] },
    'undecided: some',
  ],
  ['a rule asks for less, but for what no user can prove', proves, { app: [rule('all', by('email'))] }, 'holds'],
  [
    'users are asked for less of whom none is known, and others for what they cannot prove',
    proves,
    {
      app: [rule('all', one)],
      enrollment: [disabling('in a', ['password', 'totp'], inA), disabling('some', [], unknown)],
    },
    'undecided: all+some',
  ],
  ['no rule takes it alone', without, { app: [rule('all', by('password'))] }, 'holds'],
  ['users get in by it', without, { app: [rule('all', one)] }, 'refuted: all (totp)'],
])('%s', (_, guarantee, parts, expected) => {
  expect(verdictText(guarantee, parts)).toBe(expected);
});

test('a thousand rules with expressions are decided within the steps', () => {
  const isCode = (at: number): Conditions => ({
    expression: {
      ...{ written: `code ${at}`, aboutUser: true, varies: false },
      logic: {
        all: [
          { attribute: 'name', text: 'has' },
          { attribute: 'name', test: { equals: `x${at}` }, text: 'is' },
        ],
      },
      evaluate: ({ subject }) => (subject?.profile.name === `x${at}` ? 'hit' : 'miss'),
    },
  });
  const app = [...Array.from({ length: 1000 }, (_, at) => rule(`${at}`, one, isCode(at))), rule('all', one)];
  const session = [rule('in a', one, inA), rule('everybody', one)];
  const enrollment = [disabling('in a', [], inA), disabling('rest', [])];
  const proved: Guarantee = { kind: 'proves', requirement: factors(1) };
  expect(verdictText(admitted, { app, session, enrollment })).toBe('holds');
  expect(verdictText(proved, { app, session, enrollment })).toBe('holds');
});

test('who is shown is in one group, where such a user breaks it', () => {
  const notInB: Conditions = { groups: { none: ['b'] } };
  const app = [rule('a', one, inA), rule('rest', deny)];
  const enrollment = [disabling('not in b', [], notInB), disabling('in b', ['totp'])];
  expect(verdictText(proves, { app, enrollment })).toBe('refuted: a+not in b (password)');
  const refusing = [disabling('not in b', ['password', 'totp'], notInB), disabling('in b', ['totp'])];
  expect(verdictText(proves, { app, enrollment: refusing })).toBe('refuted: a+in b (password)');
});

test('who is shown may be in two groups that a rule names together', () => {
  const enrollment = [
    disabling('not in b', [], { groups: { none: ['b'] } }),
    disabling('both', [], { groups: { all: ['a', 'b'] } }),
  ];
  const app = [rule('a', one, inA), rule('rest', deny)];
  expect(verdictText(proves, { app, enrollment })).toBe('refuted: a+both (password)');
});

test('the user of the example may be in two groups that no rule names together, if no other user is known', () => {
  const enrollment = [disabling('some', [], unknown), disabling('in b', [], { groups: { any: ['b'] } })];
  const app = [rule('a', one, inA), rule('rest', deny)];
  expect(verdictText(proves, { app, enrollment })).toBe('refuted: a+in b (password)');
  expect(verdictText(proves, { app, enrollment: enrollment.toReversed() })).toBe('refuted: a+in b (password)');
});

describe('an invariant about the rules of the session policy', () => {
  const app = [rule('all', one)];
  const bySession = true as const;
  const [a, rest] = [rule('A', one, inA), rule('Rest', one)];

  test.each<[string, Parts, string]>([
    ['is broken by each rule by itself', { app, session: [a, rest] }, 'refuted: Rest+all (password) A+all (password)'],
    [
      'is broken by the one that asks for less',
      { app, session: [rule('A', two, inA), rest] },
      'refuted: Rest+all (password)',
    ],
    [
      'is broken by a rule once, whatever the app asks for',
      { app: [rule('a', one, inA), rule('all', one)], session: [rest] },
      'refuted: Rest+a (password) Rest+all (password)',
    ],
    ['holds where each asks for as much', { app, session: [rule('A', two, inA), rule('Rest', two)] }, 'holds'],
  ])('%s', (_, parts, expected) => {
    expect(verdictText(proves, { ...parts, bySession })).toBe(expected);
  });

  test('is broken once for each rule of the app where that is what is asked', () => {
    expect(verdictText(proves, { app, session: [a, rest] })).toBe('refuted: Rest+all (password)');
  });

  test('is shown for the plainest rules of the other policies', () => {
    const enrollment = [disabling('in a', [], inA), disabling('rest', [])];
    const parts: Parts = { app, enrollment, session: [rest] };
    expect(verdictText(proves, { ...parts, bySession })).toBe('refuted: Rest+all+rest (password)');
    expect(verdictText(proves, parts)).toBe('refuted: Rest+all+rest (password)');
  });

  test('is open once for a rule of the app, or for each of the session policy', () => {
    const parts: Parts = { app: [rule('some', one, unknown), rule('rest', two)], session: [a, rest] };
    expect(verdictText(proves, parts)).toBe('undecided: A+some');
    expect(verdictText(proves, { ...parts, bySession })).toBe('undecided: Rest+some A+some');
  });

  test('is open only for rules that break it nowhere', () => {
    const parts: Parts = { app: [rule('some', one, unknown), rule('all', one)], session: [rest] };
    const openIn = (more: Partial<Parts>) => {
      const verdict = examined(proves, { ...parts, ...more });
      return verdict.kind === 'refuted'
        ? verdict.open.map((rules) => rules.map(({ name }) => name).join('+'))
        : verdict;
    };
    expect(openIn({})).toEqual(['Rest+some']);
    expect(openIn({ bySession })).toEqual([]);
    // Rules are told apart by where they stand.
    const some = { ...rule('Some', one, unknown), location: { file: 'session.yaml', line: 1 } };
    expect(openIn({ bySession, session: [some, rest], app })).toEqual(['Some+all']);
  });
});

test('what cannot be shown is undecided, though the steps sufficed', () => {
  const verdict = examined(refused, { app: [rule('some', one, unknown), rule('rest', deny)] });
  expect(verdict).toMatchObject({ kind: 'undecided', ranOut: false });
});

test('where no policy of an app decides, only the others are asked', () => {
  const { app: _, ...policies } = policiesOf();
  const space = ruleSpace([{}], universe());
  expect(examineInvariant({ name: 'invariant', when: {}, guarantee: admitted }, { policies, space })).toEqual({
    kind: 'holds',
  });
});
