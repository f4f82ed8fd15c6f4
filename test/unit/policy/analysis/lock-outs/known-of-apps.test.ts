/** What was found of users who are denied at one app is not searched for at others. */
import { expect, test } from '@jest/globals';
import { entryKey } from '../../../../../src/core/analysis/simulation/sign-in-outcomes.ts';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { accountAdditions } from '../../../../../src/policy/analysis/lock-outs/denials/account-additions.ts';
import { rulesIn } from '../../../../../src/policy/analysis/lock-outs/denials/denial-cause.ts';
import {
  type NewcomersIn,
  newcomerSearch,
} from '../../../../../src/policy/analysis/lock-outs/denials/denied-newcomers.ts';
import { knownOfApps } from '../../../../../src/policy/analysis/lock-outs/denials/known-of-apps.ts';
import { lockOutFinder } from '../../../../../src/policy/analysis/lock-outs/denials/lock-out-finder.ts';
import { kindsOf, load, validFiles } from '../../support/configuration-dir.ts';
import { rules } from '../../support/lock-out-files.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn');
const two = 'then: { allow: { factors: 2 } }';
const one = 'then: { allow: { factors: 1 } }';

/** Each app asks for two factors, and tells its users apart in a way of its own. */
const app = (name: string, when: string) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`,
  [`policies/sign-on/${name}.yaml`]: `name: ${name}\n${rules(`{ name: First, when: { ${when} }, ${two} }`, `{ name: Rest, ${two} }`)}`,
});

const withoutScopes = (name: string) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { scope: openid, redirect_uris: [https://${name}.test/cb] }\n`,
});

const files = {
  ...app('a', 'network: { any: [office] }'),
  ...app('b', 'groups: { any: [b] }, network: { none: [office] }'),
  ...app('c', 'userType: { any: [temp] }, groups: { none: [c] }'),
  ...app('d', 'risk: { atLeast: high }'),
  'apps/notes.yaml': undefined,
  'policies/sign-on/notes.yaml': undefined,
  'policies/enrollment.yaml': undefined,
};

/** Users of all these groups are locked out. Those of `one` and `away` alone may set up a code app in the office. */
const account = (...more: readonly string[]) => ({
  'policies/account.yaml': rules(
    `{ name: One, change: { add: [webauthn] }, when: { groups: { any: [one] } }, ${two} }`,
    `{ name: Away, change: { add: [totp] }, when: { groups: { any: [away] }, network: { none: [office] } }, ${two} }`,
    `{ name: Both, change: { add: [totp] }, when: { groups: { all: [x, y] } }, ${two} }`,
    ...more,
    `{ name: Rest, ${one} }`,
  ),
});

/** What is found at each app, and what it takes: from what is known of the apps before it, or from nothing. */
async function searched(more: Readonly<Record<string, string | undefined>>, from: 'others' | 'nothing') {
  const loaded = await load({ ...files, ...more });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const apps = await analysedApps(configuration);
  const additions = accountAdditions(apps, configuration);
  const finder = lockOutFinder(additions, configuration);
  let finds = 0;
  const find: typeof finder.find = (denied, letIn) => {
    finds += 1;
    return finder.find(denied, letIn);
  };
  const known = knownOfApps(additions, configuration);
  const searchAfterOthers = newcomerSearch({ ...finder, find }, known);
  const searchAlone: NewcomersIn = (each) =>
    newcomerSearch({ ...finder, find }, knownOfApps(additions, configuration))(each);
  const stepsLeft = () => apps.reduce((sum, { denialBudget }) => sum + denialBudget.steps, 0);
  const before = stepsLeft();
  const groups = new Map<string, (readonly string[])[]>();
  const found = apps.map((each) => {
    const all = (from === 'others' ? searchAfterOthers : searchAlone)(each).flatMap(({ denied }) => denied);
    const lockedOut = all.filter(({ lockOut }) => lockOut);
    for (const { cause, lockOut } of lockedOut) {
      const [first] = rulesIn(cause);
      if (first && lockOut) groups.set(first.name, [...(groups.get(first.name) ?? []), lockOut.facts.subject.groups]);
    }
    return {
      causes: new Set(lockedOut.flatMap(({ cause }) => rulesIn(cause).map(({ name }) => name))),
      clientIds: new Set(lockedOut.map(({ facts }) => facts.request.clientId)),
      scopes: new Set(lockedOut.flatMap(({ facts }) => facts.request.scopes)),
    };
  });
  const areComplete = apps.map((each) =>
    each.combinations.map((combination) => {
      const entry = entryKey(each.policies, combination.facts);
      return known.circumstancesOf(each, { entry, combination, keys: ['password'] }).isComplete();
    }),
  );
  return { found, groups, finds, steps: before - stepsLeft(), areComplete: areComplete.flat() };
}

test('users who are denied for good at one app are tried at others before any are searched for', async () => {
  const apart = await searched(account(), 'nothing');
  const together = await searched(account(), 'others');
  expect(together.found).toEqual(apart.found);
  expect(together.found.map(({ clientIds }) => [...clientIds])).toEqual([['a'], ['b'], ['c'], ['d']]);
  expect(together.finds).toBeLessThan(apart.finds);
  expect(together.areComplete).not.toContain(false);
  expect(together.steps).toBeLessThan(0.8 * apart.steps);
});

test.each([
  ['apps', 'apps: { any: [d] }'],
  ['what an expression says', `expression: "user.userType == request.clientId"`],
])('nothing is tried at other apps where a rule about additions asks about %s', async (_, when) => {
  const asking = account(`{ name: Asking, change: { add: all }, when: { ${when} }, ${two} }`);
  const apart = await searched(asking, 'nothing');
  const together = await searched(asking, 'others');
  expect(together.found).toEqual(apart.found);
  expect(together.finds).toBe(apart.finds);
  expect(together.areComplete).not.toContain(true);
});

test('no user is tried at an app that cannot ask for what the other one may ask for', async () => {
  const asking = {
    ...account(),
    'policies/sign-on/a.yaml': `name: a\n${rules(`{ name: First, when: { scopes: { any: [email] } }, ${two} }`, '{ name: Rest, then: deny }')}`,
    ...Object.assign({}, ...['b', 'c', 'd'].map(withoutScopes)),
  };
  const together = await searched(asking, 'others');
  expect(together.found.map(({ causes, scopes }) => [causes.size, scopes.has('email')])).toEqual([
    [2, true],
    [2, false],
    [2, false],
    [2, false],
  ]);
});

test('no user is tried at an app whose rules ask about what such a user cannot show', async () => {
  const added = 'change: { add: [totp, webauthn] }';
  const unlike = {
    'policies/sign-on/b.yaml': `name: b\n${rules(`{ name: First, when: { risk: { none: [newDevice] } }, ${two} }`, `{ name: Rest, ${one} }`)}`,
    ...Object.assign({}, ...['c', 'd'].map((name) => ({ [`apps/${name}.yaml`]: undefined }))),
    ...Object.assign({}, ...['c', 'd'].map((name) => ({ [`policies/sign-on/${name}.yaml`]: undefined }))),
    'policies/account.yaml': rules(
      `{ name: Open, ${added}, when: { groups: { any: [ok] }, network: { any: [office] } }, ${one} }`,
      `{ name: New device, ${added}, when: { groups: { any: [g] }, device: { known: false } }, then: deny }`,
      `{ name: Known device, ${added}, when: { groups: { any: [g] } }, ${two} }`,
      `{ name: Rest, ${one} }`,
    ),
  };
  const together = await searched(unlike, 'others');
  expect(together.found.map(({ causes }) => [...causes].toSorted())).toEqual([
    ['Known device', 'New device'],
    ['Known device'],
  ]);
});

test('a usual user is found although the same rules say more about others who are known', async () => {
  const others = ['b', 'c', 'd'].flatMap((name) => [`apps/${name}.yaml`, `policies/sign-on/${name}.yaml`]);
  const letIn = 'then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } }';
  const both = 'change: { add: [totp, webauthn] }';
  const chain = 'chains: [[{ authenticators: [webauthn] }, { authenticators: [totp] }]]';
  const { groups } = await searched(
    {
      ...Object.fromEntries(others.map((file) => [file, undefined])),
      'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { webauthn: { enabled: true } }\n`,
      'policies/session.yaml': rules(
        `{ name: Partners, when: { userType: { any: [partner] }, groups: { any: [a] } }, ${letIn} }`,
        `{ name: Rest, ${letIn} }`,
      ),
      'policies/sign-on/a.yaml': `name: a\n${rules(`{ name: First, when: { lastSignIn: { within: P30D } }, then: { allow: { ${chain} } } }`, `{ name: Rest, ${two} }`)}`,
      'policies/account.yaml': rules(
        `{ name: Away, ${both}, when: { groups: { any: [ok] }, network: { none: [office] } }, ${one} }`,
        `{ name: Office, ${both}, when: { groups: { any: [ok] }, network: { any: [office] } }, ${one} }`,
        '{ name: New, change: { add: [webauthn] }, when: { groups: { any: [a] }, device: { known: false } }, then: deny }',
        `{ name: Not b, change: { add: [webauthn] }, when: { groups: { none: [b] } }, ${two} }`,
        `{ name: Two, change: { add: [totp] }, when: { groups: { all: [c, a] } }, ${two} }`,
        `{ name: Denied, ${both}, when: { groups: { any: [a] } }, then: deny }`,
        `{ name: Passkey, change: { add: all }, when: { groups: { any: [a] } }, then: { allow: { possession: { authenticators: [webauthn] } } } }`,
        `{ name: Rest, ${one} }`,
      ),
    },
    'others',
  );
  expect(groups.get('Denied')).toContainEqual(['a']);
});
