/** Rich policies as administrators mean them: the analysis is quiet about each. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { withConfiguration } from '../support/configuration-dir.ts';
import { exampleFiles } from '../support/example-files.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;

const settings = `
attributes:
  department: { type: text, label: { en: Department }, options: [{ value: sales }, { value: engineering }, { value: finance }] }
  level: { type: number, label: { en: Level }, min: 1, max: 9 }
  contractEnd: { type: date, label: { en: End of contract } }
  nick: { type: text, label: { en: Nick }, write: user }
networkData: { country: /nowhere/city.mmdb, anonymiser: /nowhere/anonymous.mmdb }
deviceSignals: { proxy: { header: X-Device-Signals, proxies: [10.0.0.0/24] } }
`;
const zones = `
  home: { countries: [AT, DE] }
  hidden: { anonymisers: true }
  lab: { cidrs: [192.0.2.128/25] }
`;

const two = '{ allow: { factors: 2 } }';
const one = '{ allow: { factors: 1 } }';
const passkey = '{ allow: { possession: { phishingResistant: true } } }';
const staff = 'groups: { any: [staff] }';

/** Rules of a sign-on policy. */
const clean: readonly (readonly [string, readonly string[]])[] = [
  [
    'stricter by group',
    [
      `{ name: Payroll, when: { groups: { any: [payroll-admins] } }, then: ${passkey} }`,
      `{ name: Staff, when: { ${staff} }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'the office first',
    [
      `{ name: Lab, when: { network: { any: [lab] } }, then: ${passkey} }`,
      `{ name: Office, when: { network: { any: [office] } }, then: ${one} }`,
      `{ name: Rest, then: ${two} }`,
    ],
  ],
  [
    'less where it is meant',
    [
      `{ name: Staff away, when: { ${staff}, network: { none: [office] } }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'limits of age that each count',
    [
      `{ name: Aged, when: { ${staff} }, then: { allow: { factors: 2, reauthenticate: PT8H, knowledge: { maxAge: PT4H, maxIdle: PT1H }, possession: { maxAge: PT1H } } } }`,
      `{ name: Refreshed, then: { allow: { factors: 1, reauthenticate: PT1H }, session: { absolute: PT8H } } }`,
    ],
  ],
  [
    'three levels of risk',
    [
      `{ name: Travel, when: { risk: { any: [impossibleTravel] } }, then: deny }`,
      `{ name: High, when: { risk: { atLeast: high } }, then: ${passkey} }`,
      `{ name: Medium, when: { risk: { atLeast: medium } }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'risk from below',
    [
      `{ name: Usual, when: { risk: { below: medium } }, then: ${one} }`,
      `{ name: Unusual, when: { risk: { below: high } }, then: ${two} }`,
      `{ name: Rest, then: deny }`,
    ],
  ],
  [
    'far away',
    [
      `{ name: Farther, when: { distance: { notWithin: 5000 km } }, then: ${passkey} }`,
      `{ name: Far, when: { distance: { notWithin: 500 km } }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'countries and anonymisers',
    [
      `{ name: Hidden, when: { network: { any: [hidden] } }, then: deny }`,
      `{ name: Home, when: { network: { any: [home] } }, then: ${one} }`,
      `{ name: Abroad, then: ${two} }`,
    ],
  ],
  [
    'managed devices',
    [
      `{ name: Managed, when: { device: { managed: true } }, then: ${one} }`,
      `{ name: New, when: { device: { known: false } }, then: ${passkey} }`,
      `{ name: Rest, then: ${two} }`,
    ],
  ],
  [
    'nights and weekends',
    [
      `{ name: Weekend, when: { time: { days: [sat, sun], zone: Europe/Vienna } }, then: deny }`,
      `{ name: Night, when: { time: { from: "20:00", to: "06:00", zone: Europe/Vienna } }, then: ${two} }`,
      `{ name: Day, then: ${one} }`,
    ],
  ],
  [
    'departments, and those who have none',
    [
      `{ name: Nowhere, when: { attributes: { department: { present: false } } }, then: deny }`,
      `{ name: Sales, when: { attributes: { department: { equals: sales } } }, then: deny }`,
      `{ name: Finance, when: { attributes: { department: { equals: finance }, level: { atLeast: 5 } } }, then: ${passkey} }`,
      `{ name: Rest, then: ${two} }`,
    ],
  ],
  [
    'all departments but one',
    [
      `{ name: Others, when: { attributes: { department: { not: { in: [engineering, finance] } } } }, then: deny }`,
      `{ name: Rest, then: ${two} }`,
    ],
  ],
  [
    'user types',
    [
      `{ name: Not employed, when: { userType: { none: [employee, partner] } }, then: deny }`,
      `{ name: Partners, when: { userType: { any: [partner] } }, then: ${passkey} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'one of two conditions',
    [
      `{ name: Sensitive, when: { any: [{ groups: { any: [payroll-admins] } }, { scopes: { any: [address] } }] }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'young and returning accounts',
    [
      `{ name: Recovered, when: { recovered: { within: P1D } }, then: ${passkey} }`,
      `{ name: Young, when: { accountAge: { below: P7D } }, then: ${two} }`,
      `{ name: Long away, when: { lastSignIn: { notWithin: P90D } }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'ages within a session',
    [
      `{ name: Often, when: { ${staff} }, then: { allow: { factors: 2, reauthenticate: PT8H, possession: { exclude: [email, phone], maxAge: PT1H, maxIdle: PT15M } } } }`,
      `{ name: Rest, then: { allow: { factors: 1 }, session: { absolute: P7D } } }`,
    ],
  ],
  [
    'alternatives of equal strength',
    [
      `{ name: All, then: { allow: { anyOf: [{ factors: 2, knowledge: {}, possession: { authenticators: [totp] } }, { possession: { authenticators: [webauthn], userVerification: true } }] } } }`,
    ],
  ],
  [
    'chains',
    [
      `{ name: All, then: { allow: { chains: [[{ authenticators: [password] }, { authenticators: [totp, webauthn] }], [{ authenticators: [webauthn], userVerification: true }, { authenticators: [totp] }]] } } }`,
    ],
  ],
  [
    'a session length for refresh tokens',
    ['{ name: All, then: { allow: { factors: 1 }, session: { absolute: P31D } } }'],
  ],
  [
    'a memory of browsers',
    [
      `{ name: All, then: { allow: { factors: 2, knowledge: {}, possession: { exclude: [email, phone] } }, remember: { device: P30D } } }`,
    ],
  ],
  [
    'scopes and exceptions',
    [
      `{ name: Contractors, when: { groups: { any: [contractors], none: [staff] } }, then: deny }`,
      `{ name: Payments, when: { scopes: { any: [address] } }, then: { allow: { possession: { phishingResistant: true }, reauthenticate: always } } }`,
      `{ name: Rest, then: { allow: { factors: 1 }, grant: { scopes: [profile, email, address] } } }`,
    ],
  ],
  [
    'a formula that asks first',
    [
      `{ name: Unlimited, when: { attributes: { contractEnd: { present: false } } }, then: ${one} }`,
      `{ name: Ended, when: { expression: 'has(user.profile.contractEnd) && date(user.profile.contractEnd) < now' }, then: deny }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
  [
    'a trial of a stricter rule',
    [
      `{ name: Strict for staff, reportOnly: true, when: { ${staff} }, then: ${passkey} }`,
      `{ name: Staff, when: { ${staff} }, then: ${two} }`,
      `{ name: Rest, then: ${one} }`,
    ],
  ],
];

async function found(rules: readonly string[]): Promise<readonly string[]> {
  const example = exampleFiles();
  const stepgate = (example['stepgate.yaml'] ?? '').replace('\nzones:\n', () => `${settings}\nzones:${zones}`);
  const { 'invariants.yaml': _, ...others } = example;
  const files = {
    ...others,
    'stepgate.yaml': stepgate,
    'policies/sign-on/notes.yaml': `name: notes\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
  };
  return withConfiguration(files, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {}, inbox: true });
    if (!loaded.ok) return loaded.findings.map(({ file, line, message }) => `${file}:${line} ${message}`);
    const findings = await analyse(loaded, { authenticators: authenticatorKinds, now });
    return findings
      .filter(({ severity, path }) => severity !== 'note' && !path.startsWith('networkData'))
      .map(({ file, line, message, code }) => `${file}:${line} ${code} ${message}`);
  });
}

describe('the analysis is quiet about', () => {
  test.each(clean)('%s', async (_, rules) => {
    expect(await found(rules)).toEqual([]);
  });
});
