/** Groups and user types in the files: without spaces around them, and composed, however they are written. */
import { expect, test } from '@jest/globals';
import type { ConditionSet } from '../../../../src/core/model/conditions.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import type { Document } from '../../../../src/policy/model/documents.ts';
import { readPolicy, readSettings } from '../../../../src/policy/revision/read-document.ts';
import { authenticators, findingLines, load } from '../support/configuration-dir.ts';

const composed = 'Caf\u00e9';
const decomposed = 'Cafe\u0301';
const at = 'policies/sign-on/notes.yaml';
const settingsAt = 'stepgate.yaml';
const settings = (groups: string) => ({ [settingsAt]: `brand: { name: Test }\ngroups: { ${groups} }\n` });
const files = (when: string) => ({
  [at]: `name: notes
rules:
  - { name: Own, when: { ${when} }, then: deny }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
});

async function documentsOf(...given: Parameters<typeof load>) {
  const loaded = await load(...given);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return [...loaded.documents.values()];
}

async function whenOf(when: string): Promise<ConditionSet | undefined> {
  const document = (await documentsOf(files(when))).find(({ file }) => file === at);
  return document && readPolicy(document).rules[0]?.when;
}

test.each([
  ['groups', `groups: { any: [' ${decomposed}'], none: [b] }`, { groups: { any: [composed], none: ['b'] } }],
  ['a user type', `userType: { any: ['${decomposed} '] }`, { userType: { any: [composed] } }],
  [
    'an attribute',
    `attributes: { team: { equals: ' ${decomposed}' }, role: { in: [${decomposed}, 1], not: { matches: '${decomposed} *' } } }`,
    { attributes: { team: { equals: composed }, role: { in: [composed, 1], not: { matches: `${composed} *` } } } },
  ],
])('%s in a condition', async (_, when, expected) => {
  expect(await whenOf(when)).toEqual(expected);
});

test.each([
  `"${decomposed}" in user.groups`,
  `user.groups.exists(g, g.startsWith("${decomposed}"))`,
  `has(user.userType) && user.userType == "${decomposed}"`,
  `has(user.profile.team) && user.profile.team == "${decomposed}"`,
])('an expression: %s', async (expression) => {
  const when = await whenOf(`expression: '${expression}'`);
  const subject = {
    ...{ id: 'ann', status: 'active' as const, identifiers: [], enrollments: [] },
    ...{ groups: [composed], userType: composed, profile: { team: composed } },
  };
  const facts = neutralFacts({ now: 1_800_000_000, request: neutralRequest('notes'), subject });
  expect(when?.expression?.evaluate(facts)).toBe('hit');
});

test('groups that the settings name', async () => {
  const declared = await documentsOf(settings(`' ${decomposed}': {}, b: {}`));
  const document = declared.find(({ file }) => file === settingsAt);
  expect(document && Object.keys(readSettings(document, authenticators).groups ?? {})).toEqual([composed, 'b']);
});

test('names in another spelling are known', async () => {
  const warnings = async (groups: string, when: string) => {
    const loaded = await load({ ...settings(groups), ...files(when) });
    return loaded.ok && loaded.warnings.filter(({ code }) => code === 'unknown-group' || code === 'unused');
  };
  expect(await warnings(`${decomposed}: {}`, `groups: { any: [${composed}] }`)).toEqual([]);
  expect(await warnings(`${composed}: {}`, `groups: { any: [' ${decomposed} '] }`)).toEqual([]);
  expect(await warnings(`${composed}: {}`, `expression: '"${decomposed}" in user.groups'`)).toEqual([]);
});

const twice = `names \`${composed}\` twice, once in another spelling: with spaces around it, or decomposed (Unicode NFD)`;

test('two spellings of one name are refused where they stand', async () => {
  expect(await findingLines(files(`groups: { none: [b, ${composed}, ${decomposed}] }`))).toEqual([
    `${at}:3:42 rules[0].when.groups.none ${twice} [invalid_value]`,
  ]);
  expect(await findingLines(files(`userType: { any: ['${composed} ', ${composed}] }`))).toEqual([
    `${at}:3:43 rules[0].when.userType.any ${twice} [invalid_value]`,
  ]);
  expect(await findingLines(settings(`${composed}: {}, ${decomposed}: {}`))).toEqual([
    `${settingsAt}:2:28 groups["${decomposed}"] ${twice} [invalid_value]`,
  ]);
  expect(await findingLines(files("groups: { any: [' '] }"))).toEqual([
    `${at}:3:42 rules[0].when.groups.any[0] must not be empty [invalid_value]`,
  ]);
});

test('what an earlier release applied with two spellings has one of them', async () => {
  const rules = [{ name: 'Own', when: { groups: { any: ['b', composed, decomposed] } }, then: 'deny' }];
  const content = { name: 'notes', rules };
  const document: Document = { kind: 'sign-on', name: 'notes', file: at, ruleLines: [2], content };
  const [rule] = readPolicy(document).rules;
  expect(rule?.when?.groups).toEqual({ any: ['b', composed] });
});

test('spaces around the name of a group in an expression, where no user has them', async () => {
  expect(await findingLines(files(`expression: '" b" in user.groups'`))).toEqual([
    `${at}:3:39 rules[0].when.expression no user is in a group \` b\`; write \`b\` [invalid_value]`,
  ]);
});
