/** What conditions that read the app come to at each app, found for all users at once. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { numberedClasses } from '../../../../../src/cli/config/diff/sign-ins/classes-at-apps.ts';
import { type Atom, projectionOf, type UserClass } from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import { compileExpression } from '../../../../../src/policy/schema/expressions/expression.ts';
import { factsOf, userWith } from '../../../../core/support/fixtures.ts';
import { seeded } from '../../../../core/support/seeded.ts';

const apps = ['a', 'ab', 'notes', 'notes-2', 'z"'];

/** `compared`: whether the analysis of the expression knows what the client id is compared with. */
const expressions: readonly (readonly [written: string, compared: boolean])[] = [
  ['user.profile.nickname == request.clientId', true],
  ['request.clientId != user.profile.nickname', true],
  ['request.clientId in user.profile.sites', true],
  ['request.clientId in user.profile', true],
  ['request.clientId + "@example.test" in user.identifiers', true],
  ['"app-" + request.clientId == user.profile.nickname', true],
  ['user.profile.nickname.startsWith(request.clientId)', true],
  ['user.profile.nickname.endsWith("-" + request.clientId)', true],
  ['user.profile.nickname.contains(request.clientId)', true],
  ['user.profile.nickname.lowerAscii() == request.clientId', true],
  ['user.profile.sites.exists(s, s == request.clientId)', true],
  ['user.profile.sites.exists(s, s.endsWith(request.clientId))', true],
  ['(user.profile.nickname == request.clientId ? user.profile.level : 2.0) > 1.0', true],
  ['(request.clientId == "notes" ? user.profile.level : 2.0) > 1.0', true],
  ['request.clientId.startsWith(user.profile.nickname)', false],
  ['request.clientId.lowerAscii() == user.profile.nickname', false],
  ['user.profile.nickname in [request.clientId, "ab"]', false],
  ['size(request.clientId) == size(user.profile.nickname)', false],
  ['user.profile.sites.exists(user, user.lowerAscii() == request.clientId)', false],
  ['user.profile.sites.exists(s, s.lowerAscii() == request.clientId)', false],
];

const texts = fc.constantFrom(
  '',
  'a',
  'AB',
  'ab',
  'xnotes-2x',
  'app-notes',
  'my-ab',
  'z"',
  '-',
  '--------------------',
);
const users = fc.array(
  fc.record({
    identifiers: fc.subarray(['ab@example.test', 'notes@example.test', 'b@example.test']),
    profile: fc.record(
      { nickname: texts, sites: fc.array(texts, { maxLength: 3 }), level: fc.constantFrom(1, 3), notes: texts },
      { requiredKeys: [] },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

function classOfUser(user: Parameters<typeof userWith>[1]): UserClass {
  const more = { users: 1, groups: [], results: [], consents: new Map(), rest: '', key: '' };
  return { subject: userWith([], user), ...more };
}

function atomOf(written: string, known = true): Atom {
  const part = compileExpression(written).partOf?.(written);
  if (part === undefined) throw new Error(`${written} cannot be read`);
  const { evaluate, reads, comparedWithApp } = part;
  return {
    id: written,
    resultIn: evaluate,
    reads: reads.map((path) => path.replace(/^user\b/, 'subject')),
    signIns: [factsOf({})],
    known: new Map(),
    ...(known && comparedWithApp && { comparedWithApp }),
  };
}

/** Of all users, at each app. */
function valuesOf(classes: readonly UserClass[], atom: Atom) {
  const [values] = numberedClasses(classes, projectionOf([]), apps).readBy([atom]).ofAtoms;
  if (values === undefined) throw new Error('nothing is read');
  return values;
}

describe.each(expressions)('%s', (written, compared) => {
  test(compared ? 'is compared with texts of the user' : 'asks more of the client id', () => {
    expect(atomOf(written).comparedWithApp !== undefined).toBe(compared);
  });

  test('comes to the same as if it were evaluated at each app', () => {
    fc.assert(
      fc.property(users, (all) => {
        const classes = all.map(classOfUser);
        const resultsOf = (atom: Atom) => {
          const { numberOf, values } = valuesOf(classes, atom);
          return numberOf.map((number) => apps.map((clientId) => values[number]?.(clientId)));
        };
        const each = atomOf(written, false);
        expect(resultsOf(atomOf(written))).toEqual(resultsOf(each));
        expect(resultsOf(each)).toEqual(
          classes.map(({ subject }) =>
            apps.map((clientId) => each.resultIn({ ...factsOf({ request: { clientId } }), subject })),
          ),
        );
      }),
      seeded(40),
    );
  });
});

test('users whose texts name no app count as one, and are evaluated once for all apps', () => {
  let evaluated = 0;
  const atom = atomOf('user.profile.nickname == request.clientId');
  const counting: Atom = {
    ...atom,
    resultIn: (facts) => {
      evaluated += 1;
      return atom.resultIn(facts);
    },
  };
  const names = [...Array.from({ length: 50 }, (_, at) => `nick ${at}`), 'notes'];
  const { values, numberOf } = valuesOf(
    names.map((nickname) => classOfUser({ profile: { nickname } })),
    counting,
  );
  expect(evaluated).toBeLessThan(2 * names.length);
  expect([values.length, new Set(numberOf.slice(0, 50)).size]).toEqual([2, 1]);
  expect(apps.map((clientId) => values[numberOf.at(-1) ?? 0]?.(clientId))).toEqual([
    'miss',
    'miss',
    'hit',
    'miss',
    'miss',
  ]);
});
