/** An analysis that would not end says which rules it did not decide. */
import { describe, expect, test } from '@jest/globals';
import { ruleCombinations } from '../../../../src/core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { analysedApps } from '../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../src/policy/analysis/analysed/configuration.ts';
import { undecidedFindings } from '../../../../src/policy/analysis/analysed/undecided-findings.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { combinationFindings } from '../../../../src/policy/analysis/lock-outs/combination-findings.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { universe } from '../../../core/support/universe.ts';
import { authenticators, load } from '../support/configuration-dir.ts';

const signOn = 'policies/sign-on/notes.yaml';
const holes = 6;
const names = (count: number) => Array.from({ length: count }, (_, at) => at);
const group = (pigeon: number, hole: number) => `p${pigeon}h${hole}`;

/**
 * More pigeons than holes, as rules that deny: what is left for the rules below is nothing, and no short proof by cases
 * says so (A. Haken, 1985).
 */
function pigeons(): readonly string[] {
  const pigeon = names(holes + 1);
  const nowhere = pigeon.map((number) => `none: [${names(holes).map((hole) => group(number, hole))}]`);
  const together = names(holes).flatMap((hole) =>
    pigeon.flatMap((number) => names(number).map((other) => `all: [${group(number, hole)}, ${group(other, hole)}]`)),
  );
  return [...nowhere, ...together].map((groups, at) => `{ name: R${at}, when: { groups: { ${groups} } }, then: deny }`);
}

const target = '{ name: Target, when: { groups: { any: [staff] } }, then: { allow: { factors: 2 } } }';
const entangled = [...pigeons(), target, '{ name: Rest, then: { allow: { factors: 1 } } }'];
const file = `name: notes\nrules:\n${entangled.map((rule) => `  - ${rule}\n`).join('')}`;

test('rules that are entangled on purpose are undecided by name, and all others are decided', async () => {
  const loaded = await load({ [signOn]: file });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: 0 });
  const reason = 'could not be decided: the steps of the search did not suffice';
  const warned = found.filter(({ severity }) => severity !== 'note');
  const lines = warned.map(({ severity, code, line, message }) => `${severity} ${code} ${line} ${message}`);
  // The last of the denials are nearly as entangled as what is below them.
  expect(lines.filter((line) => !line.startsWith('warning undecided 13'))).toEqual([]);
  expect(lines.slice(-2)).toEqual([
    `warning undecided ${entangled.indexOf(target) + 3} whether it ever decides ${reason}`,
    `warning undecided ${entangled.length + 2} its effect with other policies in the app notes ${reason}`,
  ]);
});

test.each([
  [
    'a rule below that asks for less',
    '{ name: Strict, when: { groups: { any: [staff] }, network: { any: [office] } }, then: { allow: { factors: 2 } } }',
    'whether a rule below asks the same users for less',
  ],
  [
    'a browser that chooses its rule',
    '{ name: Strict, when: { device: { platform: [mobile] } }, then: deny }',
    'whether what a browser says of itself leads from it to a weaker rule',
  ],
  [
    'a denial by an attribute',
    '{ name: Strict, when: { attributes: { plan: { equals: free } } }, then: deny }',
    'whether users who lack an attribute escape it',
  ],
])('%s is undecided behind entangled rules, and its rule is told', async (_, strict, question) => {
  const rules = [strict, ...pigeons(), '{ name: Rest, then: { allow: { factors: 1 } } }'];
  const loaded = await load({ [signOn]: `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}` });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: 0 });
  const atRule = found.filter(({ line }) => line === 3);
  expect(atRule.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([
    `warning undecided ${question} could not be decided: the steps of the search did not suffice`,
  ]);
});

test('rules of the account policy behind entangled ones are reported, too', async () => {
  const change = 'change: { add: [webauthn] }';
  const one = 'then: { allow: { factors: 1 } }';
  const changes = pigeons().map((rule) => rule.replace('then: deny', `${change}, ${one}`));
  const last = `{ name: Last, ${change}, then: deny }`;
  const rules = [...changes, last, `{ name: Rest, ${one} }`];
  const loaded = await load({
    'stepgate.yaml': 'brand: { name: A }\nauthenticators: { webauthn: { enabled: true } }\n',
    'policies/account.yaml': `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
    'policies/enrollment.yaml': 'rules:\n  - { name: All, then: { required: [webauthn] } }\n',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: 0 });
  expect(found.filter(({ line }) => line === rules.indexOf(last) + 2)).toMatchObject([
    {
      ...{ severity: 'warning', code: 'undecided', file: 'policies/account.yaml' },
      message: 'whether it ever decides could not be decided: the steps of the search did not suffice',
    },
  ]);
});

test('combinations that are left when the steps have run out are open, and none is called impossible', async () => {
  const loaded = await load({
    [signOn]: file
      .split('\n')
      .slice(0, 2)
      .concat(`  - ${target}`, '  - { name: Rest, then: { allow: { factors: 1 } } }')
      .join('\n'),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
  const app = await snapshot.app('notes');
  if (app === undefined) throw new Error('the app is missing');
  const policies = await snapshot.policies(app);
  const rules = [...policies.session.rules, ...(policies.app?.rules ?? [])].map(({ rule }) => rule.when);
  const combinations = (steps: number) => ruleCombinations(policies, ruleSpace(rules, universe()), { steps });
  const findingLines = (found: ReturnType<typeof combinations>) => [
    found.combinations.map((combination) => combination.app.name),
    found.open.map((combination) => combination.app.name),
    found.isPartial,
  ];
  expect(findingLines(combinations(10_000))).toEqual([['Target', 'Rest'], [], false]);
  expect(findingLines(combinations(0))).toEqual([[], ['Target', 'Rest'], true]);
  expect(findingLines(combinations(9))).toEqual([['Target'], ['Rest'], true]);
});

test('when the steps for all apps run out, the rules of long policies were not looked at, and one finding a file says so', async () => {
  const app = (name: string, policy: string) => ({
    [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${policy}\nclient: { redirect_uris: [https://notes.test/cb] }\n`,
  });
  const rest = '  - { name: Rest, then: { allow: { factors: 1 } } }\n';
  const loaded = await load({
    ...app('first', 'long'),
    ...app('second', 'short'),
    ...app('third', 'alone'),
    ...app('fourth', 'long'),
    'policies/sign-on/long.yaml': `name: long\nrules:\n  - ${target}\n  - ${target.replace('Target', 'Other')}\n${rest}`,
    'policies/sign-on/short.yaml': `name: short\nrules:\n${rest}`,
    'policies/sign-on/alone.yaml': `name: alone\nrules:\n  - ${target.replace('}, then: { allow: { factors: 2 } }', '}, then: deny')}\n${rest}`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 0 });
  const told = async (steps: number) => {
    const others = { denials: { steps: 1_000 }, comparisons: { steps: 1_000 } };
    const apps = await analysedApps(configuration, { combinations: { steps }, ...others });
    const found = combinationFindings(apps, configuration).filter(({ code }) => code === 'undecided');
    return found.map((each) => `${each.severity} ${each.file}:${each.line} ${each.message}`).sort();
  };
  const reason = 'with other policies in';
  const end = 'was not examined: the steps for all apps did not suffice';
  expect(await told(1_000)).toEqual([]);
  const [alone, long, notes, short] = await told(0);
  expect([alone, long, short]).toEqual([
    `warning policies/sign-on/alone.yaml:4 its effect ${reason} the app third ${end}`,
    `warning policies/sign-on/long.yaml:3 its effect and that of 2 more, the last "Rest", ${reason} 2 apps (first, fourth) ${end}`,
    `warning policies/sign-on/short.yaml:3 its effect ${reason} the app second ${end}`,
  ]);
  expect(notes).toContain(`${reason} the app Notes ${end}`);
  const counts = await Promise.all(names(60).map(async (steps) => (await told(steps)).join()));
  // The app that comes first in the files has the longest policy, and its rules are left first.
  expect(counts.some((text) => text.includes('long.yaml:3 its effect and') && !text.includes('alone'))).toBe(true);
  expect(counts.every((text) => !text.includes('short') || text.includes('long'))).toBe(true);
});

describe('when the steps for all apps run out, a finding says what was not decided', () => {
  const few = { name: 'Few', line: 3 };
  const settings = `brand: { name: Test }
zones: { office: { cidrs: [192.0.2.0/24] } }
authenticators: { totp: { enabled: true } }
`;
  const policies = {
    'stepgate.yaml': settings,
    [signOn]: `name: notes
rules:
  - { name: Few, when: { groups: { any: [staff] }, network: { any: [office] } }, then: { allow: { factors: 2 } } }
  - { name: Desk, when: { device: { os: [windows] } }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
    'policies/account.yaml': `rules:
  - { name: Change, change: { change: [password] }, then: { allow: { factors: 2 } } }
  - { name: Add, when: { groups: { any: [staff] } }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
  };

  const plenty = 10_000_000;
  type Steps = NonNullable<Parameters<typeof analysedApps>[1]>;
  const told = async (steps: Partial<Steps>) => {
    const loaded = await load(policies);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const configuration = await analysedConfiguration(loaded, { authenticators, now: 0 });
    const all = { combinations: { steps: plenty }, denials: { steps: plenty }, comparisons: { steps: plenty } };
    const budgets = { ...all, ...steps };
    const found = combinationFindings(await analysedApps(configuration, budgets), configuration);
    return {
      left: budgets,
      found: found.map(({ code, file: where, line, message: said }) =>
        code === 'undecided' ? `${where}:${line} ${said.split(' could not')[0]}` : `${code} ${where}:${line}`,
      ),
    };
  };
  const weaker = `${signOn}:${few.line} whether a rule below asks the same users for less`;
  const browser = `${signOn}:4 whether what a browser says of itself leads from it to a weaker rule`;

  test('of none, if there are enough', async () => {
    const { found } = await told({});
    expect(found).toEqual(expect.arrayContaining([`weaker-below ${signOn}:3`, `spoofable ${signOn}:4`]));
    expect(found.some((each) => /^(newcomer-)?lock-out policies.account.yaml:3$/.test(each))).toBe(true);
    expect(found).toContain('password-lock-out policies/account.yaml:2');
    expect(found.filter((each) => each.includes('whether'))).toEqual([]);
  });

  test('of rules that are compared with one another', async () => {
    const { found } = await told({ comparisons: { steps: 0 } });
    expect(found).toEqual(expect.arrayContaining([weaker, browser]));
    expect(found.filter((each) => /weaker-below|spoofable/.test(each))).toEqual([]);
  });

  test('of users who are denied for good, and of passwords, however many steps there are', async () => {
    const { left, found: whole } = await told({ denials: { steps: plenty } });
    const used = plenty - left.denials.steps;
    expect(used).toBeGreaterThan(100);
    const isOpen = (each: string) =>
      each.startsWith('policies/account.yaml') && each.includes('whether it keeps users');
    const lost = whole.filter((each) => each.includes('lock-out'));
    for (const steps of names(20).map((at) => Math.floor((used * at) / 20))) {
      const { found } = await told({ denials: { steps } });
      expect(lost.every((each) => found.includes(each)) || found.some(isOpen)).toBe(true);
    }
    const { found: none } = await told({ denials: { steps: 0 } });
    expect(none.filter((each) => /^(password-)?lock-out/.test(each))).toEqual([]);
    expect(none.filter(isOpen)).not.toEqual([]);
    // The last to be asked about may replace the password, which takes 100 steps to find.
    const { found: most } = await told({ denials: { steps: used - 101 } });
    expect(most.filter(isOpen)).toEqual([
      'policies/account.yaml:3 whether it keeps users from replacing a password that must be replaced',
    ]);
  });
});

test('of more rules of a file than a reader would read, one finding tells the first and their number', async () => {
  const rules = names(51).map(
    (at) => `  - { name: R${at}, when: { groups: { any: [g${at}] } }, then: { allow: { factors: 1 } } }\n`,
  );
  const loaded = await load({
    [signOn]: `name: notes\nrules:\n${rules.join('')}  - { name: Rest, then: { allow: { factors: 1 } } }\n`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 0 });
  const app = await configuration.snapshot.app('notes');
  const compiled = app && (await configuration.snapshot.policies(app)).app?.rules.map(({ rule }) => rule);
  const told = (count: number) =>
    undecidedFindings((compiled ?? []).slice(0, count), 'whether', configuration).map((each) => each.message);
  const text = 'whether could not be decided: the steps of the search did not suffice';
  expect(told(50)).toEqual(names(50).map(() => text));
  expect(told(51)).toEqual([`${text}. This goes for 51 rules, the last of them "R50"`]);
});
