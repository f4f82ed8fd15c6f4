/** What the comparison with a draft came to: how sign-ins without a user are counted, and how many are kept apart. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DecisionSummary } from '../../../../src/core/analysis/comparison/compare-decisions.ts';
import { startShadow } from '../../../../src/policy/revision/shadow-draft.ts';
import { parseTotals, recordShadow, type ShadowComparison } from '../../../../src/policy/revision/shadow-record.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { shadowTotalsKey, shadowUsersKey } from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';

let store: Store;
beforeEach(() => {
  store = openEmbedded({ file: ':memory:' });
});
afterEach(() => store.close());

const asks: DecisionSummary = { outcome: 'ask', asks: 'identify', rule: '' };

function denied(rule: string, more: Partial<ShadowComparison> = {}): ShadowComparison {
  const before: DecisionSummary = { outcome: 'deny', reason: 'rule', rule };
  const about = { kind: 'sign_in' as const, client: 'notes', at: 1, zones: [], revision: 2 };
  return { ...about, change: 'admitted', before, after: asks, ...more };
}

async function record(...batches: readonly (readonly ShadowComparison[])[]) {
  const draft = await startShadow(store, new Map(), { by: 'test', dir: 'draft', now: 0 });
  for (const compared of batches)
    expect(await recordShadow(store, draft.id, { compared, leftOut: [], failed: 0, dropped: 0 })).toBe(true);
  return parseTotals((await store.load([shadowTotalsKey])).entries.get(shadowTotalsKey)?.value ?? '');
}

test('sign-ins without a user are counted by difference, with the newest example, and add no user', async () => {
  const unchanged = denied('b', { change: 'none' });
  const totals = await record([denied('a'), denied('b'), unchanged], [denied('a', { at: 5, transaction: 't' })]);
  expect(totals).toMatchObject({ signIns: 4, users: 0, unrecorded: 0, byApp: { notes: { admitted: 3, none: 1 } } });
  expect(
    totals.unidentified.map(({ before, signIns, at, transaction }) => [before.rule, signIns, at, transaction]),
  ).toEqual([
    ['a', 2, 5, 't'],
    ['b', 1, 1, undefined],
  ]);
  for await (const members of store.members(shadowUsersKey)) expect(members).toEqual([]);
});

test('those of more than 100 differences are counted only', async () => {
  const many = Array.from({ length: 103 }, (_, number) => denied(`rule ${number}`));
  const totals = await record(many, [denied('rule 0'), denied('another')]);
  expect([totals.signIns, totals.unidentified.length, totals.unrecorded]).toEqual([105, 100, 4]);
  expect(totals.unidentified[0]?.signIns).toBe(2);
});

test('totals of an earlier release have none', () => {
  expect(parseTotals('{"id":"draft","signIns":3}')).toMatchObject({ id: 'draft', signIns: 3, unidentified: [] });
});
