/** Demands for characteristics that no enabled authenticator can have are found when the configuration is checked. */
import { expect, test } from '@jest/globals';
import { findingLines, load } from './configuration-dir.ts';

const signOn = 'policies/sign-on/notes.yaml';
const withKeys = (more: string) => `brand: { name: Test }\nauthenticators: { webauthn: { enabled: true${more} } }\n`;
const metadata = ', metadata: /etc/stepgate/metadata.json';

const rule = (allow: string) => `name: notes\nrules:\n  - name: All\n    then: { allow: ${allow} }\n`;
const at = `${signOn}:4:20 rules[0].then.allow`;
const hint = '; `webauthn` can only do so with other settings (hardware is proved by `metadata`)';
const lets = (what: string, more = '') =>
  `${at} lets no user in: no authenticator that it takes and that is enabled shows ${what}${more}`;

test.each<[string, string, string, readonly string[]]>([
  ['hardware without metadata', '', '{ possession: { hardwareProtected: true } }', [lets('hardwareProtected', hint)]],
  ['hardware with metadata', metadata, '{ possession: { hardwareProtected: true } }', []],
  [
    'hardware in each step of a chain',
    '',
    '{ chains: [[{ authenticators: [webauthn], hardwareProtected: true }]] }',
    [lets('hardwareProtected', hint)],
  ],
  [
    'hardware in one of two ways',
    '',
    '{ anyOf: [{ possession: { hardwareProtected: true } }, { possession: { deviceBound: true } }] }',
    [],
  ],
  [
    'what another one shows',
    '',
    '{ possession: { authenticators: [totp], phishingResistant: true } }',
    [lets('phishingResistant')],
  ],
  ['what is shown', '', '{ possession: { phishingResistant: true, userVerification: true } }', []],
])('a rule: %s', async (_, more, allow, expected) => {
  expect(await findingLines({ 'stepgate.yaml': withKeys(more), [signOn]: rule(allow) })).toEqual(expected);
});

test('a minimum acr is checked like a rule', async () => {
  const app = (acr: string) =>
    `clientId: notes\nname: Notes\nsignOnPolicy: notes\nminimumAcr: ${acr}\nclient: { redirect_uris: [https://notes.test/cb] }\n`;
  const lines = (acr: string, more: string) =>
    findingLines({ 'stepgate.yaml': withKeys(more), 'apps/notes.yaml': app(acr) });
  expect(await lines('phrh', '')).toEqual([
    `apps/notes.yaml:4:13 minimumAcr no user can reach it: no authenticator that it takes and that is enabled shows hardwareProtected${hint}`,
  ]);
  expect(await lines('phrh', metadata)).toEqual([]);
  expect(await lines('phr', '')).toEqual([]);
});

test('an acr value that no user can reach is a warning, as it locks no user out', async () => {
  const values = 'acrValues:\n  - { value: hard, requirement: { possession: { hardwareProtected: true } } }\n';
  const warned = async (more: string, written = values) => {
    const loaded = await load({ 'stepgate.yaml': `${withKeys(more)}${written}` });
    return loaded.ok && loaded.warnings.map(({ path, message }) => `${path} ${message}`);
  };
  expect(await warned('')).toEqual([
    `acrValues[0].requirement no user can reach it: no authenticator that it takes and that is enabled shows hardwareProtected${hint}`,
  ]);
  expect(await warned(metadata)).toEqual([]);
  expect(await warned('', '')).toEqual([]);
});
