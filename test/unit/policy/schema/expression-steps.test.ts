/** How long expressions may take: what is refused where, and that no accepted one takes longer than a decision may. */
import { describe, expect, test } from '@jest/globals';
import type { AttributeType } from '../../../../src/core/model/attribute.ts';
import type { RuleFacts } from '../../../../src/core/model/facts.ts';
import { compileExpression, parseExpression } from '../../../../src/policy/schema/expressions/expression.ts';
import { mostSteps, mostStepsFor } from '../../../../src/policy/schema/expressions/expression-steps.ts';
import { assumedSizes } from '../../../../src/policy/schema/expressions/value-size.ts';
import { factsOf, userWith } from '../../../core/support/fixtures.ts';
import { load } from '../support/configuration-dir.ts';

const file = 'policies/sign-on/notes.yaml';
const settings = `
brand: { name: Test }
attributes:
  level: { type: number, label: { en: Level } }
  team: { type: text, label: { en: Team } }
  about: { type: text, maxLength: 2048, label: { en: About } }
  sites: { type: list, label: { en: Sites } }
  end: { type: date, label: { en: End } }
`;
const types: Readonly<Record<string, AttributeType>> = { level: 'number', sites: 'list', end: 'date' };
const sizes = assumedSizes((name) => ({ type: types[name] ?? 'text', maxLength: name === 'about' ? 2048 : 200 }));

function policyOf(...expressions: readonly string[]): string {
  const rules = expressions.map((written, index) => {
    return `  - { name: R${index}, when: { expression: '${written}' }, then: { allow: { factors: 2 } } }\n`;
  });
  return `name: notes\nrules:\n${rules.join('')}  - { name: Rest, then: { allow: { factors: 1 } } }\n`;
}

async function tooDear(...expressions: readonly string[]) {
  const loaded = await load({ 'stepgate.yaml': settings, [file]: policyOf(...expressions) });
  return (loaded.ok ? [] : loaded.findings).map(({ code, line, column, message }) => ({ code, line, column, message }));
}

function repeated(count: number, part: (index: number) => string, by: string): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(by);
}

const texts = (count: number, length = 32) =>
  Array.from({ length: count }, (_, index) => `text-${index}`.padEnd(length, 'x'));
const profile = { level: 3, about: 'a'.repeat(2048), team: 'a'.repeat(200), sites: texts(100, 200), end: '2027-01-31' };

function factsWith(groups: readonly string[], more: Partial<RuleFacts> = {}): RuleFacts {
  return factsOf({ subject: userWith([], { groups, profile }), ...more });
}

const doubled = 'user.groups.all(g, size(user.groups + user.groups) > 0)';

describe('a policy is refused where an expression could take too long:', () => {
  test.each([
    [`user.groups.all(g, size(${repeated(40, () => 'user.groups', ' + ')}) > 0)`, 62],
    [`size(user.groups.map(g, ${repeated(60, () => 'user.groups', '+')})) > 0`, 62],
    [doubled, 38],
    ['user.groups.map(g, user.groups) == user.groups.map(g, user.groups)', 38],
    [`user.groups.all(g, ${repeated(20, () => '(g in user.profile.sites || true)', ' && ')})`, 38],
    ['true && user.groups.all(g, user.profile.about.contains(user.profile.team))', 46],
    ['user.groups.exists(g, (now + duration("1h")).getHours("Europe/Vienna") > 8)', 38],
    ['user.groups.exists(g, g == user.profile.team && g != user.profile.about)', 38],
    ['user.groups.exists(g, [1, 2][int(g)] == 1)', 38],
    ['{"a": user.groups}.a.exists(g, {"a": user.groups}.a + [g] == user.groups)', 38],
  ])('%s', async (written, column) => {
    const message = expect.stringMatching(/takes up to [\d,]+ steps for a user with long lists, and may take 50,000$/);
    expect(await tooDear(written)).toEqual([{ code: 'expression_too_dear', line: 3, column, message }]);
  });

  test('with those before it', async () => {
    const members = 'user.groups.all(g, g in user.groups)';
    expect(await tooDear(members, members)).toEqual([]);
    const message = expect.stringMatching(
      /makes it up to [\d,]+ steps .* the expressions of a policy may take 50,000 /,
    );
    const third = { code: 'expression_too_dear', line: 5, column: 38, message };
    expect(await tooDear(members, members, members, members)).toEqual([third]);
  });

  test('and what an invariant says is no part of a decision', async () => {
    const members = 'user.groups.all(g, g in user.groups)';
    const invariant = (index: number) =>
      `  - { name: I${index}, when: { expression: '${members}' }, never: { allow: { factors: 1 } } }\n`;
    const loaded = await load({ 'invariants.yaml': `invariants:\n${repeated(4, invariant, '')}` });
    const found = loaded.ok ? [] : loaded.findings;
    expect(found.map(({ code }) => code)).not.toContain('expression_too_dear');
  });

  test('also where no zone is known, and an expression is evaluated for each list of zones that is possible', async () => {
    const zones = Array.from({ length: 6 }, (_, index) => `z${index}`);
    const listed = zones.map((zone) => `${zone}: { cidrs: [192.0.2.0/24] }`).join(', ');
    const refused = async (count: number, written: string) => {
      const policy = policyOf(...Array.from({ length: count }, () => written));
      const loaded = await load({ 'stepgate.yaml': `${settings}zones: { ${listed} }\n`, [file]: policy });
      return loaded.ok ? [] : loaded.findings.map(({ code, line }) => `${code}:${line}`);
    };
    const inList = (zone: string) => `"${zone}" in network.zones`;
    const odd = (some: readonly string[]) => some.map((zone) => `(${inList(zone)})`).join(' == ');
    expect(await refused(20, odd(zones))).toEqual(['expression_too_dear:21']);
    expect(await refused(60, 'size(network.zones) == 1')).toEqual(['expression_too_dear:55']);
    // Two lists tell of zones that only let users in, or only keep them out.
    expect(await refused(300, zones.map(inList).join(' || '))).toEqual([]);
    expect(await refused(300, `!(${inList('z0')}) && (${zones.slice(1).map(inList).join(' || ')})`)).toEqual([]);
    expect(await refused(300, odd(zones.slice(0, 2)))).toEqual([]);
  });

  test('with as many members of `network.zones` as there are zones', async () => {
    const inZones = 'user.groups.exists(g, g in network.zones)';
    const withZones = async (count: number, ...expressions: readonly string[]) => {
      const zones = repeated(count, (index) => `z${index}: { cidrs: [192.0.2.0/24] }`, ', ');
      const loaded = await load({
        'stepgate.yaml': `${settings}zones: { ${zones} }\n`,
        [file]: policyOf(...expressions),
      });
      return loaded.ok ? [] : loaded.findings.map(({ line, message }) => `${line} ${message}`);
    };
    const rules = (count: number, written = inZones) => Array.from({ length: count }, () => written);
    expect(await withZones(1, ...rules(8))).toEqual([]);
    expect(await withZones(8, ...rules(10, 'network.zones.exists_one(z, z.startsWith("a"))'))).toEqual([]);
    const several =
      /^11 makes it up to [\d,]+ steps .* may take 50,000 together; .* not known it is evaluated 2 times$/;
    expect(await withZones(1, ...rules(9))).toEqual([expect.stringMatching(several)]);
    const before = /^11 .* may take 50,000 together; .* not known some before it are evaluated several times$/;
    expect(await withZones(1, ...rules(8), 'user.groups.exists(g, g.startsWith("a"))')).toEqual([
      expect.stringMatching(before),
    ]);
    // A user is in fewer: with longer lists an expression may be an error (decision 199).
    expect(await withZones(2000, 'network.zones.all(z, z.startsWith("a"))')).toEqual([]);
  });

  test('but a thousand rules that each ask about a group or an attribute are not', async () => {
    expect(await tooDear(...Array.from({ length: 1000 }, (_, index) => `"g${index}" in user.groups`))).toEqual([]);
    const attribute = (index: number) => `has(user.profile.level) && user.profile.level == ${index}.0`;
    expect(await tooDear(...Array.from({ length: 1000 }, (_, index) => attribute(index)))).toEqual([]);
  });
});

describe('no accepted expression takes longer than a decision may (CPU):', () => {
  test.each([
    'user.groups.all(g, g in user.groups) && user.groups.all(g, g in user.groups)',
    'user.profile.sites.all(g, size(user.groups + user.groups) > 0)',
    `size(${repeated(30, () => 'user.groups', ' + ')}) > 0`,
    `user.groups.all(g, ${repeated(20, (index) => `g != "x${index}"`, ' && ')})`,
    `user.groups.exists(g, ${repeated(12, (index) => `g.startsWith("x${index}")`, ' || ')})`,
    `user.groups.all(g, g in [${repeated(60, (index) => `"n${index}"`, ', ')}] || true)`,
    `${repeated(15, (index) => `user.profile.about.indexOf("${'a'.repeat(20)}b") != ${index}`, ' && ')}`,
    'user.profile.sites.all(s, size(user.profile.about) > 3)',
    'user.groups.exists(g, now.getHours("Europe/Vienna") > 30)',
    'user.groups.exists(g, int(g) == 3)',
    'user.groups.exists(g, g == user.profile.none)',
  ])('%s', (written) => {
    const parsed = parseExpression(written);
    const { steps } = mostStepsFor(parsed?.ast as NonNullable<typeof parsed>['ast'], sizes);
    expect(steps).toBeLessThan(mostSteps);
    const { evaluate } = compileExpression(written);
    const times = Array.from({ length: 20 }, () => {
      const facts = factsWith(texts(500));
      const before = process.cpuUsage();
      evaluate(facts);
      return process.cpuUsage(before).user;
    });
    // The first ones are not compiled yet. The budget of a decision is 5 ms.
    expect(Math.min(...times)).toBeLessThan(5_000);
  });
});

describe('what takes too long for this user is an error of the expression,', () => {
  test.each([
    [doubled, 20, 'hit'],
    [doubled, 300, 'hit'],
    [doubled, 500, 'error'],
    ['user.groups.all(g, g in user.groups)', 500, 'hit'],
    ['user.groups.all(g, g in user.groups)', 5_000, 'error'],
    ['user.groups.exists(g, g.startsWith("none"))', 5_000, 'miss'],
    ['"none" in user.groups', 100_000, 'miss'],
    ['user.groups.exists(g, user.profile.none == g) || true', 500, 'hit'],
    ['user.groups.exists(g, user.profile.none == g) || true', 5_000, 'error'],
  ] as const)('%s for a user in %i groups: %s', (written, count, expected) => {
    expect(compileExpression(written).evaluate(factsWith(texts(count)))).toBe(expected);
  });

  test('also for long lists of a request', () => {
    const { evaluate } = compileExpression('request.scopes.all(s, s in request.scopes)');
    const asking = (count: number) => factsOf({ request: { scopes: texts(count, 8) } });
    expect([100, 2_000].map((count) => evaluate(asking(count)))).toEqual(['hit', 'error']);
  });

  test('and for each list of zones that is possible', () => {
    const { evaluate } = compileExpression(
      'user.groups.all(g, g in user.groups || (g in network.zones) == (g == "none"))',
    );
    const unknownZones = texts(6);
    const network = { ip: '192.0.2.1', zones: ['office'] };
    expect(evaluate(factsWith(texts(500), { network }))).toBe('hit');
    expect(evaluate(factsWith(texts(500), { network: { ...network, unknownZones } }))).toBe('error');
    expect(evaluate(factsWith(texts(20), { network: { ...network, unknownZones } }))).toBe('hit');
  });
});

test('what a user has is measured once, for however many expressions and lists of zones that are possible', () => {
  let measured = 0;
  const counted = new Proxy(profile, {
    ownKeys(target) {
      measured += 1;
      return Reflect.ownKeys(target);
    },
  });
  const network = { ip: '192.0.2.1', zones: [], unknownZones: texts(6) };
  const facts = factsOf({ subject: userWith([], { profile: counted }), network });
  const results = [99, 100, 101].map((count) =>
    compileExpression(`size(network.zones) == ${count} || user.profile.level == 4`).evaluate(facts),
  );
  expect(results).toEqual(['miss', 'miss', 'miss']);
  expect(measured).toBe(1);
});

test.each([
  ['name one of them', (zone: string) => `"${zone}" in network.zones`, ['hit', 'error']],
  ['ask about any', (zone: string) => `request.clientId in network.zones || device.os == "${zone}"`, ['error']],
])('the zones of an address are gone through once, for however many expressions that %s', (_, writtenFor, expected) => {
  let read = 0;
  const counted = (some: readonly string[]) =>
    new Proxy(some, {
      get(target, key, receiver) {
        read += 1;
        return Reflect.get(target, key, receiver);
      },
    });
  const zones = texts(100);
  const network = { ip: '192.0.2.1', zones: counted(zones.slice(0, 50)), unknownZones: counted(zones.slice(50)) };
  const facts = factsOf({ network, request: { clientId: zones.at(-1) ?? '' } });
  const resultAt = (zone = '') => compileExpression(writtenFor(zone)).evaluate(facts);
  resultAt();
  const before = read;
  expect(before).toBeGreaterThan(0);
  expect([...new Set(zones.map(resultAt))]).toEqual(expected);
  expect(read).toBe(before);
});

describe('a time in a zone is read as before', () => {
  test.each(['Europe/Vienna', 'America/St_Johns', 'Pacific/Apia', 'UTC'])('in %s', (zone) => {
    for (const now of [0, 1_711_846_799, 1_711_846_800, 1_799_999_999]) {
      const local = new Date(new Date(now * 1000).toLocaleString('en-US', { timeZone: zone }));
      const written = `now.getHours("${zone}") == ${local.getHours()} && now.getMinutes("${zone}") == ${local.getMinutes()}
        && now.getDate("${zone}") == ${local.getDate()} && now.getDayOfWeek("${zone}") == ${local.getDay()}`;
      expect(compileExpression(written).evaluate(factsOf({ now }))).toBe('hit');
    }
  });

  test('and one that does not exist fails', () => {
    expect(compileExpression('now.getHours("Europe/Viena") > 0').evaluate(factsOf({}))).toBe('error');
  });
});

test('a text that is no duration, and a time zone that the user brings, are counted as what they take', async () => {
  const dear = async (written: string) => (await tooDear(written)).map(({ code }) => code);
  expect(await dear('duration(user.profile.about) > duration("1h")')).toEqual(['expression_too_dear']);
  expect(await dear('user.profile.sites.exists(s, duration(s) > duration("1h"))')).toEqual(['expression_too_dear']);
  expect(await dear('user.profile.sites.exists(s, now.getHours(s) == 7)')).toEqual(['expression_too_dear']);
  expect(await dear('now.getHours("Europe/Vienna") == 7')).toEqual([]);
  const long = factsOf({ subject: userWith([], { profile: { about: `${'1'.repeat(2046)}x` } }) });
  expect(compileExpression('duration(user.profile.about) > duration("1h")').evaluate(long)).toBe('error');
  const short = factsOf({ subject: userWith([], { profile: { about: '2h' } }) });
  expect(compileExpression('duration(user.profile.about) > duration("1h")').evaluate(short)).toBe('hit');
});
