/**
 * `config diff` where rules ask when users last signed in: how many it tells of is how many there are, each of them
 * walked through the sign-in by the evaluator with the past that `explain` reads of them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { comparedApps } from '../../../../../src/cli/config/diff/compared/app-pairs.ts';
import { configDiff } from '../../../../../src/cli/config/diff/config-diff.ts';
import { findSubject } from '../../../../../src/cli/shared/store/find-subject.ts';
import type { Subject } from '../../../../../src/core/model/facts.ts';
import { pastInStore } from '../../../../../src/flow/explain.ts';
import type { Snapshot } from '../../../../../src/policy/revision/snapshot.ts';
import { signInHistoryKey } from '../../../../../src/stores/keys.ts';
import { UnitOfWork } from '../../../../../src/stores/unit-of-work.ts';
import { recordInHistory } from '../../../../../src/users/history/sign-in-history.ts';
import { seeded } from '../../../../core/support/seeded.ts';
import { password, totp } from '../../support/diff-harness.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import {
  authenticators,
  changedSignIns,
  configurationWith,
  rulesWith,
  userCountSum,
  usersToldOf,
} from '../../support/users-told-of.ts';

const oneDay = 86_400;
const now = Date.UTC(2027, 0, 15, 12) / 1000;
const historySince = now - 200 * oneDay;

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
const condition = fc.oneof(
  bound.map((within) => ({ within })),
  bound.map((notWithin) => ({ notWithin })),
);
const groups = fc.constantFrom({ any: ['g'] }, { none: ['g'] });
const when = fc.oneof(
  condition.map((lastSignIn) => ({ lastSignIn })),
  fc.record({ lastSignIn: condition, groups }),
  groups.map((some) => ({ groups: some })),
);
const rules = rulesWith(when);

/** The past that `explain` reads of the user. */
async function pastOf(subject: Subject, snapshot: Snapshot) {
  const { lastSignIn } = await pastInStore(terminal.store, snapshot, { subject, ip: '', now, isKnown: false });
  return lastSignIn === undefined ? {} : { lastSignIn };
}

test('as many users are told of as there are', async () => {
  const seen = userCountSum();
  await fc.assert(
    fc.asyncProperty(rules, rules, async (before, after) => {
      const [files, next] = [await configurationWith(before), await configurationWith(after)];
      const active = { ...files, snapshot: { ...files.snapshot, historySince } };
      const compared = { active, next, against: '', locationOf: () => undefined, authenticators, now };
      const { changes, leftAside } = await configDiff({ ...compared, store: terminal.store });
      expect(leftAside).toEqual([]);
      const [pair] = (await comparedApps(active, next)).pairs;
      const signIns = await Promise.all(
        subjects.map(async (subject) => ({ subject, known: false, now, past: await pastOf(subject, active.snapshot) })),
      );
      const counts = changedSignIns(pair, signIns);
      expect(usersToldOf(changes.filter(({ where }) => where === ''))).toEqual(counts);
      seen.add(counts);
    }),
    seeded(25),
  );
  seen.expectEach(2);
});
