/** Apps that only opaque parts of expressions tell apart are read once, and searched once if these say the same. */
import { describe, expect, test } from '@jest/globals';
import { type AnalysedApp, analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import {
  type AnalysedConfiguration,
  analysedConfiguration,
} from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { atOwnApp, searchAlike } from '../../../../../src/policy/analysis/lock-outs/alike-apps.ts';
import { accountAdditions } from '../../../../../src/policy/analysis/lock-outs/denials/account-additions.ts';
import { newcomerSearch } from '../../../../../src/policy/analysis/lock-outs/denials/denied-newcomers.ts';
import type { NewcomerSearch } from '../../../../../src/policy/analysis/lock-outs/denials/denied-users.ts';
import { knownOfApps } from '../../../../../src/policy/analysis/lock-outs/denials/known-of-apps.ts';
import { lockOutFinder } from '../../../../../src/policy/analysis/lock-outs/denials/lock-out-finder.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { rules } from '../../support/lock-out-files.ts';

const app = (name: string, more = '') => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: shared\n${more}client: { redirect_uris: [https://notes.test/cb] }\n`,
});

const one = 'then: { allow: { factors: 1 } }';

function filesWith(expression: string, last: string, apps: readonly string[]) {
  return {
    'stepgate.yaml':
      'brand: { name: Test }\nauthenticators: { totp: { enabled: true } }\nattributes:\n  site: { label: Site }\n',
    'policies/sign-on/shared.yaml': `name: shared\n${rules(`{ name: E, when: { expression: '${expression}' }, ${one} }`, last)}`,
    ...Object.assign({}, ...apps.map((name) => app(name))),
  };
}

/** As it was before anything was shared: each app alone, with a search of its own that takes its id for no constant. */
async function alone(configuration: AnalysedConfiguration, clientId: string): Promise<AnalysedApp | undefined> {
  const apps = configuration.apps.filter(({ app: { clientId: own } }) => own === clientId);
  const universe = (clientIds: readonly string[]) => {
    const { isOneApp: _, ...others } = configuration.universe(clientIds);
    return others;
  };
  return (await analysedApps({ ...configuration, apps, universe }, undefined, 0))[0];
}

/** The apps of the shared policy, none of them with its id as a constant, and those that are searched. */
async function searched(files: Readonly<Record<string, string>>) {
  const loaded = await load(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const all = await analysedApps(configuration, undefined, 0);
  const analysed = all.filter(({ app: { clientId } }) => clientId !== 'notes');
  const additions = accountAdditions(analysed, configuration);
  const finder = lockOutFinder(additions, configuration);
  const names = new Set<string>();
  const search = (each: AnalysedApp) => newcomerSearch(finder, knownOfApps(additions, configuration))(each);
  const searches = searchAlike(analysed, additions.places, {
    search: (each) => {
      names.add(each.app.clientId);
      return search(each);
    },
    isLike: finder.isLike,
  });
  const found = searches.map((each) => ({ ...each, denied: each.denied.map(atOwnApp) }));
  return { configuration, analysed, names: [...names], found, foundAlone: analysed.flatMap(search) };
}

const shown = ({ combinations, unshown, open, isPartial }: AnalysedApp) => ({
  combinations: combinations.map(({ session, app: signOn, facts }) => [session.name, signOn.name, facts]),
  unshown: unshown.map(({ session, app: signOn }) => [session.name, signOn.name]),
  open,
  isPartial,
});

test.each([
  ['which no made-up user meets', 'request.clientId == user.profile.site', ['a1', 'a2', 'a3'], ['a1']],
  [
    'which made-up users meet at one of the apps',
    'request.clientId == user.profile.site',
    ['a1', 'a3', 'example'],
    ['a1', 'example'],
  ],
  ['which some names meet', 'user.profile.site.startsWith(request.clientId)', ['a1', 'a3', 'ex'], ['a1', 'ex']],
])('an expression %s', async (_, expression, apps, names) => {
  const found = await searched(filesWith(expression, `{ name: Rest, ${one} }`, apps));
  expect(found.names).toEqual(names);
  expect(found.analysed.map(({ app: { clientId } }) => clientId)).toEqual(apps);
  expect(found.found).toEqual(found.foundAlone);
  for (const each of found.analysed) {
    const itself = await alone(found.configuration, each.app.clientId);
    expect(shown(each)).toEqual(itself && shown(itself));
  }
});

test('apps that ask for something by themselves are searched each on its own', async () => {
  const files = {
    ...filesWith('request.clientId == user.profile.site', `{ name: Rest, ${one} }`, ['a1', 'a2']),
    ...app('a3', 'firstParty: false\n'),
  };
  expect((await searched(files)).names).toEqual(['a1', 'a3']);
});

/** No user can add what is asked for. */
const denied = {
  'policies/account.yaml': rules('{ name: No, change: { add: all }, then: deny }', `{ name: Rest, ${one} }`),
};
const two = '{ name: Rest, then: { allow: { factors: 2 } } }';

test.each([
  ['which no made-up user meets', 'request.clientId == user.profile.site', ['a1', 'a2'], ['a1']],
  [
    'which made-up users meet at one of the apps',
    'request.clientId == user.profile.site',
    ['a1', 'a3', 'example'],
    ['a1', 'example'],
  ],
  ['which some names meet', 'user.profile.site.startsWith(request.clientId)', ['a1', 'a3', 'ex'], ['a1', 'ex']],
])('where users are denied, an expression %s', async (_, expression, apps, names) => {
  const found = await searched({ ...filesWith(expression, two, apps), ...denied });
  expect(found.names).toEqual(names);
  expect(found.found.flatMap((each) => each.denied).some(({ lockOut }) => lockOut)).toBe(true);
  expect(found.found.map(shownDenied)).toEqual(found.foundAlone.map(shownDenied));
});

/** All but the apps themselves, which hold the steps that are left. */
function shownDenied({ denied: all, undecided }: NewcomerSearch) {
  return {
    undecided,
    denied: all.map(({ app: at, combination, ...others }) => ({
      ...others,
      clientId: at.app.clientId,
      rule: combination.app,
    })),
  };
}

test('an app where users add something is searched on its own', async () => {
  const place = {
    ...filesWith('request.clientId == user.profile.site', two, ['a1', 'a2', 'a3']),
    'policies/account.yaml': rules(
      '{ name: No, change: { add: all }, when: { apps: { none: [a2] } }, then: deny }',
      `{ name: Rest, ${one} }`,
    ),
  };
  const found = await searched(place);
  expect(found.names).toEqual(['a1', 'a2']);
  expect(found.found.map(shownDenied)).toEqual(found.foundAlone.map(shownDenied));
});

describe('where the id of an app is among the groups, one app of several is enough', () => {
  const found = async (apps: readonly string[], first: string, more: Readonly<Record<string, string>> = {}) => {
    const ruleOf = (then: string) => `{ name: E, when: { expression: 'request.clientId in user.groups'${then} }`;
    const loaded = await load({
      'stepgate.yaml': `brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
groups: { a1: { description: A }, a2: { description: B } }
zones: { office: { cidrs: [192.0.2.0/24] } }
`,
      'policies/sign-on/shared.yaml': `name: shared\n${rules(ruleOf(first), `{ name: Rest, ${one} }`)}`,
      ...Object.assign({}, ...apps.map((name) => app(name))),
      ...more,
    });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const all = await analyse(loaded, { authenticators, now: 1_800_000_000 });
    return all
      .filter(({ code }) => code !== 'unused')
      .map((each) => `${each.severity} ${each.code} ${each.file}:${each.line}`);
  };
  const strict = ', network: { any: [office] } }, then: { allow: { possession: { phishingResistant: true } } }';
  const byApp = ' }, then: { allow: { possession: { authenticators: [totp] } } }';
  const account = {
    'policies/account.yaml': rules(
      '{ name: No, when: { groups: { any: [a2] } }, change: { add: [totp] }, then: deny }',
      `{ name: Rest, ${one} }`,
    ),
  };

  test.each([[['a1']], [['a1', 'a2']], [['a1', 'a2', 'a3']]])('for a weaker rule below: %j', async (apps) => {
    expect(await found(apps, strict)).toEqual(['warning weaker-below policies/sign-on/shared.yaml:3']);
  });

  test.each([[['a2']], [['a1', 'a2']], [['a2', 'a3']]])('for users who are locked out: %j', async (apps) => {
    expect(await found(apps, byApp, account)).toEqual(['error lock-out policies/account.yaml:2']);
  });

  test('of many apps, the first are looked at', async () => {
    const apps = Array.from({ length: 30 }, (_, at) => `a${at + 1}`);
    expect(await found(apps, strict)).toEqual(['warning weaker-below policies/sign-on/shared.yaml:3']);
    const late = ['b', ...Array.from({ length: 12 }, (_, at) => `b${at}`), 'z2'];
    const moved = { 'policies/account.yaml': account['policies/account.yaml'].replace('[a2]', '[z2]') };
    expect(await found(late, byApp, moved)).toContain('warning undecided policies/account.yaml:2');
  });
});
