/** Classes of users in `config diff`: counted together, they come to the same as the users taken one by one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { placePairs } from '../../../../../src/cli/config/diff/compared/both-zones.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { circumstancesOf } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { classesAtApps, numberedClasses } from '../../../../../src/cli/config/diff/sign-ins/classes-at-apps.ts';
import { newShared, pairComparison } from '../../../../../src/cli/config/diff/sign-ins/compare-pair.ts';
import {
  classOf,
  type Projection,
  projectionOf,
  type UserClass,
} from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
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
/** What differs between two enrollments of one authenticator. */
const kept = fc
  .record({
    age: fc.constantFrom(10, 100),
    compromised: fc.constantFrom(undefined, undefined, 'breached' as const),
    consumed: fc.constantFrom(undefined, undefined, true as const),
    temporary: fc.constantFrom(undefined, undefined, true as const),
  })
  .map(({ age, ...more }) => ({ createdAt: now - age * oneDay, ...omitUndefined(more) }));
const kinds: fc.Arbitrary<readonly Omit<Enrollment, 'id'>[]> = fc.oneof(
  fc.constantFrom([password], [password, best]),
  fc.shuffledSubarray([password, totp, weak], { minLength: 3 }),
);
const enrollments = kinds.chain((own) =>
  fc.tuple(...own.map((enrollment) => kept.map((more) => ({ ...enrollment, ...more })))),
);
const skipped = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  at: fc.constantFrom(now - oneDay, now - 40 * oneDay),
});
const skips = fc.record({ grace: skipped, optional: skipped, promotion: skipped }, { requiredKeys: [] });
const answers = fc.record({
  granted: fc.constantFrom(['openid'], ['openid', 'profile']),
  rejected: fc.constantFrom([], ['email']),
});
/** A fact that is missing here does not compile. */
const facts = {
  id: fc.nat(1_000_000).map(String),
  status: fc.constant('active' as const),
  identifiers: fc.constantFrom([], ['ann@example.org']),
  groups: fc.subarray(['a', 'b', 'c']),
  userType: some(fc.constantFrom('guest', 'staff')),
  profile: fc
    .record({ level: some(fc.constantFrom('low', 'high')), displayName: fc.constantFrom(undefined, '', 'Ann') })
    .map(omitUndefined),
  enrollments,
  createdAt: fc.constantFrom(now - 10 * oneDay, now - 100 * oneDay),
  recovery: some(fc.nat(2)),
  skipped: some(fc.dictionary(fc.constantFrom('totp', 'webauthn'), skips)),
  acceptedTerms: some(fc.dictionary(fc.constant('use'), fc.constantFrom('1', '2'))),
  offeredAttributes: some(fc.constantFrom(['displayName'], ['phone'])),
  consents: some(fc.dictionary(fc.constantFrom('notes', 'wiki'), answers)),
  deletionDueAt: fc.constantFrom(undefined, undefined, now + oneDay, now + 20 * oneDay),
} satisfies Record<keyof Required<Subject>, fc.Arbitrary<unknown>>;
const plain = { ...password, createdAt: now - 10 * oneDay };
/** Most users are alike in most facts. */
const subject: fc.Arbitrary<Subject> = fc
  .tuple(fc.record(facts), fc.subarray(Object.keys(facts), { maxLength: 3 }))
  .map(([drawn, more]): typeof drawn => ({
    ...drawn,
    ...{ groups: [], userType: undefined, profile: {}, enrollments: [plain], createdAt: now - 10 * oneDay },
    ...{ recovery: undefined, skipped: undefined, acceptedTerms: undefined, offeredAttributes: undefined },
    ...{ consents: undefined, deletionDueAt: undefined },
    ...Object.fromEntries(Object.entries(drawn).filter(([name]) => more.includes(name))),
  }))
  .map(
    ({ id, status, identifiers, groups, profile: attributes, enrollments: own, recovery: recoveredBy, ...others }) => {
      const all = own.map((enrollment, at) => ({ id: `${id}-${at}`, ...enrollment }));
      const by = all
        .filter((enrollment, at) => at === recoveredBy && enrollment.authenticator !== 'password')
        .map((enrollment) => enrollment.id);
      return {
        ...{ id, status, identifiers, groups, profile: attributes, enrollments: all },
        ...omitUndefined(others),
        ...(recoveredBy !== undefined && { recovery: { at: now - 60 * (1 + recoveredBy), by } }),
      };
    },
  );

const when = fc
  .record(
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
  )
  .filter((drawn) => Object.keys(drawn).length > 0);
const then = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 1 } },
  { allow: { factors: 2 } },
  { allow: { factors: 1, possession: { userVerification: true } } },
);
const drawnEnrollment = fc.constantFrom<unknown>(
  {},
  { required: ['totp'] },
  { required: ['webauthn'], disabled: ['totp'] },
  { required: [{ anyOf: ['totp', 'webauthn'], grace: { skips: 2 } }] },
  { optional: ['webauthn'] },
  { promote: { webauthn: { cooldown: 'P30D', skips: 3 } } },
);
const profile = fc.constantFrom<unknown>(
  {},
  { required: ['displayName'] },
  { optional: ['displayName', 'phone'] },
  { terms: [{ id: 'use', version: '2', url: 'https://example.org/terms', label: 'Terms' }] },
);
const side = fc.record({
  rules: fc.array(fc.record({ when, then }), { minLength: 1, maxLength: 3 }),
  enroll: fc.record({ when, then: drawnEnrollment }),
  profile,
  password: fc.constantFrom<unknown>({}, { maxAge: 'P30D' }),
  firstParty: fc.boolean(),
});

async function sideOf({
  rules,
  enroll,
  firstParty,
  ...drawn
}: typeof side extends fc.Arbitrary<infer Drawn> ? Drawn : never) {
  const named = rules.map((rule, at) => ({ name: String(at), ...rule }));
  const rest = { name: 'last', then: { allow: { factors: 1 } } };
  const loaded = await load(
    {
      ...validFiles,
      'stepgate.yaml': `${validFiles['stepgate.yaml']}${enabled}`,
      'apps/notes.yaml': `profilePolicy: own\nfirstParty: ${firstParty}\n${validFiles['apps/notes.yaml']}`,
      'policies/profile/own.yaml': JSON.stringify({ name: 'own', rules: [{ name: 'All', then: drawn.profile }] }),
      'policies/password.yaml': JSON.stringify({ rules: [{ name: 'All', then: drawn.password }] }),
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
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return nextConfiguration(loaded.documents, authenticators);
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
  const restOf = (user: Subject) => classOf(user, projection).rest;
  expect(restOf(recovered('totp', password, totp, weak))).not.toBe(restOf(recovered('webauthn', password, weak, totp)));
  expect(restOf(recovered('totp', password, totp, weak))).toBe(restOf(recovered('totp', weak, totp, password)));
});

test('skips that no policy counts make no other class, and neither does when they were', () => {
  const skippedAt = (at: number): Subject => {
    const who = { id: 'ann', status: 'active' as const, identifiers: [], groups: [], profile: {} };
    return { ...who, enrollments: [], skipped: { totp: { grace: { count: 1, at }, optional: { count: 1, at } } } };
  };
  const keys = (more: Partial<Projection['skips']>) => {
    const none = projectionOf([]);
    const projection = { ...none, skips: { ...none.skips, ...more } };
    return [skippedAt(1), skippedAt(2), { ...skippedAt(2), skipped: {} }].map((each) => classOf(each, projection).rest);
  };
  expect(new Set(keys({})).size).toBe(1);
  expect(new Set(keys({ grace: ['totp'] })).size).toBe(2);
  expect(new Set(keys({ optional: ['totp'] })).size).toBe(2);
});

test('classes of users give the same results as single users', async () => {
  const seen = { changes: 0, merged: 0 };
  await fc.assert(
    fc.asyncProperty(side, side, fc.array(subject, { minLength: 40, maxLength: 40 }), async (before, after, users) => {
      const [active, next] = [await sideOf(before), await sideOf(after)];
      if (active === undefined || next === undefined) return;
      const { pairs } = await comparedApps(active, next);
      const places = placePairs(active.snapshot, next.snapshot);
      for (const pair of pairs) {
        const varied = circumstancesOf(pair, { places, now, isCounted: true });
        const { circumstances } = varied;
        const projection = projectionOf([{ pair, ...varied }]);
        const each = users.map((user) => classOf(user, projection));
        const clientIds = [pair.next.app.clientId];
        const atApp = (chosen: readonly UserClass[]) =>
          classesAtApps(numberedClasses(chosen, projection, clientIds), projection, projection)({ pair, ...varied });
        const classes = atApp(each);
        const atoms = projection.atoms.map(({ id }) => id);
        const compare = (chosen: readonly UserClass[]) =>
          pairComparison(pair, { circumstances, atoms, shared: newShared(true) })(pair, chosen);
        const together = counted(compare(classes));
        expect(together).toEqual(counted(each.flatMap((userClass) => compare(atApp([userClass])))));
        seen.changes += together.size;
        seen.merged += each.length - classes.length;
      }
    }),
    seeded(8),
  );
  expect(seen.changes).toBeGreaterThan(enough(10));
  expect(seen.merged).toBeGreaterThan(enough(10));
});
