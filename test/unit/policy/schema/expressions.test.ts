/** Expressions: what they come to, what is refused at which place, and what they may cost. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttributeType } from '../../../../src/core/model/attribute.ts';
import type { RuleFacts } from '../../../../src/core/model/facts.ts';
import { compileConditions } from '../../../../src/core/policy/rules/condition-table.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { expressionFaults, unguardedReads } from '../../../../src/policy/schema/expressions/check-expression.ts';
import { compileExpression } from '../../../../src/policy/schema/expressions/expression.ts';
import { typedEnvironment } from '../../../../src/policy/schema/expressions/expression-environment.ts';
import { offsetWithin } from '../../../../src/policy/source/offset-within.ts';
import { readYaml } from '../../../../src/policy/source/yaml-source.ts';
import { facts } from '../../../core/support/fact-arbitraries.ts';
import { factsOf, userWith } from '../../../core/support/fixtures.ts';
import { seeded } from '../../../core/support/seeded.ts';
import { authenticators, findingLines, load } from '../support/configuration-dir.ts';

const types = new Map<string, AttributeType>([
  ['level', 'number'],
  ['department', 'text'],
  ['sites', 'list'],
  ['remote', 'boolean'],
  ['contractEnd', 'date'],
]);
const environment = typedEnvironment(types);

const now = Date.parse('2027-01-15T08:00:00Z') / 1000;
const subject = userWith([], {
  groups: ['staff', 'editors'],
  createdAt: now - 10 * 86_400,
  profile: { level: 3, department: 'sales', sites: ['berlin', 'oslo'], contractEnd: '2027-01-31' },
});
const known = factsOf({
  now,
  subject,
  network: { ip: '192.0.2.1', zones: ['office'] },
  request: { scopes: ['email'] },
});
const { subject: _subject, ...anonymous } = known;

const resultOf = (written: string, about: RuleFacts = known) =>
  compileConditions({ expression: compileExpression(written) }).map((condition) => condition.test(about))[0];

test.each([
  ['::ffff:10.2.3.4', 'network.ip.startsWith("10.")'],
  ['::FFFF:0A02:0304', 'network.ip == "10.2.3.4"'],
  ['2001:DB8:0:0::7', 'network.ip == "2001:db8::7"'],
  ['fe80::1%eth0', 'network.ip == "fe80::1"'],
  ['', 'network.ip == ""'],
])('the address %s is read in one form: %s', (ip, written) => {
  expect(resultOf(written, { ...known, network: { ip, zones: [] } })).toBe('hit');
});

test.each([
  ['network.ip.startsWith("198.51.100.")', 'error'],
  ['!network.ip.startsWith("198.51.100.")', 'error'],
  ['network.ip == ""', 'error'],
  ['"staff" in user.groups || network.ip == "192.0.2.1"', 'hit'],
])('without a known address %s is %s', (written, result) => {
  const isUnknown = { ...known, network: { ip: '', isUnknown: true, zones: [] } } as const;
  expect(resultOf(written, isUnknown)).toBe(result);
  const isAssumed = { ...known, network: { ip: '', zones: [] } };
  expect(resultOf(written, isAssumed)).not.toBe('error');
});

describe('where it could not be found out whether the address is in a zone', () => {
  const zones = (...unknownZones: string[]): RuleFacts => ({
    ...known,
    network: { ip: '192.0.2.1', zones: ['office'], unknownZones },
  });
  test.each([
    ['"tor" in network.zones', 'error'],
    ['!("tor" in network.zones)', 'error'],
    ['size(network.zones) > 1', 'error'],
    ['network["zones"].exists(zone, zone.startsWith("to"))', 'error'],
    ['[network].exists(n, "tor" in n.zones)', 'error'],
    // Nothing changes if it is.
    ['"office" in network.zones', 'hit'],
    ['"tor" in network.zones || "office" in network.zones', 'hit'],
    ['"tor" in network.zones && "home" in network.zones', 'miss'],
    ['network.zones.exists(zone, zone == "home")', 'miss'],
    ['user.groups.exists(group, group == "staff")', 'hit'],
  ])('%s is %s', (written, result) => {
    expect(resultOf(written, zones('tor'))).toBe(result);
  });

  // The names of zones are in alphabetical order: `cloud`, `office`, `tor`.
  test.each([
    ['network.zones[0] == "cloud"', ['cloud'], 'error'],
    ['network.zones[0] == "office"', ['cloud'], 'error'],
    ['network.zones[0] == "office"', ['tor'], 'hit'],
    ['network.zones[0] == "tor"', ['tor'], 'miss'],
    ['network.zones[1] == "tor"', ['tor'], 'error'],
    ['network.zones[size(network.zones) - 1] == "office"', ['cloud'], 'hit'],
    ['network.zones[size(network.zones) - 1] == "office"', ['tor'], 'error'],
    ['network.zones == ["office"]', ['cloud'], 'error'],
    ['network.zones == ["office", "cloud"]', ['cloud'], 'miss'],
    ['network.zones != ["cloud", "office"]', ['cloud'], 'error'],
    ['[network.zones] == [["office"]]', ['tor'], 'error'],
    ['network == {"ip": "192.0.2.1", "zones": ["office"]}', ['tor'], 'error'],
    ['network.zones + ["x"] == ["office", "x"]', ['tor'], 'error'],
    ['network.zones.map(z, z.size())[0] == 5', ['cloud'], 'error'],
    ['network.zones.map(z, z.size())[0] == 6', ['cloud'], 'error'],
    ['network.zones.filter(z, z != "office").size() == 0', ['cloud'], 'error'],
    ['network.zones.filter(z, z != "cloud")[0] == "office"', ['cloud'], 'hit'],
    ['network.zones.exists_one(z, z.startsWith("o"))', ['cloud'], 'hit'],
    ['network.zones.exists_one(z, z.contains("o"))', ['cloud'], 'error'],
    ['network.zones.all(z, z == "office")', ['tor'], 'error'],
    ['size(network.zones) > 0', ['tor'], 'hit'],
    ['string(size(network.zones)) == "1"', ['tor'], 'error'],
    ['(size(network.zones) > 0 ? network.zones[0] : "none") == "office"', ['cloud', 'tor'], 'error'],
  ])('%s is read as the list may be, with %j unknown: %s', (written, unknown, result) => {
    expect(resultOf(written, zones(...unknown))).toBe(result);
  });

  test('what an expression reads of the order does not depend on where the zones come from', () => {
    const inAnyOrder = (...names: string[]): RuleFacts => ({ ...known, network: { ip: '192.0.2.1', zones: names } });
    for (const about of [inAnyOrder('office', 'cloud'), inAnyOrder('cloud', 'office')])
      expect(resultOf('network.zones == ["cloud", "office"]', about)).toBe('hit');
  });

  test('two of them may both hold it, or one alone', () => {
    const either = '("tor" in network.zones) == ("abroad" in network.zones)';
    expect(resultOf(either, zones('tor', 'abroad'))).toBe('error');
    expect(resultOf('"tor" in network.zones && "home" in network.zones', zones('tor', 'abroad'))).toBe('miss');
  });

  test('an expression counts only where it is the same for every list of zones that is possible', () => {
    const names = ['cloud', 'home', 'office', 'tor'];
    const name = fc.constantFrom(...names);
    const comparison = fc.oneof(
      name.map((zone) => `"${zone}" in network.zones`),
      name.map((zone) => `network.zones.exists(z, z == "${zone}")`),
      name.map((zone) => `network.zones.all(z, z != "${zone}")`),
      name.map((zone) => `(device.known ? network.zones : ["home"]).all(z, z < "${zone}")`),
      name.map((zone) => `"${zone}" in (device.known ? network.zones : ["home"])`),
      name.map((zone) => `network.zones.exists(z, user.profile.none == z || z > "${zone}")`),
      name.map((zone) => `("${zone}" in network.zones && user.profile.none)`),
      fc.constant('network.zones.exists(z, z in user.groups || z in network.zones)'),
      fc.subarray(names).map((some) => `${JSON.stringify(some)}.all(z, !(z in network.zones) || user.profile.none)`),
      name.map((zone) => `network.zones.filter(z, z > "${zone}").size() == 1`),
      fc.tuple(fc.nat(2), name).map(([at, zone]) => `network.zones[${at}] == "${zone}"`),
      fc.nat(3).map((size) => `size(network.zones) > ${size}`),
      fc.subarray(names).map((some) => `network.zones == ${JSON.stringify(some)}`),
      fc.subarray(names).map((some) => `${JSON.stringify(some)}.exists_one(z, z in network.zones)`),
    );
    const written = fc.letrec<{ all: string; joined: string; chosen: string }>((tie) => ({
      all: fc.oneof({ maxDepth: 3, depthIdentifier: 'all' }, comparison, tie('joined'), tie('chosen')),
      joined: fc
        .tuple(tie('all'), fc.constantFrom('&& ', '|| ', '== ', '&& !', '|| !'), tie('all'))
        .map(([one, by, other]) => `(${one}) ${by}(${other})`),
      chosen: fc.tuple(tie('all'), tie('all'), tie('all')).map(([of, one, other]) => `(${of}) ? (${one}) : (${other})`),
    })).all;
    const places = fc
      .shuffledSubarray(names)
      .chain((all) => fc.nat(all.length).map((count) => ({ inside: all.slice(0, count), unknown: all.slice(count) })));
    fc.assert(
      fc.property(written, places, (text, { inside, unknown }) => {
        const inZones = (...list: string[]) => ({ ...known, network: { ip: '192.0.2.1', zones: list } });
        const lists = unknown.reduce((all, zone) => all.flatMap((list) => [list, [zone, ...list]]), [inside]);
        const [only, another] = new Set(lists.map((list) => resultOf(text, inZones(...list))));
        const about = { ...known, network: { ip: '192.0.2.1', zones: inside, unknownZones: unknown } };
        expect(resultOf(text, about)).toBe(another === undefined ? only : 'error');
      }),
      seeded(500),
    );
  });

  describe('with many of them', () => {
    const many = zones(...Array.from({ length: 40 }, (_, index) => `zone-${index}`));

    test.each([
      ['network.ip == "192.0.2.1"', 'hit'],
      // It names zones, and only asks whether the address is in them.
      ['"home" in network.zones', 'miss'],
      ['!("office" in network.zones)', 'miss'],
      ['["home", "office"].exists(z, z in network.zones)', 'hit'],
      ['["home", "office"].all(z, z in network.zones)', 'miss'],
      ['["home", "office"].filter(z, z in network.zones) == ["office"]', 'hit'],
      ['network.zones.exists(z, z == "office")', 'hit'],
      ['network.zones.exists(z, "office" == z)', 'hit'],
      ['network.zones.exists(z, z in ["home"])', 'miss'],
      ['network.ip in network.zones || "office" in network.zones', 'hit'],
      ['"zone-3" in network.zones', 'error'],
      ['"zone-3" in network.zones || "office" in network.zones', 'hit'],
      ['"zone-3" in network.zones && "home" in network.zones', 'miss'],
      ['["office", "zone-1", "zone-2", "zone-3", "zone-4", "zone-5"].exists(z, z in network.zones)', 'hit'],
      ['["zone-1", "zone-2", "zone-3", "zone-4", "zone-5"].exists(z, z in network.zones)', 'error'],
      // More zones only turn it one way, and nothing changes if the address is in none or in all of them.
      [Array.from({ length: 9 }, (_, index) => `"zone-${index}" in network.zones`).join(' && '), 'error'],
      ['"home" in network.zones && ["zone-1", "zone-2"].all(z, z in network.zones)', 'miss'],
      ['!("zone-1" in network.zones) || "office" in network.zones', 'hit'],
      ['network.zones.exists(z, z != "office")', 'error'],
      ['network.zones.exists(z, z == "home" || true)', 'hit'],
      ['network.zones.all(z, z != "office")', 'miss'],
      ['user.groups.exists(z, z in network.zones)', 'miss'],
      ['[network.ip].exists(z, z in network.zones)', 'miss'],
      // In these, any zone may count.
      ['network.zones.exists_one(z, z == "office")', 'error'],
      ['size(network.zones) > 0', 'error'],
      ['"office" in network.zones && network.zones[0] == "office"', 'error'],
      ['"office" in network["zones"]', 'error'],
      ['["office"] == network.zones', 'error'],
      ['[network].exists(network, "office" in network.zones)', 'error'],
    ])('%s is %s', (written, result) => {
      expect(resultOf(written, many)).toBe(result);
    });
  });
});

describe('an expression evaluates to', () => {
  test.each([
    ['user.profile.level >= 3', 'hit'],
    ['user.profile.level > 3', 'miss'],
    ['"editors" in user.groups && !("admins" in user.groups)', 'hit'],
    ['now - user.createdAt < duration("720h")', 'hit'],
    ['now - user.createdAt < duration("24h")', 'miss'],
    ['date(user.profile.contractEnd) < now', 'miss'],
    ['user.profile.sites.exists(site, site.startsWith("os"))', 'hit'],
    ['has(user.profile.remote) && user.profile.remote', 'miss'],
    ['user.profile.remote', 'error'],
    ['user.profile.remote || true', 'hit'],
    ['user.profile.remote && false', 'miss'],
    ['user.userType == "employee"', 'error'],
    ['date(user.profile.department) < now', 'error'],
    ['user.profile.constructor == 1', 'error'],
    ['user.profile.level', 'error'],
    ['"office" in network.zones && network.ip == "192.0.2.1"', 'hit'],
    ['"email" in request.scopes && request.clientId != ""', 'hit'],
    ['device.platform == "desktop" && !device.known', 'hit'],
    ['now.getHours("Europe/Vienna") == 9', 'hit'],
    ['1 +', 'error'],
    ['"aaaa".matches("^(a+)+$")', 'error'],
  ])('%s: %s', (written, expected) => {
    expect(resultOf(written)).toBe(expected);
  });

  test.each([
    ['"staff" in user.groups', 'unknown'],
    ['device.known', 'unknown'],
    ['[device].size() == 1', 'unknown'],
    ['"office" in network.zones || "staff" in user.groups', 'unknown'],
    ['device.platform == "desktop"', 'hit'],
    ['"office" in network.zones', 'hit'],
  ])('%s before the user has identified: %s', (written, expected) => {
    expect(resultOf(written, anonymous)).toBe(expected);
  });

  test.each([
    ['"staff" in user.groups', false],
    ['user.profile.level > 2', false],
    ['now > user.createdAt', true],
    ['"office" in network.zones', true],
    ['device.known', true],
    ['"email" in request.scopes', true],
  ])('%s: varies %s', (written, expected) => {
    expect(compileConditions({ expression: compileExpression(written) })[0]?.varies).toBe(expected);
  });

  test('the same for the same facts, and does not change them', () => {
    const written = 'has(user.profile.a) && (user.profile.a == "a" || size(user.groups) > 1)';
    fc.assert(
      fc.property(facts, (about) => {
        const before = structuredClone(about);
        expect(resultOf(written, about)).toBe(resultOf(written, { ...about }));
        expect(about).toEqual(before);
      }),
      seeded(100),
    );
  });
});

describe('a check', () => {
  test.each([
    ['user.profile.level >= 3', undefined],
    ['user.profile.level == 3.0 && user.profile.remote', undefined],
    ['has(user.profile.sites) ? "oslo" in user.profile.sites : false', undefined],
    ['user.nme == "x"', [5, 'is no expression that can be evaluated: No such key: nme']],
    ['user.profile.levl > 1', [13, 'is no expression that can be evaluated: No such key: levl']],
    ['user.profile.department > 1', [0, expect.stringContaining('no such overload: string > int')]],
    ['user.profile.level == 3', [0, expect.stringContaining('write 3.0 for 3')]],
    ['now >', [5, 'is no expression that can be evaluated: Unexpected token: EOF']],
    ['user.groups', [0, 'must say whether the rule applies (bool), and is a list<string>']],
    ['true && user.id.matches("^(a+)+$")', [8, expect.stringContaining('`matches` is not available')]],
    ['dyn(user).x == 1', [0, '`dyn` is not available']],
    ['user["id"] == "x"', [0, 'reads the user by an index: write user.profile.name']],
    [
      'user.groups.exists(a, user.groups.exists(b, a == b))',
      [22, '`exists` stands within another test of each member: it would take too long'],
    ],
    [
      Array.from({ length: 120 }, () => 'true').join(' && '),
      [expect.any(Number), expect.stringContaining('maxAstNodes')],
    ],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, [expect.any(Number), expect.stringContaining('maxDepth')]],
  ])('finds the faults of %s', (written, fault) => {
    const found = expressionFaults(written, environment).map(({ offset, message }) => [offset, message]);
    expect(found).toEqual(fault === undefined ? [] : [fault]);
  });

  const unknownKey = (name: string) => `is no expression that can be evaluated: No such key: ${name}`;
  test.each<[string, readonly (readonly [offset: number, message: unknown])[]]>([
    [
      'user.nme == "x" && user.profile.levl > 1',
      [
        [5, unknownKey('nme')],
        [32, unknownKey('levl')],
      ],
    ],
    [
      '(user.nme == "x") || !(user.other)',
      [
        [6, unknownKey('nme')],
        [28, unknownKey('other')],
      ],
    ],
    [
      'user.profile.dep.matches("x")',
      [
        [0, expect.stringContaining('`matches` is not available')],
        [13, unknownKey('dep')],
      ],
    ],
    [
      'user.nme == "x" && user.id.matches("^(a+)+$")',
      [
        [5, unknownKey('nme')],
        [19, expect.stringContaining('`matches` is not available')],
      ],
    ],
    [
      'foo(user.nme) && user.id.bar()',
      [
        [0, '`foo` is not available'],
        [9, unknownKey('nme')],
        [17, '`bar` is not available'],
      ],
    ],
    [
      'user.groups.exists(a, user.nme == a && b == "1")',
      [
        [27, unknownKey('nme')],
        [39, expect.stringContaining('Unknown variable: b')],
      ],
    ],
    [
      'user.none.exists(a, a == user.nme)',
      [
        [5, unknownKey('none')],
        [30, unknownKey('nme')],
      ],
    ],
    [
      'user["nme"] == user.other',
      [
        [0, 'reads the user by an index: write user.profile.name'],
        [20, unknownKey('other')],
      ],
    ],
    [
      '[user.nme, user.other].size() == 1',
      [
        [6, unknownKey('nme')],
        [16, unknownKey('other')],
      ],
    ],
    [
      'user.id.matches("a").size()',
      [
        [0, expect.stringContaining('`matches` is not available')],
        [0, expect.stringContaining('no matching overload')],
      ],
    ],
    [
      'user.profile.level == 3 || user.profile.department > 1',
      [
        [0, expect.stringContaining('write 3.0 for 3')],
        [27, expect.stringContaining('string > int')],
      ],
    ],
    ['cel.bind(a, 1, a == 1)', [[0, '`bind` is not available']]],
    [
      'now.getHours("Europe/Viena") < 6 || now.getDate("+25:00") == 1',
      [
        [0, expect.stringContaining('which can only fail: Invalid time zone specified: Europe/Viena')],
        [36, expect.stringContaining('which can only fail')],
      ],
    ],
    [
      'now - user.createdAt < duration("P30D")',
      [
        [
          23,
          'has `duration("P30D")`, which can only fail: its units are h, m and s, such as duration("720h") for 30 days',
        ],
      ],
    ],
    [
      'now < timestamp("2027-01-01") || date("2027-13-01") < now',
      [
        [6, expect.stringContaining('which can only fail: it takes a time such as 2027-01-31T18:00:00Z')],
        [33, expect.stringContaining('which can only fail: it takes a day such as 2027-01-31')],
      ],
    ],
    [
      'now < timestamp("2027-02-30T00:00:00Z")',
      [[6, expect.stringContaining('which can only fail: it takes a time such as 2027-01-31T18:00:00Z')]],
    ],
    [`"${'a'.repeat(60)}!".matches("^(a+)+$")`, [[0, expect.stringContaining('`matches` is not available')]]],
    ['1 / 0 == 1', [[0, 'has `1 / 0`, which can only fail: division by zero']]],
    ['size(user.groups) % 0 == 1', [[0, expect.stringContaining('division by zero')]]],
    ['duration("5 d") > duration("1h")', [[0, expect.stringContaining('which can only fail')]]],
    [
      'int("x") == 1 || "abc".substring(4) == ""',
      [
        [0, expect.anything()],
        [17, expect.anything()],
      ],
    ],
    ['user.profile.level / 0.0 > 1.0 && now.getHours("+05:30") < 9', []],
    [
      'user.nme == "x" && duration("1d") < duration("2h")',
      [
        [5, unknownKey('nme')],
        [19, expect.stringContaining('which can only fail')],
      ],
    ],
    [
      'user.groups.map(a, a.matches("a"))',
      [
        [0, 'must say whether the rule applies (bool), and is a list<bool>'],
        [19, expect.stringContaining('`matches` is not available')],
      ],
    ],
    [
      'user.groups.exists(a, user.groups.all(b, b.matches(a)))',
      [
        [22, expect.stringContaining('within another test')],
        [41, expect.stringContaining('`matches`')],
      ],
    ],
    ['has(user.usertype)', [[9, unknownKey('usertype')]]],
    ['has(usr.userType)', [[4, expect.stringContaining('Unknown variable: usr')]]],
    ['!has(user.profile.nope) && has(user.profile.level)', [[18, unknownKey('nope')]]],
    [
      'has(device.managed) || has(network.country)',
      [
        [11, unknownKey('managed')],
        [35, unknownKey('country')],
      ],
    ],
    ['has(now.x)', [[8, unknownKey('x')]]],
    ['user.createdAt.x.y == 1', [[15, unknownKey('x')]]],
    ['(now - user.createdAt)["x"] == 1', [[1, unknownKey('"x"')]]],
    ['[now].exists(t, has(t.x)) && [now][0] < now', [[22, unknownKey('x')]]],
    ['date("2027-01-01").x == 1', [[0, expect.stringContaining('which can only fail')]]],
    ['has(user.profile.department.length)', [[28, expect.stringContaining("Cannot index type 'string'")]]],
    [
      'user.groups.exists(g, has(g.name)) || has(user.userType)',
      [[28, expect.stringContaining("Cannot index type 'string'")]],
    ],
    ['user.groups.exists(user, has(user.userType))', [[34, expect.stringContaining("Cannot index type 'string'")]]],
    [
      'has(user.nme) && user.profile.level == 3',
      [
        [9, unknownKey('nme')],
        [17, expect.stringContaining('write 3.0 for 3')],
      ],
    ],
    ['[user].exists(u, has(u.userType) && has(u.profile.sites)) && has(request.scopes)', []],
  ])('finds all faults of %s', (written, faults) => {
    expect(expressionFaults(written, environment).map(({ offset, message }) => [offset, message])).toEqual(faults);
  });

  test('knows no attributes where the configuration names none', () => {
    expect(expressionFaults('user.profile.whatever == 1', typedEnvironment(undefined))).toEqual([]);
    expect(expressionFaults('user.whatever == 1', typedEnvironment(undefined))).toHaveLength(1);
    expect(expressionFaults('has(user.profile.whatever)', typedEnvironment(undefined))).toEqual([]);
    expect(expressionFaults('has(user.whatever)', typedEnvironment(undefined))).toHaveLength(1);
  });

  test.each([
    ['user.profile.level > 1.0', ['user.profile.level']],
    ['has(user.profile.level) && user.profile.level > 1.0', []],
    ['user.profile.level > 1.0 && has(user.profile.level)', ['user.profile.level']],
    ['!has(user.profile.level) || user.profile.level > 1.0', []],
    ['has(user.profile.level) || user.profile.level > 1.0', ['user.profile.level']],
    ['has(user.profile.level) ? user.profile.level > 1.0 : user.userType == "x"', ['user.userType']],
    ['!(has(user.profile.level) && true) ? true : user.profile.level > 1.0', []],
    ['has(user.userType) && "a" in user.groups && user.userType == "x"', []],
    ['user.groups.exists(g, g == user.profile.department)', ['user.profile.department']],
  ])('warns of what %s reads unguarded', (written, names) => {
    expect(unguardedReads(written, environment).map(({ message }) => message.split(/[ ,]/)[1])).toEqual(names);
  });
});

describe('findings', () => {
  const policy = (written: string) => ({
    'policies/sign-on/notes.yaml': `name: notes
rules:
  - name: Some
    when:
      expression: ${written}
    then: deny
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
  });

  test('are at the position of the fault', async () => {
    const at = 'policies/sign-on/notes.yaml';
    const message =
      'rules[0].when.expression is no expression that can be evaluated: No such key: nme [expression_invalid]';
    expect(await findingLines(policy('user.nme == "x"'))).toEqual([`${at}:5:24 ${message}`]);
    expect(await findingLines(policy(`'user.nme == "x"'`))).toEqual([`${at}:5:25 ${message}`]);
    expect(await findingLines(policy('|\n        true &&\n        user.nme == "x"'))).toEqual([
      `${at}:7:14 ${message}`,
    ]);
    expect(await findingLines(policy('>-\n        true &&\n        user.nme == "x"'))).toEqual([
      `${at}:7:14 ${message}`,
    ]);
  });

  test.each([
    ['"nozone" in network.zones', 20, 'unknown zone `nozone`'],
    ['"office" in network.zones && request.clientId in ["notes", "nosuch"]', 79, 'unknown app `nosuch`; known: notes'],
    ['network.zones.exists(zone, zone == "ofice")', 55, 'unknown zone `ofice`; did you mean `office`?'],
    ['["ofice"].exists(zone, zone in network.zones)', 21, 'unknown zone `ofice`; did you mean `office`?'],
    ['device.platform == "dektop"', 39, 'unknown platform `dektop`; did you mean `desktop`?'],
    ['"macosx" != device.os', 20, 'unknown operating system `macosx`; did you mean `macos`?'],
    ['has(user.profile.dept) && user.profile.dept == "c"', 67, 'unknown value of `dept` `c`; did you mean `a`?'],
  ])('tell of a name that the configuration does not know: %s', async (written, column, message) => {
    const settings = `brand: { name: Acme }
zones: { office: { cidrs: [192.0.2.0/24] } }
attributes: { dept: { options: [{ value: a }, { value: b }] } }
`;
    const lines = await findingLines({ 'stepgate.yaml': settings, ...policy(`'${written}'`) });
    expect(lines.filter((line) => line.includes('unknown_reference'))).toEqual([
      expect.stringContaining(`policies/sign-on/notes.yaml:5:${column} rules[0].when.expression ${message}`),
    ]);
  });

  test.each([
    [
      'user.identifiers.exists(i, i == "Ann@corp.test")',
      'no user has the identifier `Ann@corp.test`; write `ann@corp.test`',
    ],
    ['"Ann" in user.identifiers', 'no user has the identifier `Ann`; write `ann`'],
    ['"a b" in user.identifiers', 'no user has the identifier `a b`; write what users sign in with'],
    [
      '!user.identifiers.exists(i, i.endsWith("@Corp.Test"))',
      'no user has the identifier `@Corp.Test`, or one with it; write `@corp.test`',
    ],
    [
      'user.identifiers.exists(i, i.endsWith("@bücher.example"))',
      'no user has the identifier `@bücher.example`, or one with it; write `@xn--bcher-kva.example`',
    ],
    [
      'user.identifiers[0].startsWith("+49 170")',
      'no user has the identifier `+49 170`, or one with it; write what users sign in with',
    ],
    [
      '"h1sfY31UgWsq9HEDIozYQg" in user.identifiers',
      'no user has the identifier `h1sfY31UgWsq9HEDIozYQg`; compare an id with `user.id`',
    ],
    ['user.identifiers[0].startsWith("A")', 'no user has the identifier `A`, or one with it; write `a`'],
  ])('tell of identifiers that no user has: %s', async (written, message) => {
    const lines = await findingLines(policy(`'${written}'`));
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      `rules[0].when.expression ${message} [invalid_value]`,
    ]);
  });

  test.each([
    'user.identifiers.exists(i, i.endsWith("@corp.test") || i == "ann" || i.contains("+49"))',
    'user.identifiers[0] == "ann"',
    'user.identifiers.exists(i, i.startsWith("ann@") || i.contains(".test"))',
    '["HR", "ann"].exists(n, n in user.groups || n in user.identifiers)',
    '["office", "hr"].exists(n, n in network.zones || n in user.groups)',
  ])('are quiet about identifiers as users have them: %s', async (written) => {
    expect(await findingLines(policy(`'${written}'`))).toEqual([]);
  });

  test.each([
    ['network.ip == "2001:DB8:0:0::7"', 'no address is `2001:DB8:0:0::7`; write `2001:db8::7`'],
    ['network.ip in ["192.0.2.1", "::ffff:10.2.3.4"]', 'no address is `::ffff:10.2.3.4`; write `10.2.3.4`'],
    ['network.ip == "010.000.0.01"', 'no address is `010.000.0.01`; write `10.0.0.1`'],
    ['network.ip.endsWith(".001")', 'no address is `.001`, or has it in it; write `.1`'],
    ['network.ip != "10.0.0.0/8"', 'no address is `10.0.0.0/8`; name a zone for a network'],
    ['network.ip.startsWith("::ffff:10.")', 'no address is `::ffff:10.`, or has it in it; write `10.`'],
    [
      'network.ip.startsWith("0:0:0:0:0:FFFF:10.2.")',
      'no address is `0:0:0:0:0:FFFF:10.2.`, or has it in it; write `10.2.`',
    ],
    ['network.ip.startsWith("2001:0DB8:")', 'no address is `2001:0DB8:`, or has it in it; write `2001:db8:`'],
    ['network.ip.endsWith("%eth0")', 'no address is `%eth0`, or has it in it; name a zone for a network'],
    ['network.ip.contains("64:ff9b::10.")', 'no address is `64:ff9b::10.`, or has it in it; name a zone for a network'],
  ])('tell of addresses that are never read so: %s', async (written, message) => {
    const lines = await findingLines(policy(`'${written}'`));
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      `rules[0].when.expression ${message} [invalid_value]`,
    ]);
  });

  test.each([
    'network.ip == "2001:db8::7" || network.ip in ["10.2.3.4", "::1"] || network.ip == ""',
    'network.ip.startsWith("10.") || network.ip.startsWith("2001:db8:0:1:") || network.ip.startsWith("::ffff:0:")',
    'network.ip.contains(":") || network.ip.endsWith(".7") || network.ip.endsWith("01")',
  ])('are quiet about addresses as they are read: %s', async (written) => {
    expect(await findingLines(policy(`'${written}'`))).toEqual([]);
  });

  test('are warnings where no user is in a group', async () => {
    const settings = { 'stepgate.yaml': 'brand: { name: Acme }\ngroups: { admins: { description: x } }\n' };
    const loaded = await load({ ...settings, ...policy(`'"amins" in user.groups || "admins" in user.groups'`) });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    expect(loaded.warnings.filter(({ code }) => code === 'unknown-group').map(findingSummary)).toEqual([
      'policies/sign-on/notes.yaml:5:20: warning: rules[0].when.expression `groups` in stepgate.yaml does not name `amins`; did you mean `admins`? [unknown-group]',
    ]);
  });

  test.each([
    ['user.groups.exists(g, g.startsWith("eu-"))', undefined],
    ['user.groups.filter(g, g.endsWith("-hr")).size() > 0', undefined],
    ['user.groups.exists(g, g.contains("u-h"))', undefined],
    ['user.groups.exists(g, g.startsWith("us-"))', 'a group that begins with `us-`'],
    ['user.groups.exists(g, g.startsWith("hr"))', 'a group that begins with `hr`'],
    ['user.groups.exists(g, g.endsWith("eu"))', 'a group that ends with `eu`'],
    ['user.groups.exists(g, g.contains("_"))', 'a group that contains `_`'],
  ])('are warnings where no group has a part: %s', async (expression, lacking) => {
    const settings = { 'stepgate.yaml': 'brand: { name: Acme }\ngroups: { eu-hr: { description: x } }\n' };
    const loaded = await load({ ...settings, ...policy(`'${expression}'`) });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = loaded.warnings.filter(({ code }) => code === 'unknown-group');
    expect(found.map(({ message }) => message)).toEqual(
      lacking === undefined ? [] : [`\`groups\` in stepgate.yaml does not name ${lacking}`],
    );
  });

  test('say that a constant part never holds', async () => {
    const loaded = await load(policy('1 == 2'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = await analyse(loaded, { authenticators, now: 0 });
    expect(found.map(({ code, path }) => [code, path])).toContainEqual(['contradictory', 'rules[0].when.expression']);
  });

  test('are warnings where an attribute may be absent', async () => {
    const loaded = await load(policy('user.userType == "x"'));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = await analyse(loaded, { authenticators, now: 0 });
    expect(found.filter(({ code }) => code === 'unguarded-read').map(findingSummary)).toEqual([
      'policies/sign-on/notes.yaml:5:19: warning: rules[0].when.expression reads user.userType, which may be absent, and then the rule denies: put has(user.userType) && before it [unguarded-read]',
    ]);
  });
});

test('a place within a text is found in each style of YAML', () => {
  const styles = ['a b\n    c', '"a b\n    c"', "'a b\n    c'", '|\n    a b\n    c', '>-\n    a b\n    c'];
  for (const style of styles) {
    const text = `k: ${style}\n`;
    const value =
      (readYaml('f', text, { variables: {} }).source?.content as { readonly k: string } | undefined)?.k ?? '';
    expect([style, text[offsetWithin(text, 3, value.indexOf('b'))]]).toEqual([style, 'b']);
    expect([style, text[offsetWithin(text, 3, value.indexOf('c'))]]).toEqual([style, 'c']);
  }
});
