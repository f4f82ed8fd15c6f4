/**
 * `config diff` where rules ask when users last signed in: how many it tells of is how many there are, each of them
 * walked through the sign-in by the evaluator with the past that `explain` reads of them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AppPair, comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { nextConfiguration } from '../../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import { factsIn } from '../../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { findSubject } from '../../../../../src/cli/shared/store/find-subject.ts';
import {
  asksAlike,
  type RulesInEffect,
  rulesInEffect,
} from '../../../../../src/core/analysis/proofs/rules-in-effect.ts';
import type { Subject } from '../../../../../src/core/model/facts.ts';
import { pastInStore } from '../../../../../src/flow/explain.ts';
import { signInHistoryKey } from '../../../../../src/stores/keys.ts';
import { UnitOfWork } from '../../../../../src/stores/unit-of-work.ts';
import { recordInHistory } from '../../../../../src/users/history/sign-in-history.ts';
import { everyWay, shortestWays } from '../../../../core/support/every-way.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../../policy/support/configuration-dir.ts';
import { password, totp } from '../../support/diff-harness.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';

const oneDay = 86_400;
const now = Date.UTC(2027, 0, 15, 12) / 1000;
const authenticators = kindsOf('password', 'totp', 'webauthn');
const historySince = now - 200 * oneDay;
const settings = `issuer: https://id.example.test
brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
`;

/** Days since the last sign-in. */
const pasts = [0, 5, 20, 100, 'never', 'not recorded'] as const;

let clock = now;
let terminal: Terminal;
const subjects: Subject[] = [];

beforeAll(async () => {
  terminal = openTerminal(() => clock);
  for (const groups of [['g'], []])
    for (const ago of pasts) {
      // Older than the records are those of whom none is kept, and of one it is not.
      clock = ago === 'never' ? now - oneDay : now - 400 * oneDay;
      const user = { identifiers: [`u${subjects.length}`], groups, credentials: [password, totp] };
      await terminal.directory.create(user);
      const { id } = await findSubject(terminal.store, user.identifiers.join(), now);
      if (typeof ago === 'number') {
        const unit = new UnitOfWork(terminal.store);
        await unit.load([signInHistoryKey(id)]);
        recordInHistory(unit, id, { at: now - ago * oneDay, session: 's' });
        await unit.commit();
      }
      subjects.push(await findSubject(terminal.store, id, now));
    }
});
afterAll(() => terminal.store.close());

const bound = fc.constantFrom('P1D', 'P7D', 'P30D', 'P90D');
const lastSignIn = fc.oneof(
  bound.map((within) => ({ within })),
  bound.map((notWithin) => ({ notWithin })),
);
const groups = fc.constantFrom({ any: ['g'] }, { none: ['g'] });
const when = fc.oneof(
  fc.record({ lastSignIn }),
  fc.record({ lastSignIn, groups }),
  groups.map((some) => ({ groups: some })),
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
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return nextConfiguration(loaded.documents, authenticators);
}

interface Asked {
  /** What the user may prove to get in. Empty: nothing lets the user in. */
  readonly proofs: string;
  readonly asks: RulesInEffect['asks'];
}

async function askedAt(pair: AppPair, side: 'active' | 'next', subject: Subject): Promise<Asked> {
  const network = { ip: '203.0.113.1', zones: [] };
  const place = { label: '', activeLabel: '', zones: [], activeZones: [], active: network, next: network };
  const device = { known: false, platform: 'desktop' as const, os: 'other' as const };
  const circumstance = { place, device, believed: { active: {}, next: {} }, now, scopes: ['openid'] };
  const recording = { ...pair[side].side.snapshot, historySince };
  const past = await pastInStore(terminal.store, recording, { subject, ip: '', now, isKnown: false });
  const facts = {
    ...factsIn(pair[side], circumstance, side),
    subject,
    ...(past.lastSignIn !== undefined && { lastSignIn: past.lastSignIn }),
  };
  const { policies } = pair[side];
  const ways = shortestWays(everyWay(policies, facts, subject));
  const sets = ways.map(({ proofs }) => JSON.stringify(proofs.map(({ authenticator }) => authenticator).sort()));
  const [first] = ways.flatMap(({ evidence }) => evidence);
  const { asks } = rulesInEffect(policies, { ...facts, evidence: first ? [first] : [] });
  return { proofs: [...new Set(sets)].sort().join(), asks };
}

function usersIn(changes: readonly AccessChange[], isMeant: (change: AccessChange) => boolean): number {
  return changes.filter(isMeant).reduce((sum, { who }) => sum + (who.users ?? 0), 0);
}

test('as many users are told of as there are', async () => {
  const seen = { lockedOut: 0, letIn: 0, others: 0 };
  await fc.assert(
    fc.asyncProperty(rules, rules, async (before, after) => {
      const [files, next] = [await sideOf(before), await sideOf(after)];
      const active = { ...files, snapshot: { ...files.snapshot, historySince } };
      const compared = { active, next, against: '', locationOf: () => undefined, authenticators, now };
      const { changes, leftAside } = await configDiff({ ...compared, store: terminal.store });
      expect(leftAside).toEqual([]);
      const [pair] = (await comparedApps(active, next)).pairs;
      const found: { from: string; to: string; isSame: boolean }[] = [];
      for (const subject of pair ? subjects : []) {
        if (pair === undefined) continue;
        const [from, to] = [await askedAt(pair, 'active', subject), await askedAt(pair, 'next', subject)];
        found.push({ from: from.proofs, to: to.proofs, isSame: asksAlike(from.asks, to.asks, authenticators) });
      }
      const isDenied = (side: 'before' | 'after') => (change: AccessChange) => change[side].words === 'denied';
      const isOther = (change: AccessChange) =>
        ['requirement', 'steps'].includes(change.kind) && !isDenied('before')(change) && !isDenied('after')(change);
      const count = (isMeant: (from: string, to: string, isSame: boolean) => boolean) =>
        found.filter(({ from, to, isSame }) => isMeant(from, to, isSame)).length;
      const counts = {
        lockedOut: count((from, to) => from !== '' && to === ''),
        letIn: count((from, to) => from === '' && to !== ''),
        others: count((from, to, isSame) => from !== '' && to !== '' && (from !== to || !isSame)),
      };
      const told = (isMeant: (change: AccessChange) => boolean) => usersIn(changes.filter(isEverywhere), isMeant);
      expect({
        lockedOut: told(isDenied('after')),
        letIn: told(isDenied('before')),
        others: told(isOther),
      }).toEqual(counts);
      seen.lockedOut += counts.lockedOut;
      seen.letIn += counts.letIn;
      seen.others += counts.others;
    }),
    seeded(25),
  );
  expect(seen.lockedOut).toBeGreaterThan(enough(25));
  expect(seen.letIn).toBeGreaterThan(enough(25));
  expect(seen.others).toBeGreaterThan(enough(25));
});

function isEverywhere({ where }: AccessChange): boolean {
  return where === '';
}
