import { cpSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { checkChallengeService } from '../../../../src/cli/doctor/challenge-service.ts';
import { checkDelivery } from '../../../../src/cli/doctor/delivery.ts';
import { type DoctorContext, doctorCommand } from '../../../../src/cli/doctor/doctor.ts';
import type { CheckResult } from '../../../../src/cli/doctor/finding.ts';
import { checkUsers } from '../../../../src/cli/doctor/users.ts';
import { StoreUnavailable } from '../../../../src/errors.ts';
import { createKeyring, parseKeyring, rotateKeys } from '../../../../src/oidc/keys/keyring.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import type { Document } from '../../../../src/policy/model/documents.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { Revisions } from '../../../../src/policy/revision/revisions.ts';
import { settingsSchemaFor } from '../../../../src/policy/schema/schemas.ts';
import { credentialsKey, keyringKey, revisionPointerKey, userKey } from '../../../../src/stores/keys.ts';
import { applyDemo, fixedNow, openTerminal, run, type Terminal } from '../support/harness.ts';

/** Made once: an RSA key takes a tenth of a second. */
const keyring = newKeyring();

async function newKeyring(): Promise<string> {
  const { store } = openTerminal();
  await createKeyring(store, fixedNow);
  const { entries } = await store.load([keyringKey]);
  await store.close();
  return entries.get(keyringKey)?.value ?? '';
}

let terminal: Terminal;
let dir: string;
let dataDir: string;
let configDir: string;
beforeEach(async () => {
  terminal = openTerminal();
  dir = await mkdtemp(join(tmpdir(), 'stepgate-doctor-'));
  [dataDir, configDir] = [join(dir, 'data'), join(dir, 'config')];
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, 'stepgate.db'), '', { mode: 0o600 });
  cpSync('config', configDir, { recursive: true, filter: (file) => !/invariants\.yaml$|schema$/.test(file) });
  // The demo has an inbox; other installations need a mail server and a gateway.
  const mail = 'mail:\n  from: id@example.org\n  smtp: { host: mail.example.org }\n';
  const gateway = '{ webhook: { url: https://sms.example.org/, secretEnv: GATEWAY_SECRET } }';
  await appendFile(join(configDir, 'stepgate.yaml'), `${mail}sms: ${gateway}\nvoice: ${gateway}\n`);
});
afterEach(async () => {
  await terminal.store.close();
  await rm(dir, { recursive: true, force: true });
});

async function sound(): Promise<void> {
  await applyDemo(terminal.store, configDir);
  await terminal.store.commit([{ op: 'create', key: keyringKey, value: await keyring }]);
  await terminal.directory.create({ identifiers: ['bob@demo.test'] });
}

function contextWith(more: Partial<DoctorContext> = {}): DoctorContext {
  const issuer = 'https://id.example.org';
  const variables = { GATEWAY_SECRET: 'a secret' };
  return {
    ...terminal.context,
    openAsItIs: terminal.context.openStore,
    variables,
    dataDir,
    configDir,
    issuer,
    nodeVersion: '24.15.0',
    fetch: () => Promise.reject(new Error('no other host is asked')),
    ...more,
  };
}

async function examined(more: Partial<DoctorContext> = {}): Promise<readonly CheckResult[]> {
  await run(doctorCommand(contextWith(more)), '--json');
  return JSON.parse(terminal.printed()) as CheckResult[];
}

/** What is not well, as `level about text`. */
async function complaints(more: Partial<DoctorContext> = {}): Promise<readonly string[]> {
  const found = await examined(more);
  return found.flatMap(({ level, about, text }) => (level === 'ok' ? [] : [`${level} ${about}: ${text}`]));
}

test('a sound installation: every line is ok, and the exit code says so', async () => {
  await sound();
  await run(doctorCommand(contextWith()));
  const lines = terminal.printed().trimEnd().split('\n');
  expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual(
    [
      'node',
      'data directory',
      'store',
      'configuration',
      'files',
      'issuer',
      'authenticators',
      'acr',
      ...Array<string>(3).fill('delivery'),
      'passkeys',
      'keys',
      'users',
    ].map((about) => `ok ${about}`),
  );
  expect(lines).toContainEqual(expect.stringMatching(/revision 1, 4 apps$/));
  expect(lines).toContainEqual(expect.stringMatching(/1 user$/));
  expect(terminal.exitCode()).toBe(0);
});

test('an empty store', async () => {
  expect(await complaints()).toEqual(['fail store: it is empty: no keys, no configuration, no users']);
  expect(terminal.exitCode()).toBe(1);
  expect((await terminal.store.load([keyringKey])).entries.get(keyringKey)).toBeUndefined();
  const { dataDir: _, ...redis } = contextWith();
  terminal = openTerminal();
  await run(doctorCommand({ ...redis, openAsItIs: terminal.context.openStore, stdout: terminal.context.stdout }));
  expect(terminal.printed()).toMatch(
    /fail {2}store +this Redis holds no store of Stepgate\n +if it is new: .*config apply --init; if it was in use, restore/,
  );
});

test('a revision that an earlier release applied, with a country that this one refuses', async () => {
  await sound();
  const revisions = new Revisions(terminal.store, { authenticators: authenticatorKinds });
  const documents = new Map(await revisions.documentsOf(1));
  const settings = documents.get('settings') as Document;
  const identify = { defaultCountry: 'UK' };
  documents.set('settings', { ...settings, content: { ...(settings.content as object), identify } });
  await revisions.apply(documents, { by: 'earlier release' });
  expect(await complaints()).toContain(
    'warn configuration: this release refuses what is active: stepgate.yaml identify.defaultCountry must be written as GB',
  );
});

test('a store that has lost its keys and its configuration', async () => {
  await terminal.directory.create({ identifiers: ['bob@demo.test'] });
  expect(await complaints()).toEqual([
    'fail configuration: there is no configuration in the store: run `npm run stepgate -- config apply`',
    'fail keys: there are none',
  ]);
});

test('users are read: damaged records are counted and named, and a huge store is read in part', async () => {
  await sound();
  const ids: string[] = [];
  for (let i = 0; i < 8; i += 1) {
    const made = await terminal.directory.create({ identifiers: [`u${i}@demo.test`] });
    if (made.ok) ids.push(made.user.id);
  }
  const { store } = terminal;
  await store.commit([
    { op: 'put', key: userKey(ids[0] ?? ''), value: '{' },
    { op: 'delete', key: credentialsKey(ids[1] ?? '') },
    { op: 'delete', key: userKey(ids[2] ?? '') },
  ]);
  const [said, ...more] = await complaints();
  expect(more).toEqual([]);
  expect(said).toMatch(/^fail users: 9 users: 2 cannot be read, or have no credentials \(\S+, \S+\)$/);
  for (const id of ids.slice(0, 2)) expect(said).toContain(id);
  expect(terminal.exitCode()).toBe(1);
  expect((await checkUsers(store, 0)).text).toBe('9 users, of which 0 were read');
});

test('each failure comes with a remedy', async () => {
  await run(doctorCommand(contextWith({ nodeVersion: '22.1.0' })));
  const text = terminal.printed();
  expect(text).toMatch(/^fail {2}node {10} {2}Node 22\.1\.0 is too old\n {22}install Node 24\.15 or newer\n/);
  const findings = await examined({ nodeVersion: '24.14.9', issuer: 'http://id.example.org' });
  for (const { level, remedy } of findings) if (level === 'fail') expect(remedy).toBeTruthy();
});

test('no data directory: nothing is made', async () => {
  await rm(dataDir, { recursive: true });
  const openAsItIs = () => Promise.reject(new Error('must not be opened'));
  expect(await complaints({ openAsItIs })).toEqual([`fail data directory: there is no store in ${dataDir}`]);
  await mkdir(dataDir);
  expect(await complaints({ openAsItIs })).toEqual([`fail data directory: there is no store in ${dataDir}`]);
});

test('a data directory that others can read', async () => {
  await sound();
  await chmod(dataDir, 0o750);
  await chmod(join(dataDir, 'stepgate.db'), 0o644);
  expect(await complaints()).toEqual([
    `fail data directory: ${dataDir} is open to others (mode 750)`,
    `warn data directory: ${join(dataDir, 'stepgate.db')} was open to others (mode 644)`,
  ]);
});

test('a store that does not answer, and one that warns', async () => {
  await sound();
  const { dataDir: _, ...redis } = contextWith();
  const broken = { ...redis, openAsItIs: () => Promise.reject(new StoreUnavailable('Redis may evict counters')) };
  await run(doctorCommand(broken), '--json');
  expect(JSON.parse(terminal.printed())).toEqual([
    { level: 'ok', about: 'node', text: 'Node 24.15.0' },
    {
      level: 'fail',
      about: 'store',
      text: 'Redis may evict counters',
      remedy: 'look at REDIS_URL, and at the Redis itself',
    },
  ]);
  expect(terminal.exitCode()).toBe(1);
  const openAsItIs: DoctorContext['openAsItIs'] = (warn) => {
    for (let times = 0; times < 2; times += 1) warn('the clock of Redis differs from ours by 9 s');
    return terminal.context.openStore();
  };
  expect(await complaints({ openAsItIs })).toEqual(['warn store: the clock of Redis differs from ours by 9 s']);
});

test('a store that answers, and does not reach its replicas', async () => {
  await sound();
  const store = await terminal.context.openStore();
  const confirm = () => Promise.reject(new StoreUnavailable('not at every replica (10.0.0.3:6379)'));
  expect(await complaints({ openAsItIs: async () => ({ ...store, confirm }) })).toEqual([
    'fail store: it keeps no promises now: not at every replica (10.0.0.3:6379)',
  ]);
  expect(terminal.exitCode()).toBe(1);
});

test('a store that answers reads but accepts no writes', async () => {
  await sound();
  const store = await terminal.context.openStore();
  const commit = () => Promise.reject(new StoreUnavailable('the disk is full'));
  const openAsItIs = async () => ({ ...store, commit });
  await run(doctorCommand(contextWith({ openAsItIs })), '--json');
  expect(JSON.parse(terminal.printed())).toContainEqual({
    level: 'fail',
    about: 'store',
    text: 'it keeps no promises now: the disk is full',
    remedy: `look at ${dataDir}, and at the disk`,
  });
  expect(terminal.exitCode()).toBe(1);
});

test('a revision that cannot be read', async () => {
  await sound();
  const value = JSON.stringify({ revision: 7, manifest: 'gone' });
  await terminal.store.commit([{ op: 'put', key: revisionPointerKey, value }]);
  expect(await complaints()).toEqual([
    'fail configuration: the configuration is incomplete: revision:{current}:7 is not in the store',
  ]);
});

test('files that differ, are broken, or are not there', async () => {
  await sound();
  await writeFile(join(configDir, 'policies/sign-on/more.yaml'), 'name: more\nrules:\n  - name: All\n    then: deny\n');
  expect(await complaints()).toEqual([`warn files: ${configDir} differs from revision 1: sign-on/more`]);
  await writeFile(join(configDir, 'policies/sign-on/more.yaml'), 'name: more\n');
  expect(await complaints()).toEqual([`warn files: ${configDir} is not a good configuration`]);
  expect(await complaints({ configDir: join(dir, 'none') })).toEqual([]);
});

test('what the files say at their own risk', async () => {
  await writeFile(
    join(configDir, 'stepgate.yaml'),
    'brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { email: { enabled: true } }\n',
  );
  await rm(join(configDir, 'policies/enrollment.yaml'));
  await sound();
  expect(await complaints()).toContainEqual(
    expect.stringMatching(/^warn files: stepgate\.yaml:3:19 authenticators\.email is enabled, and there is no `mail`/),
  );
  expect(terminal.exitCode()).toBe(0);
});

test.each<[string | undefined, readonly string[]]>([
  ['https://id.example.org', []],
  ['http://localhost:3000', []],
  ['http://127.0.0.1:3000', []],
  // As the settings take it.
  ['http://127.0.0.2:3000', ['fail issuer: http://127.0.0.2:3000 is not https']],
  ['http://[::1]:3000', []],
  ['http://id.example.org', ['fail issuer: http://id.example.org is not https']],
  ['http://127.0.0.1.example.org', ['fail issuer: http://127.0.0.1.example.org is not https']],
  ['https://id.example.org/oidc', ['fail issuer: https://id.example.org/oidc has a path']],
  ['id.example.org', ['fail issuer: id.example.org is not a URL']],
  [undefined, ['warn issuer: none is set: only the demo starts']],
])('the issuer %s', async (issuer, expected) => {
  await sound();
  const { issuer: _, ...context } = contextWith();
  await run(doctorCommand(issuer === undefined ? context : { ...context, issuer }), '--json');
  const found = JSON.parse(terminal.printed()) as CheckResult[];
  expect(
    found.filter(({ level }) => level !== 'ok').map((result) => `${result.level} ${result.about}: ${result.text}`),
  ).toEqual(expected);
});

test('keys: one that ends needs a successor, and each type one that signs', async () => {
  await sound();
  const entry = (await terminal.store.load([keyringKey])).entries.get(keyringKey);
  const { keys, secrets } = parseKeyring(entry?.value ?? '');
  const save = (changed: typeof keys) =>
    terminal.store.commit([{ op: 'put', key: keyringKey, value: JSON.stringify({ keys: changed, secrets }) }]);
  const change = (type: string, by: { activeFrom?: number; retiredFrom?: number }) =>
    save(keys.map((key) => (key.type === type ? { ...key, ...by } : key)));

  await change('ES256', { retiredFrom: fixedNow + 7200 });
  expect(await complaints()).toEqual([
    expect.stringMatching(/^fail keys: the ES256 key \S+ ends in 2 h, and none follows$/),
  ]);
  await change('ES256', { retiredFrom: fixedNow });
  expect(await complaints()).toEqual(['fail keys: no ES256 key signs']);
  await change('RS256', { activeFrom: fixedNow + 1 });
  expect(await complaints()).toEqual(['fail keys: no RS256 key signs']);

  await terminal.store.commit([{ op: 'put', key: keyringKey, value: '{' }]);
  expect(await complaints()).toEqual(['fail keys: their record is damaged']);
  await save(keys);
  await rotateKeys(terminal.store, fixedNow, { overlap: 300, keep: 600 });
  expect(await complaints()).toEqual([]);
});

test('an enabled authenticator that sends messages, without a gateway or its secret', async () => {
  const settings = { brand: { name: 'Test' }, authenticators: { phone: { enabled: true, countries: ['DE'] } } };
  const twilio = { accountSid: 'AC1', authTokenEnv: 'TOKEN', from: '+15005550006' };
  const email = { enabled: true };
  const mail = { from: 'id@example.org', smtp: { host: 'mail.example.org', passwordEnv: 'SMTP_PASSWORD' } };
  const said = (given: object, secrets: Record<string, string> = {}) =>
    checkDelivery(
      settingsSchemaFor(authenticatorKinds).parse({ ...settings, ...given }),
      authenticatorKinds,
      secrets,
    ).map(({ level, text }) => `${level} ${text}`);
  const phone = { enabled: true, countries: ['DE'], methods: ['sms', 'voice'] };
  expect(said({ authenticators: {} })).toEqual([]);
  expect(said({})).toEqual([
    expect.stringMatching(/^warn `phone` is enabled and sends text messages, and nothing is configured/),
  ]);
  expect(said({ authenticators: { email } })).toEqual([
    expect.stringMatching(/^warn `email` is enabled and sends mail, and nothing/),
  ]);
  expect(said({ authenticators: { email, phone }, mail, sms: { twilio }, voice: { twilio } })).toEqual([
    'warn email needs SMTP_PASSWORD, which is not set here',
    'warn sms needs TOKEN, which is not set here',
    'warn voice needs TOKEN, which is not set here',
  ]);
  const variables = { SMTP_PASSWORD: 'x', TOKEN: 'y' };
  expect(said({ authenticators: { email, phone }, mail, sms: { twilio }, voice: { twilio } }, variables)).toEqual([
    'ok email goes out by `mail`',
    'ok sms goes out by `sms`',
    'ok voice goes out by `voice`',
  ]);
});

test('acr values out of reach, and an app that demands one', async () => {
  const settings = 'acrValues:\n  - value: hardware\n    requirement: { factors: 3 }\n';
  await writeFile(
    join(configDir, 'stepgate.yaml'),
    `brand: { name: Test }\nauthenticators: { password: { enabled: true }, webauthn: { enabled: true } }\n${settings}`,
  );
  await writeFile(
    join(configDir, 'apps/notes.yaml'),
    'clientId: notes\nname: Notes\nsignOnPolicy: notes\nminimumAcr: hardware\nclient: { redirect_uris: [https://n.test/] }\n',
  );
  await writeFile(
    join(configDir, 'policies/sign-on/payroll.yaml'),
    'name: payroll\nrules:\n  - name: All\n    then:\n      allow: { factors: 1 }\n',
  );
  await rm(join(configDir, 'policies/enrollment.yaml'));
  await sound();
  // A revision from before the check that refuses such files today.
  const loaded = await loadConfiguration(configDir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  const { documents } = loaded;
  const now = documents.get('settings') as Document;
  const before = { ...now, content: { ...(now.content as object), authenticators: { webauthn: { enabled: false } } } };
  await new Revisions(terminal.store, { authenticators: authenticatorKinds, now: () => fixedNow * 1000 }).apply(
    new Map([...documents, ['settings', before]]),
    { by: 'test' },
  );
  expect((await complaints()).filter((line) => line.includes('acr'))).toEqual([
    'warn acr: out of reach: hardware',
    'fail acr: no user can reach hardware, which notes demands',
  ]);
});

describe('the file of passkey models', () => {
  const model = 'ee882879-721c-4913-9775-3dfcce97072a';

  test.each([
    ['is not there', undefined, 'warn FILE is not there, or this process may not read it'],
    ['is another one', '{}', 'warn FILE is no complete payload of the FIDO Metadata Service'],
    ['does not know a model', '{ "entries": [] }', `warn the file of \`metadata\` does not know ${model}`],
    ['is sound', `{ "entries": [{ "aaguid": "${model}" }] }`, 'ok the file of `metadata` can be read'],
  ])('%s', async (_, content, expected) => {
    const file = join(configDir, 'stepgate.yaml');
    const metadata = `${configDir}-mds.json`;
    const added = `  webauthn:\n    metadata: ${metadata}\n    aaguids: [${model}]\n`;
    await writeFile(file, (await readFile(file, 'utf8')).replace('  webauthn:\n', added));
    if (content !== undefined) await writeFile(metadata, content);
    try {
      await sound();
      const [first] = (await examined()).filter(({ about }) => about === 'passkeys');
      expect(`${first?.level} ${first?.text}`).toBe(expected.replace('FILE', metadata));
    } finally {
      await rm(metadata, { force: true });
    }
  });
});

describe('passkeys for another domain than that of the issuer', () => {
  const address = 'https://example.com/.well-known/webauthn';

  /** What doctor says of passkeys, where that address answers so. */
  async function found(settings: readonly string[], answer?: () => Response): Promise<readonly string[]> {
    const file = join(configDir, 'stepgate.yaml');
    const text = (await readFile(file, 'utf8')).replace(
      '  webauthn:\n',
      `  webauthn:\n    ${settings.join('\n    ')}\n`,
    );
    await writeFile(file, text);
    await sound();
    const asked: string[] = [];
    const fetch: DoctorContext['fetch'] = async (url) => {
      asked.push(url);
      return answer?.() ?? Promise.reject(new Error('down'));
    };
    const results = (await examined({ fetch })).filter(({ about }) => about === 'passkeys');
    expect(asked).toEqual(answer ? [address] : asked);
    return results.map(({ level, text: said }) => `${level} ${said}`);
  }
  const json = (value: unknown) => () => Response.json(value);

  test('a domain above the issuer needs no list, and no host is asked', async () => {
    expect(await found(['rpId: example.org'])).toEqual(['ok are for example.org, and work at https://id.example.org']);
  });

  test('the list at that domain is asked for', async () => {
    expect(await found(['rpId: example.com'], json({ origins: ['https://id.example.org'] }))).toEqual([
      `ok ${address} lists https://id.example.org`,
    ]);
  });

  test.each<[string, () => Response, string]>([
    ['is not there', () => new Response('', { status: 404 }), 'answers 404'],
    ['is a page', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }), 'is not application/json'],
    [
      'is no JSON',
      () => new Response('{', { headers: { 'content-type': 'application/json' } }),
      'does not answer with JSON',
    ],
    ['is another object', json({ origin: 1 }), 'has no list `origins`'],
    [
      'lacks the issuer',
      json({ origins: ['https://id.example.org.evil.example'] }),
      'does not list https://id.example.org',
    ],
  ])('a list that %s', async (_, answer, text) => {
    expect(await found(['rpId: example.com'], answer)).toEqual([`fail ${address} ${text}`]);
    expect(terminal.exitCode()).toBe(1);
  });

  test('a host that does not answer', async () => {
    expect(await found(['rpId: example.com'])).toEqual([`fail ${address} does not answer with JSON`]);
  });

  test('a list that lacks another origin is a warning', async () => {
    const settings = ['rpId: example.com', 'origins: [https://id.example.net]'];
    expect(await found(settings, json({ origins: ['https://id.example.org'] }))).toEqual([
      `warn ${address} does not list https://id.example.net`,
    ]);
  });
});

test('a challenge service with and without its secret', () => {
  const challengeService = {
    script: 'https://c.test/api.js',
    verify: 'https://c.test/siteverify',
    siteKey: 'k',
    secretEnv: 'C_SECRET',
  };
  const said = (given: object, variables: Record<string, string> = {}) =>
    checkChallengeService(
      settingsSchemaFor(authenticatorKinds).parse({ brand: { name: 'Test' }, ...given }),
      variables,
    ).map(({ level, text }) => `${level} ${text}`);
  expect(said({})).toEqual([]);
  expect(said({ challengeService })).toEqual([
    'warn the challenge service needs C_SECRET, which is not set here: the proof of work stays in its place',
  ]);
  expect(said({ challengeService }, { C_SECRET: 'x' })).toEqual(['ok come from c.test, beyond what is free']);
});
