/** Rules that deny by attributes that users write themselves: the same mistake as in a rule that allows. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import type { AnalysisFinding } from '../../../../../src/policy/model/analysis-finding.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';
import { rest, rules } from '../../support/lock-out-files.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const attributes = `attributes:
  department: { type: text, write: user, options: [{ value: sales }, { value: hr }] }
  team: { type: text, write: user }
  unit: { type: text, write: admin }
`;
const signOn = 'policies/sign-on/notes.yaml';

async function analysed(
  signOnRules: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<readonly AnalysisFinding[]> {
  const loaded = await load({
    'stepgate.yaml': `${validFiles['stepgate.yaml']}${attributes}`,
    [signOn]: `name: notes\n${rules(...signOnRules)}`,
    ...files,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return analyse(loaded, { authenticators, now });
}

async function found(...given: Parameters<typeof analysed>): Promise<readonly string[]> {
  const ofCode = (await analysed(...given)).filter(({ code }) => code === 'user-written' || code === 'undecided');
  return ofCode.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

const denial = (when: string) => `{ name: No, when: ${when}, then: deny }`;
const denying = (tests: string) => denial(`{ attributes: { ${tests} } }`);
const expression = (written: string) => denial(`{ expression: '${written}' }`);
const notSales = 'department: { not: { equals: sales } }';
const one = '{ allow: { factors: 1 } }';

test('all but those whom a rule denies get in, which says the same as a rule that allows', async () => {
  const allows = `{ name: Sales, when: { attributes: { department: { equals: sales } } }, then: ${one} }`;
  const error = ['error user-written rules[0].when.attributes.department'];
  expect(await found([allows, '{ name: Rest, then: deny }'])).toEqual(error);
  expect(await found([denying(notSales), rest])).toEqual(error);
  const [finding] = (await analysed([denying(notSales), rest])).filter(({ code }) => code === 'user-written');
  expect(finding).toMatchObject({
    message:
      'keeps users out by `department`, which they write themselves: with a value that they choose, the rule "Rest" lets them in',
    rules: [{ name: 'Rest', file: signOn }],
    advice: 'say `write: admin` for the attribute, or deny by something else',
  });
  expect(finding?.example).toEqual(expect.arrayContaining(['--app', 'notes', '--attribute', 'department=sales']));
});

test.each([
  ['that is absent', denying('team: { present: false }'), 'attributes.team'],
  [
    'in an alternative',
    denial(`{ any: [{ groups: { any: [staff] } }, { attributes: { ${notSales} } }] }`),
    'any[1].attributes.department',
  ],
  ['of some users', denial(`{ groups: { any: [staff] }, attributes: { ${notSales} } }`), 'attributes.department'],
  ['in an expression that fails without it', expression('user.profile.department != "sales"'), 'expression'],
  ['in an expression', expression('!has(user.profile.department) || user.profile.department != "sales"'), 'expression'],
  ['of which nothing is known', expression('!has(user.profile.team) || size(user.profile.team) < 3'), 'expression'],
])('an error: users who lack an attribute are denied, %s', async (_, rule, place) => {
  expect(await found([rule, rest])).toEqual([`error user-written rules[0].when.${place}`]);
});

test.each([
  ['a value', denying('department: { equals: hr }'), 'attributes.department'],
  ['any value', denying('team: { present: true }'), 'attributes.team'],
  [
    'a value in an expression',
    expression('has(user.profile.department) && user.profile.department == "hr"'),
    'expression',
  ],
])('a warning: only users who have %s are denied, and can escape', async (_, rule, place) => {
  const [finding, ...others] = (await analysed([rule, rest])).filter(({ code }) => code === 'user-written');
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    severity: 'warning',
    path: `rules[0].when.${place}`,
    message: expect.stringMatching(
      /^users escape it by `\w+`, which they write themselves: without such a value, the rule "Rest" lets them in$/,
    ),
  });
});

test.each<[string, readonly string[]]>([
  ['administrators write the attribute', [denying('unit: { not: { equals: a } }'), rest]],
  [
    'the rule only reports',
    [`{ name: No, reportOnly: true, when: { attributes: { ${notSales} } }, then: deny }`, rest],
  ],
  ['the rule is off', [`{ name: No, enabled: false, when: { attributes: { ${notSales} } }, then: deny }`, rest]],
  [
    'the same users are denied below',
    [
      denial(`{ groups: { any: [staff] }, attributes: { ${notSales} } }`),
      '{ name: Staff, when: { groups: { any: [staff] } }, then: deny }',
      rest,
    ],
  ],
  [
    'the same users need another attribute, too',
    [
      denial(`{ attributes: { ${notSales}, unit: { equals: a } } }`),
      '{ name: A, when: { attributes: { unit: { equals: a } } }, then: deny }',
      rest,
    ],
  ],
])('nothing is found where %s', async (_, given) => {
  expect(await found(given)).toEqual([]);
});

const staffOnly = `{ name: Staff, when: { groups: { any: [staff] } }, then: ${one} }`;
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});

test('of a rule of the session policy, too', async () => {
  expect(await found([rest], session(denying(notSales)))).toEqual([
    'error user-written rules[0].when.attributes.department',
  ]);
});

test('the session policy must let the same user in', async () => {
  const guests = denial(`{ groups: { none: [staff] }, attributes: { ${notSales} } }`);
  const strangers = denial('{ groups: { none: [staff] } }');
  expect(await found([guests, staffOnly, rest], session(strangers))).toEqual([]);
  expect(await found([guests, staffOnly, rest])).toHaveLength(1);
});

test('the session policy lets in only whom its expressions do not fail for', async () => {
  const sameUnit = `{ name: Unit, when: { expression: 'user.profile.unit == "a"' }, then: { allow: { primary: any, secondFactor: never, idle: PT1H, absolute: PT2H } } }`;
  const given = await analysed([denying(notSales), rest], session(sameUnit));
  const [finding, ...others] = given.filter(({ code }) => code === 'user-written');
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ severity: 'error', path: 'rules[0].when.attributes.department' });
  expect(finding?.example).toEqual(expect.arrayContaining(['department=sales']));
  expect(finding?.example?.some((option) => option.startsWith('unit='))).toBe(true);
});

test.each([
  ['a number', 'type: phone', 'not: { matches: "+43*" }', '+43'],
  ['any number', 'type: phone', 'present: false', '+'],
  ['a time zone', 'type: time_zone', 'not: { matches: "Europe/*" }', 'Europe/'],
  ['an address of a page', 'type: url', 'not: { matches: "*.corp.test/*" }', 'https://'],
  ['a long text', 'type: text, minLength: 12', 'not: { matches: "x*" }', 'x'],
])('a value that the schema allows is found: %s', async (_, type, asked, begins) => {
  const schema = `${validFiles['stepgate.yaml']}attributes: { own: { ${type}, write: user } }\n`;
  const all = await analysed([denying(`own: { ${asked} }`), rest], { 'stepgate.yaml': schema });
  const [finding, ...others] = all.filter(({ code }) => code === 'user-written' || code === 'undecided');
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code: 'user-written', severity: 'error' });
  expect(finding?.example?.find((option) => option.startsWith('own='))).toMatch(`own=${begins}`);
});

test('a comment accepts it', async () => {
  const file = `name: notes\nrules:\n  # stepgate:accept user-written until 2027-03-31: they only sort themselves\n  - ${denying(notSales)}\n  - ${rest}\n`;
  expect(await found([], { [signOn]: file })).toEqual([]);
});
