/** What searches for denials and passwords may cost is said by the app that is analysed. */
import { expect, test } from '@jest/globals';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { deniedCircumstances } from '../../../../../src/policy/analysis/lock-outs/denials/circumstances.ts';
import { questionsAbout } from '../../../../../src/policy/analysis/lock-outs/password-questions.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';

const authenticators = kindsOf('password', 'totp', 'email');

/** Two factors are asked for, and out of the office nothing can be added. */
async function analysed() {
  const loaded = await load(
    {
      'stepgate.yaml': `${validFiles['stepgate.yaml']}mail: { from: a@example.org, smtp: { host: mail.example.org } }\n`,
      'policies/sign-on/notes.yaml': 'name: notes\nrules:\n  - { name: all, then: { allow: { factors: 2 } } }\n',
      'policies/account.yaml': `rules:
  - { name: office, change: { add: all }, when: { network: { any: [office] } }, then: { allow: { factors: 1 } } }
  - { name: elsewhere, then: deny }
`,
    },
    {},
    authenticators,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const apps = await analysedApps(await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 }));
  const app = apps.find(({ policies }) => policies.app?.rules[0]?.rule.then.kind === 'allow');
  const [one] = app?.combinations ?? [];
  if (app === undefined || one === undefined) throw new Error('no case');
  return { app, one };
}

test('circumstances of denials are searched within the budget of the app', async () => {
  const { app, one } = await analysed();
  const before = app.denialBudget.steps;
  const search = { app, combination: one, keys: ['email'], besides: [] };
  expect(deniedCircumstances(search).isPartial).toBe(false);
  expect(app.denialBudget.steps).toBeLessThan(before);
  expect(deniedCircumstances({ ...search, app: { ...app, denialBudget: { steps: 0 } } }).isPartial).toBe(true);
});

test('so is who may not replace a password', async () => {
  const { app } = await analysed();
  const descriptor = app.policies.authenticators.find(({ underPasswordPolicy }) => underPasswordPolicy);
  const about = descriptor && app.policies.accountPolicy?.about({ action: 'change', of: descriptor.key });
  if (descriptor === undefined || about === undefined) throw new Error('no case');
  const askedWithin = (denialBudget: { steps: number }) => [
    ...questionsAbout({ app: { ...app, denialBudget }, descriptor, about }, () => true),
  ];
  const budget = { steps: 1_000_000 };
  const all = askedWithin(budget);
  expect(budget.steps).toBeLessThan(1_000_000);
  expect(all.map(({ keys }) => keys.join())).toContain('password,totp');
  const open = askedWithin({ steps: 0 });
  expect(new Set(open.flatMap(({ keys }) => keys))).toEqual(new Set(['password']));
  expect(new Set(open.map(({ cause }) => cause))).toEqual(new Set(all.map(({ cause }) => cause)));
});
