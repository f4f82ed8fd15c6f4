/**
 * `config diff` where rules ask about the past, of users in one store: how many it tells of is how many there are, each
 * of them walked through the sign-in by the evaluator under both configurations.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import type { Subject } from '../../../../../src/core/model/facts.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { storedAlone } from '../../support/compared-users.ts';
import { password, totp, webauthn } from '../../support/diff-harness.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import {
  authenticators,
  changedSignIns,
  configurationWith,
  rulesWith,
  userCountSum,
  usersToldOf,
} from '../../support/users-told-of.ts';

const now = Date.UTC(2027, 0, 15, 12) / 1000;

let terminal: Terminal;
const subjects: Subject[] = [];

beforeAll(async () => {
  terminal = openTerminal(() => now);
  for (const groups of [['g'], [], ['h', 'g'], ['h']])
    for (const second of [totp, webauthn]) {
      const user = { identifiers: [`u${subjects.length}`], groups, credentials: [password, second] };
      await terminal.directory.create(user);
      const alone = await storedAlone(user, { created: now, now });
      await alone.terminal.store.close();
      subjects.push(alone.subject);
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
const rules = rulesWith(when);

test('as many users are told of as there are', async () => {
  const seen = userCountSum();
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(rules, rules, async (before, after) => {
      const [active, next] = [await configurationWith(before), await configurationWith(after)];
      const compared = { active, next, against: '', locationOf: () => undefined, authenticators, now };
      const { changes } = await configDiff({ ...compared, store: terminal.store });
      const [pair] = (await comparedApps(active, next)).pairs;
      for (const known of [false, true]) {
        const inBrowser = ['', `in a ${known ? 'known' : 'new'} browser`];
        const counts = changedSignIns(
          pair,
          subjects.map((subject) => ({ subject, known, now })),
        );
        expect(usersToldOf(changes.filter(({ where }) => inBrowser.includes(where)))).toEqual(counts);
        seen.add(counts);
        if (Object.values(counts).every((count) => count === 0)) unchanged += 1;
      }
    }),
    seeded(40),
  );
  seen.expectEach(10);
  expect(unchanged).toBeGreaterThan(enough(2));
});
