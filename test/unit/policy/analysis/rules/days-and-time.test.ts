/** Rules about days of the profile and the time: what is dead, what is over, and what decides some day. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings = `${validFiles['stepgate.yaml']}attributes:
  starts: { type: date, write: admin, label: { en: Starts } }
  ends: { type: date, write: admin, label: { en: Ends } }
`;

async function findings(...rules: readonly string[]) {
  const signOn = `name: notes\nrules:\n${[...rules, '{ name: Rest, then: { allow: { factors: 1 } } }'].map((rule) => `  - ${rule}\n`).join('')}`;
  const loaded = await load({ 'stepgate.yaml': settings, 'policies/sign-on/notes.yaml': signOn });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  return found.filter(({ code }) => code !== 'unused' && code !== 'fail-open');
}

const two = 'then: { allow: { factors: 2, possession: { authenticators: [totp] } } }';

test.each([
  ['this year, as long as it is not over', 'attributes: { ends: { before: 2027-01-01, after: now } }'],
  ['that is over next year', 'attributes: { ends: { after: 2027-06-01, before: now } }'],
  [
    'that begins in one year and ends in another',
    'attributes: { starts: { before: 2027-01-01 }, ends: { after: 2027-06-01 } }',
  ],
  [
    'on a morning of next year',
    'attributes: { ends: { after: 2027-06-01, before: now } }, time: { days: [mon], from: "08:00", to: "09:00", zone: Europe/Vienna }',
  ],
])('a contract %s: the rule decides', async (_, when) => {
  const found = await findings(`{ name: Contract, when: { ${when} }, ${two} }`);
  expect(found.filter(({ code }) => code !== 'weaker-below')).toEqual([]);
});

test('a rule that needs past and future days is over: a warning, because it was no mistake before', async () => {
  const found = await findings(
    `{ name: Contract, when: { attributes: { ends: { before: 2026-11-01, after: now } } }, ${two} }`,
  );
  expect(found).toMatchObject([
    {
      ...{ code: 'past', severity: 'warning', file: 'policies/sign-on/notes.yaml', line: 3, column: 5 },
      message: 'never applies any more, as its days are over: `attributes.ends` can never hold here',
    },
  ]);
});

test('a rule whose days are all over', async () => {
  const found = await findings(
    `{ name: Former, when: { attributes: { ends: { before: now } } }, then: deny }`,
    `{ name: Long ago, when: { attributes: { ends: { before: 2020-01-01 } } }, ${two} }`,
  );
  expect(found).toMatchObject([
    {
      ...{ code: 'past', severity: 'warning', line: 4, rules: [{ name: 'Former' }] },
      message: 'never decides any more, as its days are over: the rule "Former" in line 3 takes all its cases',
    },
  ]);
});

test('two attributes that speak of the same time', async () => {
  const found = await findings(
    `{ name: Never, when: { attributes: { starts: { after: 2027-06-01, before: now }, ends: { before: 2027-03-01, after: now } } }, ${two} }`,
  );
  expect(found).toMatchObject([
    {
      ...{ code: 'contradictory', severity: 'error', line: 3 },
      message: 'never applies: `attributes.starts` and `attributes.ends` exclude one another',
    },
  ]);
});

test('an example is at a time at which the rule decides', async () => {
  const found = await findings(
    '{ name: Next, when: { attributes: { ends: { after: 2027-06-01, before: now } }, network: { any: [office] } }, then: { allow: { factors: 2, possession: { authenticators: [totp] } } } }',
  );
  expect(found.map(({ code }) => code)).toEqual(['weaker-below']);
  const [first] = found;
  const at = first?.example?.at((first.example?.indexOf('--at') ?? -1) + 1) ?? '';
  expect(Date.parse(at)).toBeGreaterThan(Date.parse('2027-06-02'));
});

/** The example of an invariant that the rule breaks. */
async function exampleOf(condition: string): Promise<readonly string[] | undefined> {
  const rule = `{ name: Timed, when: { ${condition} }, then: { allow: { factors: 2 } } }`;
  const loaded = await load({
    'stepgate.yaml': settings,
    'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - ${rule}\n  - { name: Rest, then: deny }\n`,
    'invariants.yaml': 'invariants:\n  - { name: Closed, apps: { any: [notes] }, never: allow }\n',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  return found.find(({ code }) => code === 'invariant')?.example;
}

// The time of the example is that of a neutral sign-in, by which alone it could not be told.
test.each([
  ['a day before the present one', 'attributes: { ends: { before: now } }'],
  ['an expression about the present', 'expression: "now > timestamp(\'2026-12-24T00:00:00Z\')"'],
  ['a time window', 'time: { days: [fri], from: "08:00", to: "17:00", zone: UTC }'],
])('an example for %s names its time', async (_, condition) => {
  expect(await exampleOf(condition)).toContain('--at');
});

test('an example of rules that do not ask for the time names none', async () => {
  const example = await exampleOf('network: { any: [office] }');
  expect(example).toContain('--ip');
  expect(example).not.toContain('--at');
});
