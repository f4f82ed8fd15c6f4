/** Rules that ask how old a proof is, beside rules that do not: weaker only where some proof gets that old. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { replayed } from '../../support/replayed-example.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings =
  'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { webauthn: { enabled: true } }\n';
const app = 'clientId: crm\nname: CRM\nsignOnPolicy: standard\nclient: { redirect_uris: [https://crm.test/cb] }\n';
const session = (limits: string, when = '') =>
  `  - { name: Rest, ${when}then: { allow: { primary: any, secondFactor: never, ${limits} } } }\n`;
const adminsInOffice = 'groups: { any: [admins] }, network: { any: [office] }';
const onWindows = 'device: { os: [windows] }';

async function findings(when: string, demand: string, sessions = session('idle: PT1H, absolute: PT4H')) {
  const loaded = await load({
    'stepgate.yaml': settings,
    'apps/crm.yaml': app,
    'policies/session.yaml': `rules:\n${sessions}`,
    'policies/sign-on/standard.yaml':
      `name: standard\nrules:\n  - { name: Strict, when: { ${when} }, then: { allow: { ${demand} } } }\n` +
      '  - { name: Everybody, then: { allow: { any: { phishingResistant: true } } } }\n',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  return {
    documents: loaded.documents,
    found: found.filter(({ code }) => ['weaker-below', 'spoofable', 'undecided'].includes(code)),
  };
}

test.each([
  'any: { phishingResistant: true, maxAge: P3D }',
  'any: { phishingResistant: true, maxAge: PT4H }',
  'any: { phishingResistant: true, maxIdle: PT2H }',
  'any: { phishingResistant: true }, reauthenticate: PT4H',
  'possession: { phishingResistant: true, maxAge: PT4H }',
])('no proof is older than the session, so a rule with %s is no stricter', async (demand) => {
  for (const when of [adminsInOffice, onWindows]) expect((await findings(when, demand)).found).toEqual([]);
});

test.each([
  ['any: { phishingResistant: true, maxAge: PT3H }', 'webauthn (proved 4 h ago) is enough'],
  [
    'any: { phishingResistant: true, maxIdle: PT30M }',
    'webauthn (proved 1 h ago, with a pause of 1 h since) is enough',
  ],
  ['any: { phishingResistant: true }, reauthenticate: PT3H', 'webauthn (proved 4 h ago) is enough'],
])('a rule with %s is stricter than one without: %s', async (demand, enough) => {
  const below = await findings(adminsInOffice, demand);
  expect(below.found.map(({ message }) => message)).toEqual([
    `where \`network.any\` misses, the rule "Everybody" asks the same users for less: ${enough}`,
  ]);
  const chosen = await findings(onWindows, demand);
  expect(chosen.found.map(({ code }) => code)).toEqual(['spoofable']);
  for (const { documents, found } of [below, chosen]) {
    const { example = [] } = found[0] ?? {};
    expect(example).toContain('--evidence');
    expect(await replayed(example, { documents, authenticators, now })).toMatchObject({
      rules: expect.arrayContaining(['Everybody']),
      ending: 'complete',
    });
  }
});

test('where users of one session rule are longer signed in, the age counts', async () => {
  const sessions =
    session('idle: PT1H, absolute: PT4H', 'when: { groups: { any: [admins] } }, ').replace('Rest', 'Admins') +
    session('idle: PT1H, absolute: P1D');
  const demand = 'any: { phishingResistant: true, maxAge: PT4H }';
  expect((await findings(adminsInOffice, demand, sessions)).found).toEqual([]);
  const { found } = await findings('groups: { any: [oncall] }, network: { any: [office] }', demand, sessions);
  expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('webauthn (proved 1 d ago) is enough')]);
});
