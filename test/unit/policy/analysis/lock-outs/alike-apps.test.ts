/** Apps whose policies say the same about other groups are searched once, and what is found holds for each of them. */
import { describe, expect, test } from '@jest/globals';
import { decideTogether } from '../../../../../src/core/analysis/space/rule-combinations.ts';
import { type AnalysedApp, analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { atOwnApp, searchAlike } from '../../../../../src/policy/analysis/lock-outs/alike-apps.ts';
import { accountAdditions } from '../../../../../src/policy/analysis/lock-outs/denials/account-additions.ts';
import { newcomerSearch } from '../../../../../src/policy/analysis/lock-outs/denials/denied-newcomers.ts';
import type { NewcomerSearch } from '../../../../../src/policy/analysis/lock-outs/denials/denied-users.ts';
import { knownOfApps } from '../../../../../src/policy/analysis/lock-outs/denials/known-of-apps.ts';
import { lockOutFinder } from '../../../../../src/policy/analysis/lock-outs/denials/lock-out-finder.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { rules } from '../../support/lock-out-files.ts';

const two = 'then: { allow: { factors: 2 } }';
const rest = '{ name: Rest, then: { allow: { factors: 1 } } }';

/** Users with two factors get in. Those of the group `new` can never add a second one. */
const common = {
  'policies/account.yaml': rules(`{ name: New, change: { add: all }, when: { groups: { any: [new] } }, ${two} }`, rest),
  'policies/enrollment.yaml': rules(
    '{ name: Signed in, when: { authenticated: { any: [password] }, groups: { any: [staff] } }, then: { required: [totp] } }',
    '{ name: All, then: {} }',
  ),
};

interface AppFiles {
  readonly when: string;
  readonly then?: string;
  readonly app?: string;
  /** Another rule before. */
  readonly before?: string;
}

function filesOf(name: string, { when, then = two, app = '', before = '' }: AppFiles) {
  return {
    [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\n${app}client: { redirect_uris: [https://notes.test/cb] }\n`,
    [`policies/sign-on/${name}.yaml`]: `name: ${name}\n${rules(...(before ? [before] : []), `{ name: One, when: { ${when} }, ${then} }`, rest)}`,
  };
}

const groups = (...some: readonly string[]) => `groups: { any: [${some}] }`;

/** Searches the apps. */
async function searched(
  apps: Readonly<Record<string, AppFiles>>,
  more: Readonly<Record<string, string>> = {},
  from: 'nothing' | 'others' = 'nothing',
) {
  const ofApps = Object.entries(apps).map(([name, app]) => filesOf(name, app));
  const loaded = await load({ ...common, ...Object.assign({}, ...ofApps), ...more });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const analysed = await analysedApps(configuration);
  const additions = accountAdditions(analysed, configuration);
  const finder = lockOutFinder(additions, configuration);
  const known = knownOfApps(additions, configuration);
  // What is known from other apps has tests of its own.
  const search = (app: AnalysedApp) =>
    newcomerSearch(finder, from === 'others' ? known : knownOfApps(additions, configuration))(app);
  const names: string[] = [];
  const searches = searchAlike(analysed, additions.places, {
    search: (app) => {
      names.push(app.app.clientId);
      return search(app);
    },
    isLike: finder.isLike,
  });
  const found = searches.map((each) => ({ ...each, denied: each.denied.map(atOwnApp) }));
  const alone = (await analysedApps(configuration)).flatMap(search);
  return { found, alone, names, analysed };
}

/** All but the apps themselves, which hold the steps that are left. */
const shown = (found: readonly NewcomerSearch[]) =>
  found.map(({ denied, undecided }) => ({
    undecided,
    denied: denied.map(({ app, combination, ...others }) => ({
      ...others,
      clientId: app.app.clientId,
      rule: combination.app,
    })),
  }));

test('apps under policies that differ in their groups are searched once', async () => {
  const { found, alone, names, analysed } = await searched({
    a: { when: groups('red') },
    b: { when: groups('green', 'blue') },
    c: { when: groups('blue', 'red') },
    d: { when: groups('black', 'white') },
  });
  // The app of the valid configuration has a policy of its own.
  expect(names).toEqual(['a', 'b', 'notes']);
  expect(analysed.map(({ app }) => app.clientId)).toEqual(['a', 'b', 'c', 'd', 'notes']);
  expect(shown(found)).toEqual(shown(alone));
  const ofD = found.flatMap(({ denied }) => denied).filter(({ app }) => app.app.clientId === 'd');
  expect(ofD.some(({ lockOut }) => lockOut)).toBe(true);
  expect(ofD.every(({ app, combination }) => app === analysed[3] && app.combinations.includes(combination))).toBe(true);
  expect(ofD.every(({ facts }) => facts.request.clientId === 'd')).toBe(true);
  expect(ofD.flatMap(({ facts }) => facts.subject.groups)).toContain('black');
});

test('a group that another app named, and this one does not, is none of those that it names', async () => {
  const { found, names } = await searched(
    {
      a: { when: groups('x') },
      b: { when: 'groups: { none: [y] }' },
      c: { when: 'groups: { none: [x] }' },
    },
    {
      'policies/enrollment.yaml': rules('{ name: All, then: {} }'),
      'policies/account.yaml': rules(
        `{ name: Open, change: { add: all }, when: { groups: { any: [ok] }, network: { any: [office] } }, then: { allow: { factors: 1 } } }`,
        `{ name: New, change: { add: all }, when: { userType: { any: [temp] } }, ${two} }`,
        rest,
      ),
    },
    'others',
  );
  expect(names).not.toContain('c');
  const lockedOut = found.flatMap(({ denied }) => denied).filter(({ lockOut }) => lockOut);
  expect(new Set(lockedOut.map(({ app }) => app.app.clientId))).toEqual(new Set(['a', 'b', 'c']));
  for (const { app, combination, lockOut } of lockedOut)
    expect(lockOut && decideTogether(app.policies, combination, lockOut.facts)).toBe(true);
});

test('groups in other lists and in alternatives are renamed, too', async () => {
  const { found, alone, names } = await searched({
    a: { when: groups('x') },
    b: { when: 'groups: { all: [x, y], none: [z] }, any: [{ groups: { any: [x] } }, { userType: { any: [temp] } }]' },
    c: { when: 'groups: { all: [y, z], none: [x] }, any: [{ groups: { any: [y] } }, { userType: { any: [temp] } }]' },
    d: { when: 'groups: { all: [y, z], none: [x] }, any: [{ groups: { any: [z] } }, { userType: { any: [temp] } }]' },
  });
  expect(names).toEqual(['a', 'b', 'd', 'notes']);
  expect(shown(found)).toEqual(shown(alone));
});

test.each([
  ['about users', "user.id == 'nobody'"],
  ['that conditions could ask', "'staff' in user.groups"],
])('policies with an expression %s that differ in their groups are searched once', async (_, expression) => {
  const of = (group: string) => ({
    when: `${groups(group)}, any: [{ userType: { any: [temp] } }, { expression: "${expression}" }]`,
  });
  const { found, alone, names, analysed } = await searched({ a: of('red'), b: of('blue'), c: of('new') });
  expect(names).toEqual(['a', 'c', 'notes']);
  expect(shown(found)).toEqual(shown(alone));
  const ofB = found.flatMap(({ denied }) => denied).filter(({ app }) => app.app.clientId === 'b');
  expect(ofB.some(({ lockOut }) => lockOut)).toBe(true);
  expect(ofB.every(({ app, combination }) => app === analysed[1] && app.combinations.includes(combination))).toBe(true);
  expect(ofB.flatMap(({ facts }) => facts.subject.groups)).toContain('blue');
});

describe('apps are searched each on its own', () => {
  const apart: Readonly<Record<string, AppFiles>> = {
    'which name a group that other policies name': { when: groups('new') },
    'which name a group of the rules that ask how the user signed in': { when: groups('staff') },
    'whose rules ask for something else': { when: groups('red'), then: 'then: { allow: { factors: 1 } }' },
    'whose rules have other conditions': { when: `${groups('red')}, network: { any: [office] }` },
    'which have more rules': { when: groups('red'), before: `{ name: Zero, when: { ${groups('green')} }, ${two} }` },
    'which ask for a minimum': { when: groups('red'), app: 'minimumAcr: "urn:okta:loa:2fa:any"\n' },
    'of third parties': { when: groups('red'), app: 'firstParty: false\n' },
    'whose rules have an expression': {
      when: `${groups('red')}, expression: "user.groups.exists(g, g == 'red')"`,
    },
  };

  test.each(Object.entries(apart))('%s', async (_, other) => {
    const { found, alone, names } = await searched({ a: { when: groups('red') }, b: { when: groups('blue') }, other });
    expect(names).toEqual(['a', 'notes', 'other']);
    expect(shown(found)).toEqual(shown(alone));
  });

  test('which name a group that a sign-on policy names where users may add something', async () => {
    const account = {
      'policies/account.yaml': rules(
        `{ name: There, change: { add: all }, when: { apps: { none: [place] } }, then: deny }`,
        rest,
      ),
      'policies/enrollment.yaml': rules('{ name: All, then: {} }'),
    };
    const { found, alone, names } = await searched(
      {
        a: { when: groups('blue') },
        b: { when: groups('red') },
        c: { when: groups('green') },
        place: { when: groups('red'), then: 'then: deny' },
      },
      account,
    );
    expect(names).toEqual(['a', 'b', 'notes', 'place']);
    expect(shown(found)).toEqual(shown(alone));
    const allLockedOut = found.flatMap(({ denied }) => denied).filter(({ lockOut }) => lockOut?.isForAll);
    expect([...new Set(allLockedOut.map(({ app }) => app.app.clientId))]).toEqual(['b']);
  });

  test('which a rule names', async () => {
    const when = `${groups('red')}, apps: { none: [other] }`;
    const { found, alone, names } = await searched({ a: { when }, b: { when }, other: { when } });
    expect(names).toEqual(['a', 'notes', 'other']);
    expect(shown(found)).toEqual(shown(alone));
  });

  const asking = (expression: string, group: string) => ({ when: `${groups(group)}, expression: "${expression}"` });

  test.each([
    ['reads the groups', 'size(user.groups) > 1'],
    ['names one of the groups', "'red' in user.groups"],
    ['compares something with a text that is one of the groups', "user.id == 'red'"],
  ])('whose rules have an expression that %s', async (_, expression) => {
    const apps = { a: { when: groups('x') }, b: asking(expression, 'red'), c: asking(expression, 'blue') };
    const { found, alone, names } = await searched(apps);
    expect(names).toEqual(['a', 'b', 'c', 'notes']);
    expect(shown(found)).toEqual(shown(alone));
  });

  test('of whose users an expression says what depends on the app', async () => {
    const of = (group: string) => ({ when: `${groups(group)}, expression: "user.userType == request.clientId"` });
    const { found, alone, names } = await searched({ a: of('red'), b: of('blue') });
    expect(names).toEqual(['a', 'b', 'notes']);
    expect(shown(found)).toEqual(shown(alone));
    const typesAtB = found.flatMap(({ denied }) => denied).filter(({ app }) => app.app.clientId === 'b');
    expect(typesAtB.flatMap(({ facts }) => facts.subject.userType ?? [])).toContain('b');
  });

  test('which an expression about the app tells apart', async () => {
    const expression = "request.clientId.startsWith('b')";
    const { found, alone, names } = await searched({
      a1: asking(expression, 'red'),
      a2: asking(expression, 'blue'),
      b: asking(expression, 'green'),
    });
    expect(names).toEqual(['a1', 'b', 'notes']);
    expect(shown(found)).toEqual(shown(alone));
  });
});
