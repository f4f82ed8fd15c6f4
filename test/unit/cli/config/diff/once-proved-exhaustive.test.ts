/**
 * `config diff` where rules ask about the past, of users in one store: how many it tells of is how many there are, each
 * of them walked through the sign-in by the evaluator under both configurations.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AppPair, comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import { factsIn } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { countUsers, projectionOf } from '../../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import {
  asksAlike,
  type RulesInEffect,
  rulesInEffect,
} from '../../../../../src/core/analysis/proofs/rules-in-effect.ts';
import type { Subject } from '../../../../../src/core/model/facts.ts';
import { everyWay, waysToTell } from '../../../../core/support/every-way.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../../policy/support/configuration-dir.ts';
import { password, totp, webauthn } from '../../support/diff-harness.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';

const now = Date.UTC(2027, 0, 15, 12) / 1000;
const authenticators = kindsOf('password', 'totp', 'webauthn');
const settings = `issuer: https://id.example.test
brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
`;

let terminal: Terminal;
const subjects: Subject[] = [];

beforeAll(async () => {
  terminal = openTerminal(() => now);
  for (const groups of [['g'], [], ['h', 'g'], ['h']])
    for (const second of [totp, webauthn]) {
      const alone = openTerminal(() => now);
      const user = { identifiers: [`u${subjects.length}`], groups, credentials: [password, second] };
      for (const { directory } of [terminal, alone]) await directory.create(user);
      const { classes } = await countUsers(alone.store, { projection: projectionOf([]), now });
      await alone.store.close();
      subjects.push(...classes.map(({ subject }) => subject));
    }
});
afterAll(() => terminal.store.close());

const newDevice = fc.constantFrom({ any: ['newDevice'] }, { none: ['newDevice'] });
const groups = fc.constantFrom({ any: ['g'] }, { none: ['g'] }, { all: ['g', 'h'] });
const when = fc.oneof(
  newDevice.map((risk) => ({ risk })),
  fc.record({ risk: newDevice, groups }),
  groups.map((some) => ({ groups: some })),
  fc.record({ groups, device: fc.constantFrom({ known: true }, { known: false }) }),
);
/** Each user can prove what any of these asks for. */
const then = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 1 } },
  { allow: { factors: 2 } },
  { allow: { knowledge: {} } },
);
const last = fc.constantFrom<unknown>({ allow: { factors: 1 } }, { allow: { factors: 2 } });
const rules = fc
  .tuple(fc.array(fc.record({ when, then }), { maxLength: 3 }), last)
  .map(([some, other]) => [...some.map((rule, at) => ({ name: `R${at}`, ...rule })), { name: 'Last', then: other }]);

async function sideOf(written: readonly object[]) {
  const files = { 'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: written }) };
  const loaded = await load({ ...validFiles, ...files, 'stepgate.yaml': settings }, {}, authenticators);
  return loaded.ok ? nextConfiguration(loaded.documents, authenticators) : undefined;
}

interface Asked {
  /** What the user may prove to get in. Empty: nothing lets the user in. */
  readonly proofs: string;
  readonly asks: RulesInEffect['asks'];
}

function askedAt(
  pair: AppPair,
  side: 'active' | 'next',
  { subject, known }: { subject: Subject; known: boolean },
): Asked {
  const network = { ip: '203.0.113.1', zones: [] };
  const place = { label: '', activeLabel: '', zones: [], activeZones: [], active: network, next: network };
  const device = { known, platform: 'desktop' as const, os: 'other' as const };
  const circumstance = { place, device, believed: { active: {}, next: {} }, now, scopes: ['openid'] };
  const facts = { ...factsIn(pair[side], circumstance, side), subject };
  const { policies } = pair[side];
  const ways = waysToTell(everyWay(policies, facts, subject));
  const sets = ways.map(({ proofs }) => JSON.stringify(proofs.map(({ authenticator }) => authenticator).sort()));
  const [first] = ways.flatMap(({ evidence }) => evidence);
  const { asks } = rulesInEffect(policies, { ...facts, evidence: first ? [first] : [] });
  return { proofs: [...new Set(sets)].sort().join(), asks };
}

function usersIn(changes: readonly AccessChange[], isMeant: (change: AccessChange) => boolean): number {
  return changes.filter(isMeant).reduce((sum, { who }) => sum + (who.users ?? 0), 0);
}

test('as many users are told of as there are', async () => {
  const seen = { lockedOut: 0, letIn: 0, others: 0, none: 0 };
  await fc.assert(
    fc.asyncProperty(rules, rules, async (before, after) => {
      const [active, next] = [await sideOf(before), await sideOf(after)];
      if (active === undefined || next === undefined) return;
      const compared = { active, next, against: '', locationOf: () => undefined, authenticators, now };
      const { changes } = await configDiff({ ...compared, store: terminal.store });
      const [pair] = (await comparedApps(active, next)).pairs;
      for (const known of [false, true]) {
        const there = changes.filter(
          ({ where }) => where === '' || where === `in a ${known ? 'known' : 'new'} browser`,
        );
        const isDenied = (side: 'before' | 'after') => (change: AccessChange) => change[side].words === 'denied';
        const isOther = (change: AccessChange) =>
          ['requirement', 'steps'].includes(change.kind) && !isDenied('before')(change) && !isDenied('after')(change);
        const found = subjects.flatMap((subject) => {
          if (pair === undefined) return [];
          const [from, to] = [askedAt(pair, 'active', { subject, known }), askedAt(pair, 'next', { subject, known })];
          return [{ from: from.proofs, to: to.proofs, isSame: asksAlike(from.asks, to.asks, authenticators) }];
        });
        const count = (isMeant: (from: string, to: string, isSame: boolean) => boolean) =>
          found.filter(({ from, to, isSame }) => isMeant(from, to, isSame)).length;
        const counts = {
          lockedOut: count((from, to) => from !== '' && to === ''),
          letIn: count((from, to) => from === '' && to !== ''),
          others: count((from, to, isSame) => from !== '' && to !== '' && (from !== to || !isSame)),
        };
        expect({
          lockedOut: usersIn(there, isDenied('after')),
          letIn: usersIn(there, isDenied('before')),
          others: usersIn(there, isOther),
        }).toEqual(counts);
        seen.lockedOut += counts.lockedOut;
        seen.letIn += counts.letIn;
        seen.others += counts.others;
        seen.none += found.every(({ from, to }) => from === to) ? 1 : 0;
      }
    }),
    seeded(40),
  );
  expect(seen.lockedOut).toBeGreaterThan(enough(40));
  expect(seen.letIn).toBeGreaterThan(enough(40));
  expect(seen.others).toBeGreaterThan(enough(40));
  expect(seen.none).toBeGreaterThan(enough(2));
});
