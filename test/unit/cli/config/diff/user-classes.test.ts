/** Classes of users in `config diff`: counted together, they come to the same as the users taken one by one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { circumstancesOf, placePairs } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { classesAtApps, numberedClasses } from '../../../../../src/cli/config/diff/sign-ins/classes-at-apps.ts';
import { pairComparison } from '../../../../../src/cli/config/diff/sign-ins/compare-pair.ts';
import { classOf, projectionOf, type UserClass } from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import type { Enrollment, Subject } from '../../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../../src/core/model/omit-undefined.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../../policy/support/configuration-dir.ts';

const now = 1_800_000_000;
const authenticators = kindsOf('password', 'totp', 'webauthn');
const [password, totp, best] = authenticators.map(({ key, factors, characteristics }): Omit<Enrollment, 'id'> => {
  return { authenticator: key, factors, characteristics };
});
const enabled = 'authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n';
if (password === undefined || totp === undefined || best === undefined) throw new Error('an authenticator is missing');
const weak: Omit<Enrollment, 'id'> = {
  authenticator: 'webauthn',
  factors: ['possession'],
  characteristics: ['userPresence'],
};

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const enrollments: fc.Arbitrary<readonly Omit<Enrollment, 'id'>[]> = fc.oneof(
  fc.constantFrom([password], [password, best]),
  fc.shuffledSubarray([password, totp, weak], { minLength: 3 }),
);
const subject: fc.Arbitrary<Subject> = fc
  .record({
    groups: fc.subarray(['a', 'b', 'c']),
    userType: some(fc.constantFrom('guest', 'staff')),
    level: some(fc.constantFrom('low', 'high')),
    age: fc.constantFrom(10, 100),
    enrollments,
    recoveredBy: some(fc.nat(2)),
    id: fc.nat(1_000_000),
  })
  .map(({ groups, userType, level, age, enrollments: own, recoveredBy, id }) => {
    const all = own.map((enrollment, at) => ({ id: `${id}-${at}`, ...enrollment }));
    const by = all
      .filter((enrollment, at) => at === recoveredBy && enrollment.authenticator !== 'password')
      .map((enrollment) => enrollment.id);
    return {
      ...{ id: String(id), status: 'active' as const, identifiers: [], groups, enrollments: all },
      ...{ profile: omitUndefined({ level }), createdAt: now - age * oneDay },
      ...(userType && { userType }),
      ...(recoveredBy !== undefined && { recovery: { at: now - 60 * (1 + recoveredBy), by } }),
    };
  });

const when = fc.record(
  {
    groups: fc.constantFrom({ any: ['a'] }, { all: ['a', 'b'] }, { none: ['b'] }),
    userType: fc.constant({ any: ['guest'] }),
    accountAge: fc.constantFrom({ below: 'P30D' }, { atLeast: 'P30D' }),
    recovered: fc.constant({ within: 'PT2M' }),
    attributes: fc.constantFrom({ level: { equals: 'high' } }, { level: { not: { equals: 'low' } } }),
    network: fc.constant({ any: ['office'] }),
    device: fc.constant({ platform: ['mobile'] }),
    expression: fc.constantFrom(
      'request.clientId == "notes" && has(user.profile.level) && user.profile.level == "high"',
      'device.platform == "mobile" && "a" in user.groups',
      'device.platform == "other" || has(user.userType) || !has(user.profile.level) && device.platform == "mobile"',
      'device.platform != "other" && (user.userType == "guest" || user.profile.level == "low")',
      '"office" in network.zones && has(user.profile.level)',
      'now - user.createdAt < duration("720h")',
    ),
  },
  { requiredKeys: [] },
);
const then = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 1 } },
  { allow: { factors: 2 } },
  { allow: { factors: 1, possession: { userVerification: true } } },
);
const enrollment = fc.constantFrom<unknown>({}, { required: ['totp'] }, { required: ['webauthn'], disabled: ['totp'] });
const side = fc.record({
  rules: fc.array(fc.record({ when, then }), { minLength: 1, maxLength: 3 }),
  enroll: fc.record({ when, then: enrollment }),
});

async function sideOf({ rules, enroll }: typeof side extends fc.Arbitrary<infer Drawn> ? Drawn : never) {
  const named = rules.map((rule, at) => ({ name: String(at), ...rule }));
  const rest = { name: 'last', then: { allow: { factors: 1 } } };
  const loaded = await load(
    {
      ...validFiles,
      'stepgate.yaml': `${validFiles['stepgate.yaml']}${enabled}`,
      'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: [...named, rest] }),
      'policies/enrollment.yaml': JSON.stringify({
        rules: [
          { name: 'first', ...enroll },
          { name: 'last', then: {} },
        ],
      }),
    },
    {},
    authenticators,
  );
  return loaded.ok ? nextConfiguration(loaded.documents, authenticators) : undefined;
}

/** What a change is and how many users it touches, with what it does to how many of them. */
function counted(changes: readonly AccessChange[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const add = (key: readonly unknown[], users = 0) => {
    const text = JSON.stringify(key);
    if (users > 0) found.set(text, (found.get(text) ?? 0) + users);
  };
  for (const { kind, where, before, after, who, effects } of changes) {
    add([kind, where, before, after], who.users);
    for (const effect of effects) add([kind, where, before, after, effect.kind, effect.enroll], effect.users);
  }
  return found;
}

test('another authenticator of a recovery makes another class, whatever the order of the authenticators', () => {
  const recovered = (by: string, ...own: readonly Omit<Enrollment, 'id'>[]): Subject => {
    const all = own.map((enrollment) => ({ id: enrollment.authenticator, ...enrollment }));
    const who = { id: 'ann', status: 'active' as const, identifiers: [], groups: [], profile: {} };
    return { ...who, enrollments: all, recovery: { at: now, by: [by] } };
  };
  const projection = projectionOf([]);
  const restOf = (subject: Subject) => classOf(subject, { projection, now }).rest;
  expect(restOf(recovered('totp', password, totp, weak))).not.toBe(restOf(recovered('webauthn', password, weak, totp)));
  expect(restOf(recovered('totp', password, totp, weak))).toBe(restOf(recovered('totp', weak, totp, password)));
});

test('classes of users give the same results as single users', async () => {
  const seen = { changes: 0, merged: 0 };
  await fc.assert(
    fc.asyncProperty(side, side, fc.array(subject, { minLength: 40, maxLength: 40 }), async (before, after, users) => {
      const [active, next] = [await sideOf(before), await sideOf(after)];
      if (active === undefined || next === undefined) return;
      const { pairs } = await comparedApps(active, next);
      const places = placePairs(active.snapshot.settings.zones, next.snapshot.settings.zones);
      for (const pair of pairs) {
        const varied = circumstancesOf(pair, { places, now });
        const { circumstances } = varied;
        const projection = projectionOf([{ pair, ...varied }]);
        const each = users.map((user) => classOf(user, { projection, now }));
        const classes = classesAtApps(numberedClasses(each), projection, projection)(projection);
        const atoms = projection.atoms.map(({ id }) => id);
        const compare = (some: readonly UserClass[]) =>
          pairComparison(pair, { circumstances, atoms })(pair, { classes: some, isCounted: true });
        const together = counted(compare(classes));
        expect(together).toEqual(counted(each.flatMap((userClass) => compare([userClass]))));
        seen.changes += together.size;
        seen.merged += each.length - classes.length;
      }
    }),
    seeded(8),
  );
  expect(seen.changes).toBeGreaterThan(enough(10));
  expect(seen.merged).toBeGreaterThan(enough(10));
});
