/** Who must have a write on a Redis Cluster, as the words of the masters and the clock go on. */
import { describe, expect, test } from '@jest/globals';
import { type ClusterNode, ClusterRule } from '../../../../src/stores/redis/cluster-rule.ts';

/**
 * What a node is said to be: `A` a master with slots, `>A` a replica of A, `-` a master without slots; behind it `!`
 * down, `?` not to be elected.
 */
type Words = Readonly<Record<string, string>>;

const usual: Words = { A: 'A', B: 'B', C: 'C', a1: '>A', a2: '>A', b1: '>B' };

function nodeOf(id: string, word: string): ClusterNode {
  const isDown = word.endsWith('!');
  const standsBack = word.endsWith('?');
  const role = word.replace(/[!?]/, '');
  const flags = new Set([
    role.startsWith('>') ? 'slave' : 'master',
    ...(isDown ? ['fail'] : []),
    ...(standsBack ? ['nofailover'] : []),
  ]);
  const slots = role === id ? ([[slots0[id] ?? 0, (slots0[id] ?? 0) + 99]] as const) : [];
  return { id, flags, epoch: 1, slots, ...(role.startsWith('>') ? { master: role.slice(1) } : {}) };
}

const slots0: Readonly<Record<string, number>> = { A: 0, B: 100, C: 200, a1: 0 };

/** Four times a second until `to`; each speaker says the usual, with what it says differently. */
function speak(
  rule: ClusterRule,
  [from, to]: readonly [number, number],
  speakers: Readonly<Record<string, Words>>,
): void {
  for (let at = from; at <= to; at += 250)
    for (const [speaker, words] of Object.entries(speakers)) {
      const all = Object.entries({ ...usual, ...words });
      rule.observe({ at, speaker, nodes: new Map(all.map(([id, word]) => [id, nodeOf(id, word)])) });
    }
}

const all = (words: Words) => ({ A: words, B: words, C: words });

function missingAt(rule: ClusterRule, now: number, ...have: readonly string[]): readonly string[] {
  return missingOf(rule, 'A', now, ...have);
}

function missingOf(rule: ClusterRule, master: string, now: number, ...have: readonly string[]): readonly string[] {
  return rule.missing({ master, offset: 100, acknowledged: new Map(have.map((node) => [node, 100])) }, now);
}

test('nothing is known before a majority of the masters has spoken', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 0], { A: {} });
  expect(rule.needed('A', 0)).toBeUndefined();
  speak(rule, [0, 0], { B: {} });
  expect([rule.needed('A', 0), rule.needed('B', 0), rule.needed('C', 0)]).toEqual([2, 1, 0]);
  expect(rule.needed('X', 0)).toBeUndefined();
  expect(missingOf(rule, 'X', 0)).not.toEqual([]);
});

test('every replica of the master counts, by its name and its offset', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 20_000], all({}));
  expect(missingAt(rule, 20_000, 'a1')).toEqual(['a2']);
  expect(missingAt(rule, 20_000, 'a1', 'b1')).toEqual(['a2']);
  expect(missingAt(rule, 20_000, 'a1', 'a2')).toEqual([]);
  const late = new Map([
    ['a1', 100],
    ['a2', 99],
  ]);
  expect(rule.missing({ master: 'A', offset: 100, acknowledged: late }, 20_000)).toEqual(['a2']);
});

describe('a node that is down', () => {
  test('is excused after ten seconds of agreement, and counts again once it is attached', () => {
    const rule = new ClusterRule();
    speak(rule, [0, 9_750], all({ a2: '>A!' }));
    expect(missingAt(rule, 9_750, 'a1')).toEqual(['a2']);
    speak(rule, [10_000, 10_000], all({ a2: '>A!' }));
    expect(missingAt(rule, 10_000, 'a1')).toEqual([]);
    speak(rule, [10_250, 12_000], all({}));
    expect(missingAt(rule, 12_000, 'a1')).toEqual([]);
    expect(missingAt(rule, 12_000, 'a1', 'a2')).toEqual([]);
    expect(missingAt(rule, 12_000, 'a1')).toEqual(['a2']);
  });

  test('counts until it was down for ten seconds without a break', () => {
    const rule = new ClusterRule();
    speak(rule, [0, 20_000], all({}));
    speak(rule, [20_250, 25_000], all({ a2: '>A!' }));
    speak(rule, [25_250, 25_250], { B: {} });
    speak(rule, [25_500, 35_000], all({ a2: '>A!' }));
    expect(missingAt(rule, 35_000, 'a1')).toEqual(['a2']);
    speak(rule, [35_250, 35_500], all({ a2: '>A!' }));
    expect(missingAt(rule, 35_500, 'a1')).toEqual([]);
  });

  test('counts when it is the last one', () => {
    const rule = new ClusterRule();
    speak(rule, [0, 30_000], all({ a1: '>A!', a2: '>A!', b1: '>B!' }));
    expect(missingAt(rule, 30_000)).toEqual(['a1', 'a2']);
    expect(missingOf(rule, 'B', 30_000)).toEqual(['b1']);
  });

  test('is excused, also when it is the last one, by the declaration of the operator', () => {
    const rule = new ClusterRule();
    rule.standAloneUntil(30_000);
    speak(rule, [0, 30_000], all({ a1: '>A!', a2: '>A!' }));
    expect([missingAt(rule, 29_999), missingAt(rule, 30_000)]).toEqual([[], ['a1', 'a2']]);
  });

  test('counts when it was forgotten', () => {
    const rule = new ClusterRule();
    speak(rule, [0, 0], all({}));
    const { a2: _gone, ...rest } = usual;
    for (let at = 250; at <= 30_000; at += 250)
      for (const speaker of ['A', 'B', 'C'])
        rule.observe({ at, speaker, nodes: new Map(Object.entries(rest).map(([id, word]) => [id, nodeOf(id, word)])) });
    expect(missingAt(rule, 30_000, 'a1')).toEqual(['a2']);
  });

  test.each<[string, Readonly<Record<string, Words>>]>([
    ['one of the others sees it', { A: { a2: '>A!' }, B: { a2: '>A!' }, C: {} }],
    ['only our own master calls it down', { A: { a2: '>A!' }, B: {}, C: {} }],
    ['one of the others calls our master down', { B: { a2: '>A!' }, C: { A: 'A!', a2: '>A!' } }],
    ['one of the others says that ours serves nothing', { B: { a2: '>A!' }, C: { A: '>a1', a1: 'a1', a2: '>A!' } }],
    ['no majority of the others answers', { A: { a2: '>A!' }, B: { a2: '>A!' } }],
    ['a replica is all that answers beside one master', { B: { a2: '>A!' }, b1: { a2: '>A!' } }],
    ['one that answers was replaced', { B: { a2: '>A!', C: '-' }, C: { a2: '>A!' } }],
  ])('counts while %s', (_, words) => {
    const rule = new ClusterRule();
    speak(rule, [0, 0], all({}));
    speak(rule, [250, 30_000], words);
    expect(missingAt(rule, 30_000, 'a1')).toEqual(['a2']);
  });

  test('counts again after a dispute, and after silence', () => {
    const rule = new ClusterRule();
    const down = all({ a2: '>A!' });
    speak(rule, [0, 10_000], down);
    expect(missingAt(rule, 10_000, 'a1')).toEqual([]);
    speak(rule, [10_250, 10_250], { B: { a2: '>A!', A: 'A!' } });
    speak(rule, [10_500, 12_000], down);
    expect(missingAt(rule, 12_000, 'a1')).toEqual(['a2']);
    speak(rule, [12_250, 22_500], down);
    expect(missingAt(rule, 22_500, 'a1')).toEqual([]);
    expect(missingAt(rule, 23_600, 'a1')).toEqual(['a2']);
  });
});

test('after a promotion all that served the slots before count, the former master among them', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 0], all({}));
  const words = { A: 'A!', a1: 'a1' };
  speak(rule, [250, 250], { B: words, C: words });
  expect(missingOf(rule, 'a1', 250)).toEqual(['A', 'a2']);
  const after = { A: '-!', a1: 'a1', a2: '>a1' };
  // The last word of A, which speaks for itself, counts for a second.
  speak(rule, [500, 12_000], { B: after, C: after, a1: after });
  expect(missingOf(rule, 'a1', 12_000, 'a2')).toEqual([]);
});

test('a replica that moved to another master counts there at once, and here until all have said so for ten seconds', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 20_000], all({}));
  const moved = all({ a2: '>C' });
  speak(rule, [20_250, 20_250], moved);
  expect([missingAt(rule, 20_250, 'a1'), missingOf(rule, 'C', 20_250)]).toEqual([['a2'], ['a2']]);
  speak(rule, [20_500, 30_250], moved);
  expect([missingAt(rule, 30_250, 'a1'), missingOf(rule, 'C', 30_250)]).toEqual([[], ['a2']]);
});

test('of two that claim a slot, the newer claim counts', () => {
  const rule = new ClusterRule();
  const { A, B } = { A: nodeOf('A', 'A'), B: { ...nodeOf('B', 'B'), epoch: 2, slots: [[50, 199]] as const } };
  rule.observe({ at: 0, speaker: 'A', nodes: new Map([['A', A]]) });
  expect(rule.ownerOf(60)).toBe('A');
  rule.observe({ at: 0, speaker: 'B', nodes: new Map([['B', B]]) });
  expect([rule.ownerOf(49), rule.ownerOf(60), rule.ownerOf(300)]).toEqual(['A', 'B', undefined]);
  expect([...rule.masters()].sort()).toEqual(['A', 'B']);
});

test('a new replica that takes part in no election delays nothing for longer than ten seconds, and counts once it is attached', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 20_000], all({}));
  speak(rule, [20_250, 30_000], all({ a3: '>A?' }));
  expect(missingAt(rule, 30_000, 'a1', 'a2')).toEqual(['a3']);
  speak(rule, [30_250, 30_500], all({ a3: '>A?' }));
  expect(missingAt(rule, 30_500, 'a1', 'a2')).toEqual([]);
  // One speaker alone is not enough, and without its word it counts.
  speak(rule, [30_750, 45_000], { A: { a3: '>A?' }, B: { a3: '>A?' }, C: { a3: '>A' } });
  expect(
    rule.missing(
      {
        master: 'A',
        offset: 100,
        acknowledged: new Map([
          ['a1', 100],
          ['a2', 100],
          ['a3', 50],
        ]),
      },
      45_000,
    ),
  ).toEqual(['a3']);
  expect(missingAt(rule, 45_000, 'a1', 'a2')).toEqual(['a3']);
});

test('a lone replica is not excused because it takes part in no election', () => {
  const rule = new ClusterRule();
  speak(rule, [0, 30_000], all({ b1: '>B?' }));
  expect(missingOf(rule, 'B', 30_000)).toEqual(['b1']);
});
