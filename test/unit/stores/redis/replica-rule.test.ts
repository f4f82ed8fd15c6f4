/** Who must have a write before it is acknowledged, as the sentinels' word and the clock go on. */
import { describe, expect, test } from '@jest/globals';
import { AttachedRule, SentinelRule } from '../../../../src/stores/redis/replica-rule.ts';

interface Word {
  readonly master?: string;
  readonly flags?: string;
  readonly down?: Readonly<Record<string, number>>;
}

/** Sentinels who all say the same, four times a second, until `to`; the word of each can differ. */
function speak(rule: SentinelRule, [from, to]: readonly [number, number], words: Readonly<Record<string, Word>>): void {
  for (let at = from; at <= to; at += 250)
    for (const [sentinel, { master = 'A', flags = 'master', down = {} }] of Object.entries(words)) {
      const others = ['A', 'B', 'C'].filter((node) => node !== master);
      const downFor = new Map(others.map((node) => [node, down[node] === undefined ? 0 : at - down[node]]));
      rule.observe(sentinel, { at, master, flags, downFor, sentinels: 3 });
    }
}

const all = (word: Word) => ({ s1: word, s2: word, s3: word });
const acknowledged = (...nodes: readonly string[]) => new Map(nodes.map((node) => [node, 100]));

function missingAt(rule: SentinelRule, now: number, ...have: readonly string[]): readonly string[] {
  return rule.missing({ master: 'A', offset: 100, acknowledged: acknowledged(...have) }, now);
}

describe('with Sentinel', () => {
  test('nothing is known before a majority has spoken', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 0], { s1: {} });
    expect(rule.needed('A', 0)).toBeUndefined();
    speak(rule, [0, 0], { s2: {} });
    expect(rule.needed('A', 0)).toBe(2);
  });

  test('every replica counts, by its name and its offset', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 20_000], all({}));
    expect(missingAt(rule, 20_000, 'B')).toEqual(['C']);
    expect(missingAt(rule, 20_000, 'B', 'X')).toEqual(['C']);
    expect(missingAt(rule, 20_000, 'B', 'C')).toEqual([]);
    const late = new Map([
      ['B', 100],
      ['C', 99],
    ]);
    expect(rule.missing({ master: 'A', offset: 100, acknowledged: late }, 20_000)).toEqual(['C']);
  });

  test('a node that all call down is excused after ten seconds of agreement', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 9_750], all({ down: { C: -60_000 } }));
    expect(missingAt(rule, 9_750, 'B')).toEqual(['C']);
    speak(rule, [10_000, 10_000], all({ down: { C: -60_000 } }));
    expect(missingAt(rule, 10_000, 'B')).toEqual([]);
    expect(rule.needed('A', 10_000)).toBe(1);
  });

  test('a node that is down for less than ten seconds counts', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 29_750], all({ down: { C: 20_000 } }));
    expect(missingAt(rule, 29_750, 'B')).toEqual(['C']);
  });

  test.each<[string, Readonly<Record<string, Word>>]>([
    ['one sentinel sees it', { s1: { down: { C: 0 } }, s2: { down: { C: 0 } }, s3: {} }],
    ['one sentinel names another master', { s1: { down: { C: 0 } }, s2: { down: { C: 0 } }, s3: { master: 'B' } }],
    ['something speaks against the master', all({ down: { C: 0 }, flags: 'master,s_down' })],
    ['all name another master', all({ master: 'B', down: { C: 0 } })],
    ['no majority answers', { s1: { down: { C: 0 } } }],
  ])('no replica is excused while %s', (_, words) => {
    const rule = new SentinelRule();
    speak(rule, [0, 0], all({}));
    speak(rule, [0, 30_000], words);
    expect(missingAt(rule, 30_000, 'B')).toEqual(['C']);
  });

  test('an excused node counts again once it is attached, not before', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 10_000], all({ down: { C: -60_000 } }));
    expect(missingAt(rule, 10_000, 'B')).toEqual([]);
    speak(rule, [10_250, 12_000], all({}));
    expect(missingAt(rule, 12_000, 'B')).toEqual([]);
    expect(missingAt(rule, 12_000, 'B', 'C')).toEqual([]);
    expect(missingAt(rule, 12_000, 'B')).toEqual(['C']);
  });

  test('a dispute and silence make all count again', () => {
    const rule = new SentinelRule();
    const down = all({ down: { C: -60_000 } });
    speak(rule, [0, 10_000], down);
    expect(missingAt(rule, 10_000, 'B')).toEqual([]);
    speak(rule, [10_250, 10_250], { s1: { master: 'B', down: { C: -60_000 } } });
    speak(rule, [10_500, 12_000], down);
    expect(missingAt(rule, 12_000, 'B')).toEqual(['C']);
    speak(rule, [12_250, 22_500], down);
    expect(missingAt(rule, 22_500, 'B')).toEqual([]);
    expect(missingAt(rule, 23_600, 'B')).toEqual(['C']);
  });

  test('the last one is never excused, and a node that is not listed any more is not either', () => {
    const rule = new SentinelRule();
    speak(rule, [0, 20_000], all({ down: { B: -60_000, C: -60_000 } }));
    expect(missingAt(rule, 20_000)).toEqual(['B', 'C']);
    const shorter = { master: 'A', flags: 'master', downFor: new Map([['B', 0]]), sentinels: 3 };
    const forgetful = new SentinelRule();
    speak(forgetful, [0, 0], all({}));
    for (let at = 0; at <= 20_000; at += 250)
      for (const sentinel of ['s1', 's2', 's3']) forgetful.observe(sentinel, { at, ...shorter });
    expect(missingAt(forgetful, 20_000, 'B')).toEqual(['C']);
  });
});

describe('by the declaration of the operator', () => {
  test('the last one is excused as the others are, for as long as the word holds', () => {
    const rule = new SentinelRule();
    rule.standAloneUntil(20_000);
    speak(rule, [0, 9_750], all({ down: { B: -60_000, C: -60_000 } }));
    expect(missingAt(rule, 9_750)).toEqual(['B', 'C']);
    speak(rule, [10_000, 20_000], all({ down: { B: -60_000, C: -60_000 } }));
    expect([rule.needed('A', 19_999), missingAt(rule, 19_999)]).toEqual([0, []]);
    expect(missingAt(rule, 20_000)).toEqual(['B', 'C']);
  });

  test('a node that is up, or attached again, still counts', () => {
    const rule = new SentinelRule();
    rule.standAloneUntil(60_000);
    speak(rule, [0, 20_000], all({ down: { C: -60_000 } }));
    expect(missingAt(rule, 20_000)).toEqual(['B']);
    speak(rule, [20_250, 40_000], all({ down: { B: 20_000, C: -60_000 } }));
    expect(missingAt(rule, 40_000)).toEqual([]);
    speak(rule, [40_250, 42_000], all({}));
    expect(missingAt(rule, 42_000, 'B')).toEqual([]);
    expect(missingAt(rule, 42_000)).toEqual(['B']);
  });

  test('without Sentinel those count that are attached', () => {
    const rule = new AttachedRule();
    rule.observe(2);
    rule.standAloneUntil(100);
    rule.observe(0);
    expect([rule.needed('A', 99), rule.needed('A', 100)]).toEqual([0, 2]);
    const lagging = new Map([['B', 99]]);
    expect(rule.missing({ master: 'A', offset: 100, acknowledged: lagging }, 99)).toEqual(['1 of 1 replicas']);
  });
});

describe('without Sentinel', () => {
  const missing = (rule: AttachedRule, ...have: readonly string[]) =>
    rule.missing({ master: 'A', offset: 100, acknowledged: acknowledged(...have) }, 0);

  test('as many must have a write as were ever attached at once', () => {
    const rule = new AttachedRule();
    expect(rule.needed('A', 0)).toBeUndefined();
    rule.observe(0);
    expect(rule.needed('A', 0)).toBe(0);
    expect(missing(rule)).toEqual([]);
    rule.observe(2);
    rule.observe(1);
    expect(rule.needed('A', 0)).toBe(2);
    expect(missing(rule, 'B')).toEqual(['1 of 2 replicas']);
    expect(missing(rule, 'B', 'another')).toEqual([]);
  });

  test('one that is attached and lags behind does not have it', () => {
    const rule = new AttachedRule();
    const lagging = new Map([
      ['B', 100],
      ['C', 99],
    ]);
    expect(rule.missing({ master: 'A', offset: 100, acknowledged: lagging }, 0)).toEqual(['1 of 2 replicas']);
  });
});
