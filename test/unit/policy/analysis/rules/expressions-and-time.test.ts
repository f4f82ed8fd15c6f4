/** What expressions say of the time: taken apart as the evaluator sees it, and compared with all moments. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions, ExpressionLogic } from '../../../../../src/core/model/conditions.ts';
import type { Facts, Seconds } from '../../../../../src/core/model/facts.ts';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { compileConditions, mayFail } from '../../../../../src/core/policy/rules/condition-table.ts';
import { findRule } from '../../../../../src/core/policy/rules/rules.ts';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { compileExpression } from '../../../../../src/policy/schema/expressions/expression.ts';
import { factsOf, userWith } from '../../../../core/support/fixtures.ts';
import { ruleVerdicts } from '../../../../core/support/rule-verdicts.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { universe } from '../../../../core/support/universe.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const at = (text: string): Seconds => Date.parse(text) / 1000;
const logicOf = (written: string) => compileExpression(written).logic;

describe('an expression is taken apart', () => {
  const start = at('2027-01-31');
  test.each<[string, ExpressionLogic]>([
    ['now >= date("2027-01-31")', { from: start }],
    ['now > date("2027-01-31")', { from: start + 1 }],
    ['now < date("2027-01-31")', { not: { from: start } }],
    ['now <= date("2027-01-31")', { not: { from: start + 1 } }],
    ['date("2027-01-31") <= now', { from: start }],
    ['date("2027-01-31") > now', { not: { from: start } }],
    ['now >= timestamp("2027-01-31T01:00:00+01:00")', { from: start }],
    ['!(now < date("2027-01-31")) || false', { any: [{ not: { not: { from: start } } }, { any: [] }] }],
    ['true && now >= date("2027-01-31T00:00Z")', { all: [{ all: [] }, { from: start }] }],
    ['now >= date("2027-01-31T00:00:00.5Z")', { text: 'now >= date("2027-01-31T00:00:00.5Z")' }],
    ['now >= timestamp("2027-01-31T00:00Z")', { text: 'now >= timestamp("2027-01-31T00:00Z")' }],
    ['now >= date("2027-02-31")', { text: 'now >= date("2027-02-31")' }],
    ['now == date("2027-01-31")', { text: 'now == date("2027-01-31")' }],
    ['date("2027-01-30") < date("2027-01-31")', { all: [] }],
    ['1 == 2 || user.id == "a"', { any: [{ any: [] }, { text: 'user.id == "a"' }] }],
    ['"a".startsWith("a") && now.getHours() < 9', { all: [{ all: [] }, { text: 'now.getHours() < 9' }] }],
    ['now >= user.createdAt', { text: 'now >= user.createdAt' }],
    ['broken >', { text: 'broken >' }],
  ])('%s', (written, expected) => {
    expect(logicOf(written)).toEqual(expected);
  });

  test('it may fail if a part may fail', () => {
    const of = (written: string): Conditions => ({ expression: compileExpression(written) });
    expect(mayFail(of('now < date("2027-01-31") && !(now < date("2026-01-31"))'))).toBe(false);
    expect(mayFail(of('now < date("2027-01-31") || user.userType == "x"'))).toBe(true);
    expect(mayFail(of('!(user.userType == "x")'))).toBe(true);
  });
});

const days = ['2027-01-10', '2027-01-11', '2027-02-01'];
const leaf = fc.oneof(
  fc
    .tuple(fc.constantFrom('<', '<=', '>', '>='), fc.constantFrom(...days), fc.boolean())
    .map(([op, day, isFirst]) => (isFirst ? `now ${op} date("${day}")` : `date("${day}") ${op} now`)),
  fc.constantFrom('"a" in user.groups', 'user.userType == "x"', 'true'),
);
const { written: drawnText } = fc.letrec<{ written: string }>((tie) => ({
  written: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.tuple(tie('written'), fc.constantFrom('&&', '||'), tie('written')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('written').map((text) => `!(${text})`),
  ),
}));

/** Beside each border, with and without what the other leaves ask about. */
const users: readonly Facts[] = [[], ['a']].flatMap((groups) =>
  [undefined, 'x'].flatMap((userType) =>
    days.flatMap((day) =>
      [-86_400, -1, 0, 1].map((shift) =>
        factsOf({
          now: at(day) + shift,
          subject: userWith([], { groups, ...(userType !== undefined && { userType }) }),
        }),
      ),
    ),
  ),
);

/** By the facts. A part that fails may come to anything. */
function possible(logic: ExpressionLogic, facts: Facts): readonly boolean[] {
  if ('from' in logic) return [facts.now >= logic.from];
  if ('ofApp' in logic) {
    const result = logic.ofApp(facts.request.clientId);
    return result === 'error' ? [true, false] : [result === 'hit'];
  }
  if ('when' in logic) return [compileConditions(logic.when).every(({ test: holds }) => holds(facts) === 'hit')];
  if ('userType' in logic) {
    const { userType } = facts.subject ?? {};
    if (logic.userType === 'any') return [userType !== undefined];
    return userType === undefined ? [true, false] : [logic.userType.includes(userType)];
  }
  if ('not' in logic) return possible(logic.not, facts).map((value) => !value);
  if ('text' in logic) {
    const result = compileExpression(logic.text).evaluate(facts);
    return result === 'error' ? [true, false] : [result === 'hit'];
  }
  const isAll = 'all' in logic;
  const parts = (isAll ? logic.all : logic.any).map((expressionLogic) => possible(expressionLogic, facts));
  const decides = (part: readonly boolean[], value: boolean) => part.includes(value);
  return [true, false].filter((value) =>
    value === isAll ? parts.every((part) => decides(part, value)) : parts.some((part) => decides(part, value)),
  );
}

test('wherever an expression can be evaluated, it equals its parts', () => {
  fc.assert(
    fc.property(drawnText, (text) => {
      const { logic, evaluate } = compileExpression(text);
      for (const facts of users) {
        const result = evaluate(facts);
        if (result !== 'error') expect(possible(logic, facts)).toContain(result === 'hit');
      }
    }),
    seeded(300),
  );
});

test('a rule is dead only if it decides about no user at any moment; where only the time counts, this is decided', () => {
  const counts = { dead: 0, decides: 0 };
  fc.assert(
    fc.property(
      fc.array(drawnText, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(undefined, at('2027-01-11')),
      (texts, since) => {
        const rules = texts.map((text, position) => ({
          name: `rule ${position}`,
          when: { expression: compileExpression(text) },
          then: { kind: 'deny' as const },
        }));
        const policy = compilePolicy({ name: 'p', rules });
        const within = universe(since === undefined ? {} : { since });
        const verdicts = ruleVerdicts(
          policy,
          ruleSpace(
            rules.map(({ when }) => when),
            within,
          ),
        );
        const decided = new Set(
          users.filter(({ now }) => since === undefined || now >= since).map((facts) => findRule(policy, facts).rule),
        );
        for (const [position, rule] of rules.entries()) {
          const { kind } = verdicts[position] ?? {};
          if (decided.has(rule)) expect(['decides', 'undecided']).toContain(kind);
          const isAboutTime = texts.slice(0, position + 1).every((text) => !text.includes('user.'));
          if (isAboutTime) expect(kind === 'decides').toBe(decided.has(rule));
          counts.dead += Number(kind === 'shadowed' || kind === 'contradictory');
          counts.decides += Number(kind === 'decides');
        }
      },
    ),
    seeded(300),
  );
  expect(counts.dead).toBeGreaterThan(enough(20));
  expect(counts.decides).toBeGreaterThan(enough(20));
});

describe('of a configuration', () => {
  async function findings(now: string, ...whens: readonly object[]) {
    const rules = whens.map((when, position) => ({ name: `Rule ${position}`, when, then: 'deny' }));
    const rest = { name: 'Rest', then: { allow: { factors: 1 } } };
    const lines = [...rules, rest].map((rule) => `  - ${JSON.stringify(rule)}\n`);
    const loaded = await load({ 'policies/sign-on/notes.yaml': `name: notes\nrules:\n${lines.join('')}` });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = await analyse(loaded, { authenticators, now: at(now) });
    const isAbout = ['shadowed', 'contradictory', 'past', 'undecided'];
    return found.filter(({ code }) => isAbout.includes(code)).map(({ code, line }) => `${code} ${line}`);
  }
  const until = (day: string) => ({ expression: `now < date("${day}")` });
  const from = (day: string) => ({ expression: `now >= date("${day}")` });

  test('a later rule about an earlier time never decides', async () => {
    expect(await findings('2026-01-01', until('2027-01-31'), until('2027-01-30'))).toEqual(['shadowed 4']);
    expect(await findings('2026-01-01', until('2027-01-30'), until('2027-01-31'))).toEqual([]);
  });

  test('two times that exclude one another are a contradiction', async () => {
    const never = { expression: 'now < date("2027-01-30") && now > date("2027-01-31")' };
    expect(await findings('2026-01-01', never)).toEqual(['contradictory 3']);
  });

  test('before a time and from it on together cover all times', async () => {
    const rest = until('2027-02-01');
    expect(await findings('2026-01-01', until('2027-01-31'), from('2027-01-31'), rest)).toEqual(['shadowed 5']);
  });

  test('a past time is reported once', async () => {
    expect(await findings('2028-01-01', until('2027-01-31'))).toEqual(['past 3']);
  });
});
