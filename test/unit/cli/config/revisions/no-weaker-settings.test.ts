/** `config apply --no-weaker` and the settings: what is switched on again, and where that which differs is written. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mmdb } from '../../../../support/values/mmdb-writer.ts';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import { replayedChange } from '../support/replayed-change.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.store.close());

type Files = Readonly<Record<string, string>>;

const settingsOf = (authenticators: string, more = ''): Files => ({
  'stepgate.yaml': `${validFiles['stepgate.yaml']}${more}authenticators:\n  totp: { enabled: true }\n  webauthn: { enabled: true }\n${authenticators}`,
});
const phone = (isOn: boolean, methods = 'sms', countries = 'DE'): Files =>
  settingsOf(`  phone: { enabled: ${isOn}, methods: [${methods}], countries: [${countries}] }\n`);
const replayed = (revisions: readonly Files[], next: Files) =>
  replayedChange(
    terminal,
    revisions.map((files) => ({ ...validFiles, ...files })),
    { ...validFiles, ...next },
  );
const quiet = { claims: [], undecided: [] };
const json = (file: string, content: object): Files => ({ [file]: JSON.stringify(content) });

describe('an authenticator that is switched on', () => {
  const all = ['password', 'totp', 'webauthn', 'phone', 'email'];
  // No rule about sign-ins takes it.
  const byPassword = {
    ...json('policies/sign-on/notes.yaml', {
      name: 'notes',
      rules: [{ name: 'R', then: { allow: { knowledge: { authenticators: ['password'] } } } }],
    }),
    'policies/session.yaml': (validFiles['policies/session.yaml'] ?? '').replace('primary: any', 'primary: password'),
  };
  const [on, off] = [
    { ...byPassword, ...phone(true) },
    { ...byPassword, ...phone(false) },
  ];

  test('again lets accounts that have it set up something', async () => {
    const { claims, undecided } = await replayed([on, off], on);
    expect(undecided).toEqual([]);
    const words = 'phone.sms is enough to set up password, and was not';
    const [before, after] = [{ outcome: 'challenge' }, { outcome: 'enroll', end: 'complete' }];
    expect(claims).toMatchObject([
      { words, example: expect.stringMatching(/^--app notes /), before, after },
      { words, example: expect.stringMatching(/^--app stepgate-account /), before, after },
    ]);
  });

  test.each<[string, readonly Files[], Files]>([
    ['for the first time: no account has it', [off], on],
    ['for the first time, after other changes of the settings', [{ ...off, ...settingsOf('') }, off], on],
    [
      'again, where nothing may be set up',
      [on, off].map((files) => ({ ...files, ...terms({ useOnly: all }) })),
      { ...on, ...terms({ useOnly: all }) },
    ],
    ['and is no longer', [on], { ...on, 'apps/notes.yaml': `labels: [a]\n${validFiles['apps/notes.yaml']}` }],
  ])('%s: that passes', async (_, revisions, next) => {
    expect(await replayed(revisions, next)).toEqual(quiet);
  });

  function terms(then: object): Files {
    return json('policies/enrollment.yaml', { rules: [{ name: 'E', then }] });
  }
});

describe('an example is at no place that the MaxMind DB files rule out', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepgate-places-'));
    const country = mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } });
    await writeFile(join(folder, 'country.mmdb'), country);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const two = { name: 'All', then: { allow: { factors: 2 } } };
  const placed = (office: string, when?: object): Files => ({
    ...json('stepgate.yaml', {
      brand: { name: 'Test' },
      authenticators: { totp: { enabled: true } },
      zones: { office: { cidrs: [office] }, dach: { countries: ['AT'] }, abroad: { countries: ['US'] } },
      networkData: { country: join(folder, 'country.mmdb') },
    }),
    ...json('policies/sign-on/notes.yaml', {
      name: 'notes',
      rules: [...(when ? [{ name: 'Placed', when: { network: when }, then: { allow: { factors: 1 } } }] : []), two],
    }),
  });
  const near = '192.0.2.0/24';

  test.each<[string, string, string, object, readonly string[]]>([
    ['in the office and at home', near, near, { any: ['dach', 'abroad'], all: ['office'] }, ['dach,office']],
    ['abroad', near, near, { all: ['abroad'] }, ['abroad']],
    ['in an office that moved, and at home', '198.51.100.0/24', near, { all: ['office', 'dach'] }, ['dach,office']],
  ])('%s', async (_, before, now, when, expected) => {
    const { claims, undecided } = await replayed([placed(before)], placed(now, when));
    const zones = claims.map(({ example }) => /--zone (\S+)/.exec(example)?.[1]);
    expect([zones, undecided]).toEqual([expected, []]);
  });

  test.each<[string, string, string, object]>([
    ['in the office and abroad', near, near, { all: ['office', 'abroad'] }],
    ['in the office, and not at home', near, near, { all: ['office'], none: ['dach'] }],
    ['in an office that moved, and abroad', '198.51.100.0/24', near, { all: ['office', 'abroad'] }],
  ])('so that it is undecided what holds %s', async (_, before, now, when) => {
    const { claims, undecided } = await replayed([placed(before)], placed(now, when));
    expect(claims).toEqual([]);
    expect(undecided).toEqual([expect.stringContaining('"Placed"')]);
  });
});

describe('what differs is printed as it is written, with its place', () => {
  const app = (more: string): Files => ({ 'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${more}` });
  const password = (minLength: number): Files => ({
    'policies/password.yaml': `rules:\n  - name: P\n    then: { minLength: ${minLength} }\n`,
  });

  test.each<[string, Files, Files, string]>([
    [
      'countries of an authenticator',
      phone(true),
      phone(true, 'sms', 'DE, AT'),
      '`authenticators.phone` of stepgate.yaml differs: `authenticators.phone.countries` [DE] -> [DE, AT] (stepgate.yaml:9:54)',
    ],
    [
      'proxies',
      settingsOf('', 'trustedProxies: 1\n'),
      settingsOf('', 'trustedProxies: 2\n'),
      '`trustedProxies` of stepgate.yaml differs: `trustedProxies` 1 -> 2 (stepgate.yaml:6:17)',
    ],
    [
      'a rule of another policy',
      password(12),
      password(20),
      'policies/password.yaml differs: rule "P" `then.minLength` 12 -> 20 (policies/password.yaml:2:5)',
    ],
    [
      'what the requests of an app ask for',
      app('  default_max_age: 60\n'),
      app('  default_max_age: 90\n'),
      'apps/notes.yaml differs in what its requests ask for, or what users are asked: `client.default_max_age` 60 -> 90 (apps/notes.yaml:6:20)',
    ],
    ['a file that is new', {}, password(20), 'policies/password.yaml differs'],
  ])('%s', async (_, active, next, sentence) => {
    expect(await replayed([active], next)).toEqual({ claims: [], undecided: [sentence] });
  });
});

test('rules that name more than eight proofs are undecided, and it says that this is why', async () => {
  const many = settingsOf(
    '  phone: { enabled: true, methods: [sms, voice], countries: [DE] }\n  email: { enabled: true }\n  recovery_code: { enabled: true }\n  security_question: { enabled: true }\n',
  );
  const proofs = ['password', 'totp', 'webauthn', 'phone.sms', 'phone.voice', 'email', 'recovery_code'];
  const names = [...proofs, 'security_question', 'email.code', 'email.link'];
  const last = { name: 'Any', when: { authenticated: { any: names } }, then: {} };
  const all = {
    name: 'All',
    when: { authenticated: { all: ['password', 'totp', 'webauthn'] } },
    then: { required: ['phone'] },
  };
  const rest = { name: 'Rest', then: {} };
  const enrollment = (...rules: readonly object[]) => ({ ...many, ...json('policies/enrollment.yaml', { rules }) });
  const { claims, undecided } = await replayed([enrollment(all, last, rest)], enrollment(last, rest));
  expect(claims).toEqual([]);
  expect(undecided).toEqual([
    expect.stringMatching(
      /^"Any" \(policies\/enrollment.yaml:1:\d+\), where "All" \(.*\) decided what is set up; rules name more than 8 proofs in `authenticated`, too many to compare all sets of them$/,
    ),
  ]);
  expect(await replayed([], enrollment(all, last, rest))).toEqual(quiet);
});
