import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accessCodeBounds, issueAccessCode } from '../../../../src/authenticators/access-code/access-code.ts';
import type { Credential } from '../../../../src/authenticators/authenticator.ts';
import { emailCredential } from '../../../../src/authenticators/email/email.ts';
import { authenticatorKinds, buildAuthenticators } from '../../../../src/authenticators/index.ts';
import { passwordTools } from '../../../../src/authenticators/password/password-tools.ts';
import { phoneCredential, takesCodes } from '../../../../src/authenticators/phone/phone.ts';
import { accountDetails } from '../../../../src/cli/users/account-text.ts';
import { usersCommand } from '../../../../src/cli/users/users.ts';
import { mailAddress } from '../../../../src/core/model/mail-address.ts';
import { markDemo } from '../../../../src/delivery/outbox.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { Revisions } from '../../../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import {
  attemptCounter,
  attributeReservationKey,
  auditKey,
  credentialsKey,
  outboxKey,
  userKey,
} from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import { listUsers } from '../../../../src/users/directory/list-users.ts';
import { groupsWithMembers } from '../../../../src/users/directory/member-groups.ts';
import type { Account } from '../../../../src/users/record/user.ts';
import { context } from '../../../contract/authenticators/authenticator-contract.ts';
import { cheapQueue } from '../../../support/servers/cheap-hashing.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';

const queue = cheapQueue();
let dir: string;
let store: Store;
let directory: Directory;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-users-'));
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  directory = new Directory(store);
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

/** Puts a configuration into use, with these files in place of those of a small valid one. */
async function configure(files: Readonly<Record<string, string>>): Promise<void> {
  await withConfiguration({ ...validFiles, ...files }, async (configDir) => {
    const loaded = await loadConfiguration(configDir, { authenticators: authenticatorKinds, variables: {} });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    await new Revisions(store, { authenticators: authenticatorKinds }).apply(loaded.documents, { by: 'test' });
  });
}

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
}

/**
 * Runs `stepgate users ...`, which closes each store that it opens; a rejection becomes what the entry point prints.
 */
async function users(args: readonly string[], stdin = '', now = () => context.now): Promise<Ran> {
  const ran = { out: '', err: '', exitCode: 0 };
  let open = 0;
  const stderr = (text: string): void => {
    ran.err += text;
  };
  const command = usersCommand({
    async openStore() {
      open += 1;
      const close = async (): Promise<void> => {
        open -= 1;
      };
      return { ...store, close };
    },
    stdout(text) {
      ran.out += text;
    },
    stderr,
    stdin: Readable.from([Buffer.from(stdin)]),
    passwords: passwordTools(queue),
    numberCredential: (text: string) => (takesCodes(text) ? phoneCredential(text) : undefined),
    addressCredential: (text: string) => (mailAddress(text) === undefined ? undefined : emailCredential(text)),
    accessCodes: { bounds: accessCodeBounds, issue: (terms) => issueAccessCode(queue, terms) },
    now,
    authenticators: authenticatorKinds,
    setExitCode(code) {
      ran.exitCode = code;
    },
  });
  command.exitOverride();
  for (const child of command.commands) child.exitOverride().configureOutput({ writeErr: stderr });
  try {
    await command.parseAsync(args, { from: 'user' });
  } catch (error) {
    ran.exitCode = 1;
    ran.err += `${(error as Error).message}\n`;
  }
  expect(open).toBe(0);
  return ran;
}

async function account(identifier: string): Promise<Account> {
  const found = await directory.findByIdentifier(identifier);
  if (found === undefined) throw new Error(`no ${identifier}`);
  return found;
}

async function signsIn(identifier: string, passcode: string): Promise<boolean> {
  const password = buildAuthenticators({ hashing: queue }).get('password');
  const credential = (await account(identifier)).credentials.find(({ authenticator }) => authenticator === 'password');
  return (await password?.verify(credential, { pending: {}, input: { passcode } }, context))?.ok ?? false;
}

test('list skips records that it cannot read, names and counts them, and reports them by its exit code', async () => {
  for (const name of ['ann', 'bob', 'cid', 'dan']) await users(['add', name]);
  const { id: bob } = (await account('bob')).user;
  const { id: cid } = (await account('cid')).user;
  await store.commit([
    { op: 'put', key: userKey(bob), value: '{"schema":"of a newer version"}', refs: [credentialsKey(bob)] },
    { op: 'put', key: credentialsKey(cid), value: 'no JSON' },
  ]);
  for (const options of [[], ['--json']]) {
    const { out, err, exitCode } = await users(['list', ...options]);
    expect(exitCode).toBe(1);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const name of ['ann', 'dan']) expect(out).toContain(name);
    for (const id of [bob, cid]) expect(err).toContain(`user ${id} cannot be read`);
    expect(err).toContain('2 of 4 users cannot be read');
  }
});

describe('add', () => {
  test('with a password from standard input, groups, name and address', async () => {
    const args = [
      'add',
      'Alice',
      '--email',
      'Alice@X.test',
      '--name',
      'Alice L.',
      '--group',
      'a',
      '--group',
      'b',
      '--password-stdin',
    ];
    const ran = await users(args, 'croquet with flamingos\n');
    const { user } = await account('alice@x.test');
    expect(ran).toEqual({ out: `added alice, alice@x.test as ${user.id}\n`, err: '', exitCode: 0 });
    expect(user).toMatchObject({ groups: ['a', 'b'], profile: { displayName: 'Alice L.', email: 'alice@x.test' } });
    expect(await signsIn('alice', 'croquet with flamingos')).toBe(true);
    expect(await signsIn('alice', 'croquet with flamingos\n')).toBe(false);
  });

  test('with a verified address, to which codes can be sent; the word without the address is an error', async () => {
    const ran = await users(['add', 'alice', '--email', 'Alice@X.test', '--email-verified']);
    expect([ran.exitCode, ran.err]).toEqual([0, '']);
    const { user, credentials } = await account('alice');
    expect(user.profile).toMatchObject({ email: 'alice@x.test', emailVerified: true });
    expect(credentials).toMatchObject([{ authenticator: 'email', address: 'Alice@x.test' }]);
    expect(await users(['add', 'bob', '--email-verified'])).toMatchObject({ exitCode: 1, out: '' });
    expect(await users(['add', 'bob', '--email', '"b"@x.test', '--email-verified'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('mail cannot be sent to'),
    });
    expect(await directory.findByIdentifier('bob')).toBeUndefined();
  });

  test('with a verified phone number, to which codes can be sent; the word without the number is an error', async () => {
    const ran = await users(['add', 'alice', '--phone', '+4915112345678', '--phone-verified']);
    expect([ran.exitCode, ran.err]).toEqual([0, '']);
    const { user, credentials } = await account('alice');
    expect(user.profile).toMatchObject({ phone: '+4915112345678', phoneVerified: true });
    expect(credentials).toMatchObject([{ authenticator: 'phone', secret: { number: '+4915112345678' } }]);
    expect(await users(['add', 'bob', '--phone-verified'])).toMatchObject({ exitCode: 1, out: '' });
    for (const number of ['0151 12345678', '+499001234567'])
      expect((await users(['add', 'bob', '--phone', number, '--phone-verified'])).exitCode).toBe(1);
    expect(await directory.findByIdentifier('bob')).toBeUndefined();
  });

  test('with attributes of the active schema; what does not fit it is refused', async () => {
    await configured(`attributes:
  badge: { unique: true }
  login: { identifies: true, unique: true }
  level: { type: number, max: 9 }
`);
    const add = (name: string, ...attributes: string[]) =>
      users(['add', name, ...attributes.flatMap((attribute) => ['--attribute', attribute])]);
    expect(await add('alice', 'badge=A-1', 'login=Al.Ice', 'level=3', 'country=Austria=Home')).toMatchObject({
      exitCode: 0,
    });
    const { user } = await account('al.ice');
    expect(user.identifiers).toEqual(['alice', 'al.ice']);
    expect(user.profile).toEqual({ badge: 'A-1', login: 'Al.Ice', level: 3, country: 'Austria=Home' });
    for (const [attribute, err] of [
      ['badge=a-1', 'badge: another user has this value\n'],
      ['bagde=1', 'unknown attribute `bagde`; did you mean `badge`?\n'],
      ['level=10', 'level: it is above 9\n'],
      ['level=x', 'level: it is no number\n'],
      ['emailVerified=true', '--attribute: emailVerified has an option of its own\n'],
      ['level', '--attribute takes name=value, not level\n'],
      ['__proto__=1', '--attribute __proto__: an attribute is named with letters, digits and "_", at most 64\n'],
    ] as const)
      expect(await add('bob', attribute)).toEqual({ out: '', err, exitCode: 1 });
    expect(await directory.findByIdentifier('bob')).toBeUndefined();
  });

  test('with a list, where an attribute is repeated', async () => {
    const add = (name: string, ...attributes: string[]) =>
      users(['add', name, ...attributes.flatMap((attribute) => ['--attribute', attribute])]);
    await add('ann', 'teams=x', 'badge=1', 'teams=y');
    expect((await account('ann')).user.profile).toEqual({ teams: ['x', 'y'], badge: 1 });
    await configured('attributes: { sites: { type: list }, level: { type: number } }\n');
    await add('alice', 'sites=a', 'level=1', 'sites=b');
    expect((await account('alice')).user.profile).toEqual({ sites: ['a', 'b'], level: 1 });
    await add('bob', 'sites=a;b', 'sites=c');
    expect((await account('bob')).user.profile).toEqual({ sites: ['a', 'b', 'c'] });
    await add('dan', 'sites="a;b"', 'sites= c ;', 'level="2"');
    expect((await account('dan')).user.profile).toEqual({ sites: ['a;b', 'c'], level: 2 });
    await add('eve', 'sites=[]');
    expect((await account('eve')).user.profile).toEqual({ sites: [] });
    const err = '`level` is no list: give one value\n';
    expect(await add('carl', 'level=1', 'level=2')).toEqual({ out: '', err, exitCode: 1 });
    expect(await directory.findByIdentifier('carl')).toBeUndefined();
  });

  test('without a schema, an attribute has the type that explain takes it for, and a warning names it', async () => {
    const attributes = ['level=5', 'night=true', 'badge="5"', 'dept=it', 'teams=[]', 'nickame=Al', 'country=Austria'];
    const { err } = await users(['add', 'ann', ...attributes.flatMap((pair) => ['--attribute', pair])]);
    const { profile } = (await account('ann')).user;
    const { level, night, badge, dept, teams } = profile;
    expect({ level, night, badge, dept, teams }).toEqual({ level: 5, night: true, badge: '5', dept: 'it', teams: [] });
    expect(err.split('\n').filter((line) => line.startsWith('warning'))).toEqual([
      'warning: stepgate.yaml declares no attribute `level`: the user has it as a number',
      'warning: stepgate.yaml declares no attribute `night`: the user has it as a boolean',
      'warning: stepgate.yaml declares no attribute `badge`: the user has it as a text',
      'warning: stepgate.yaml declares no attribute `dept`: the user has it as a text',
      'warning: stepgate.yaml declares no attribute `teams`: the user has it as a list',
      'warning: stepgate.yaml declares no attribute `nickame`; did you mean `nickname`? The user has it as a text',
    ]);
  });

  test('a value of a deleted user is free after a minute, by file as by hand', async () => {
    await configured('attributes: { badge: { unique: true } }\n');
    const file = join(dir, 'badges.jsonl');
    const records = ['{"username":"a","badge":"1"}', '{"username":"b","badge":"1"}', '{"username":"c","badge":"2"}'];
    await writeFile(file, records.join('\n'));
    expect(await users(['import', file, '--quiet'])).toMatchObject({
      out: '3 records: 2 created, 0 updated, 1 refused\n',
      err: 'line 2: badge: the value was on an earlier line\n',
    });
    await writeFile(file, '{"username":"c","badge":"1"}');
    expect((await users(['import', file, '--quiet', '--update'])).err).toBe(
      'line 1: badge: another user has this value\n',
    );
    await writeFile(file, '{"username":"c","badge":"2"}');
    expect((await users(['import', file, '--quiet', '--update'])).exitCode).toBe(0);
    await directory.delete((await account('a')).user.id);
    expect((await users(['add', 'd', '--attribute', 'badge=1'])).exitCode).toBe(1);
    await makeOlder(attributeReservationKey('badge', '1'));
    expect((await users(['add', 'd', '--attribute', 'badge=1'])).exitCode).toBe(0);
    expect((await account('d')).user.profile).toEqual({ badge: '1' });
  });

  test('with a password made up, shown once, and enough to sign in', async () => {
    const { out } = await users(['add', 'alice', '--password-generate']);
    const password = /^password: ([\w-]{20})$/m.exec(out)?.[1] ?? '';
    expect(await signsIn('alice', password)).toBe(true);
  });

  test('without a password says that it is of no use yet', async () => {
    expect((await users(['add', 'alice'])).err).toContain('cannot sign in yet');
  });

  test('a password is under the password policy: the rule of the groups, the list, what is generated', async () => {
    const list = join(dir, 'refused.txt');
    await writeFile(list, 'company football club\n');
    await configure({
      'stepgate.yaml': JSON.stringify({ brand: { name: 'Example' }, authenticators: { password: { list } } }),
      'policies/password.yaml': JSON.stringify({
        rules: [
          { name: 'Admins', when: { groups: { any: ['admins'] } }, then: { minLength: 40 } },
          { name: 'All', then: { minLength: 10, minLengthBesideSecondFactor: 9 } },
        ],
      }),
    });
    const refused = async (password: string, ...more: string[]) =>
      (await users(['add', 'new', ...more, '--password-stdin'], password)).err;
    expect(await refused('nine char')).toBe('the password was not set: it has fewer than 10 characters\n');
    expect(await refused('Company Football Club')).toBe(
      'the password was not set: it is on the list of refused passwords\n',
    );
    expect(await refused('thirty characters are too few!', '--group', 'admins')).toContain('fewer than 40 characters');
    expect(await users(['add', 'bob', '--password-stdin'], 'ten chars!')).toMatchObject({ exitCode: 0, err: '' });
    const { out } = await users(['add', 'root', '--group', 'admins', '--password-generate']);
    expect((/^password: (\S+)$/m.exec(out)?.[1] ?? '').length).toBeGreaterThanOrEqual(40);
  });

  test.each([
    [['add', 'taken'], '', '"taken" is there already\n'],
    [['add', 'a b'], '', '"a b" cannot be an identifier: forbidden character\n'],
    [['add', 'new', '--email', 'new'], '', 'email: it is no email address\n'],
    [['add', 'new', '--email', '@x'], '', '"@x" cannot be an identifier: malformed address\n'],
    [['add', 'new', '--group', ''], '', 'group or type: it is empty\n'],
    [['add', 'new', '--name', '\u001b[31m'], '', 'displayName: it has control characters\n'],
    [['add', 'new', '--password-stdin'], 'short', 'the password was not set: it has fewer than 15 characters\n'],
    [['add', 'new', '--password-stdin'], '', 'the password was not set: it has fewer than 15 characters\n'],
    [
      ['add', 'newcomer', '--password-stdin'],
      'Newcomer20261234567',
      'the password was not set: it is hardly more than the name of the user or the service\n',
    ],
    [
      ['add', 'new', '--password-stdin', '--password-generate'],
      '',
      'give --password-stdin or --password-generate, not both\n',
    ],
  ])('%j is refused with a sentence, and adds no user', async (args, stdin, err) => {
    await directory.create({ identifiers: ['taken'] });
    expect(await users(args, stdin)).toEqual({ out: '', err, exitCode: 1 });
    for (const identifier of ['new', 'newcomer']) expect(await directory.findByIdentifier(identifier)).toBeUndefined();
  });
});

/** Applies a configuration with these lines more in `stepgate.yaml`. */
async function configured(settings: string): Promise<void> {
  const files = { ...validFiles, 'stepgate.yaml': `${validFiles['stepgate.yaml']}${settings}` };
  const loaded = await withConfiguration(files, (at) =>
    loadConfiguration(at, { authenticators: authenticatorKinds, variables: {} }),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  await new Revisions(store, { authenticators: authenticatorKinds }).apply(loaded.documents, { by: 'test' });
}

/** As if the reservation were from long ago. */
async function makeOlder(key: string): Promise<void> {
  const entry = (await store.load([key])).entries.get(key);
  const { user } = JSON.parse(entry?.value ?? '{}') as { user: string };
  await store.commit([{ op: 'put', key, value: JSON.stringify({ user, at: 0 }) }]);
}

describe('tac', () => {
  beforeEach(async () => {
    await directory.create({ identifiers: ['alice'] });
  });
  const codeIn = (text: string): string => /^access code: ([\w-]+)$/m.exec(text)?.[1] ?? '';
  const accessCodes = async (): Promise<readonly Credential[]> =>
    (await account('alice')).credentials.filter(({ authenticator }) => authenticator === 'access_code');
  const counts = async (passcode: string): Promise<boolean> => {
    const [credential] = await accessCodes();
    const authenticator = buildAuthenticators({ hashing: queue }).get('access_code');
    return (await authenticator?.verify(credential, { pending: {}, input: { passcode } }, context))?.ok ?? false;
  };

  test('issues a code, shown once, that ends after an hour; the next one takes its place', async () => {
    const { out, exitCode } = await users(['tac', 'Alice']);
    const until = new Date((context.now + 3600) * 1000).toISOString();
    expect({ out, exitCode }).toEqual({
      out: `access code: ${codeIn(out)}\ncounts once, until ${until}\n`,
      exitCode: 0,
    });
    expect(await accessCodes()).toMatchObject([{ expiresAt: context.now + 3600, secret: { uses: 1 } }]);
    expect(await counts(codeIn(out))).toBe(true);
    const next = codeIn((await users(['tac', 'alice', '--length', '64', '--lifetime', 'P10D', '--uses', '10'])).out);
    expect(next.replaceAll('-', '')).toHaveLength(64);
    expect(await counts(codeIn(out))).toBe(false);
    expect(await accessCodes()).toMatchObject([{ expiresAt: context.now + 864_000, secret: { uses: 10 } }]);
  });

  test('gives all attempts back, and is in the audit log without the code', async () => {
    const { id } = (await account('alice')).user;
    const counter = attemptCounter(id, 'access_code');
    await store.reserve(counter, [{ limit: 1, window: 0 }]);
    const code = codeIn((await users(['tac', 'alice'])).out);
    expect((await store.reserve(counter, [{ limit: 1, window: 0 }])).granted).toBe(true);
    const line = (await store.tail(auditKey, undefined, 10)).at(-1);
    expect(JSON.parse(line?.value ?? '')).toMatchObject({
      event: 'authenticator.issued',
      outcome: 'success',
      subject: id,
      authenticator: 'access_code',
      by: expect.any(String),
    });
    expect(line?.value).not.toContain(code);
  });

  test.each([
    [['--length', '7'], '--length must be a whole number from 8 to 64\n'],
    [['--length', '8.5'], '--length must be a whole number from 8 to 64\n'],
    [['--uses', '0'], '--uses must be a whole number from 1 to 10\n'],
    [['--lifetime', 'PT9M'], '--lifetime must be a duration from 10 min to 10 d\n'],
    [['--lifetime', 'P11D'], '--lifetime must be a duration from 10 min to 10 d\n'],
    [['--lifetime', 'soon'], '--lifetime must be a duration from 10 min to 10 d\n'],
  ])('%j is refused with a sentence, and issues nothing', async (args, err) => {
    expect(await users(['tac', 'alice', ...args])).toEqual({ out: '', err, exitCode: 1 });
    expect(await accessCodes()).toEqual([]);
  });

  test('is refused where access codes are not enabled, and issues nothing', async () => {
    const settings = 'brand: { name: Test }\nauthenticators: { access_code: { enabled: false } }\n';
    await withConfiguration({ ...validFiles, 'stepgate.yaml': settings }, async (configDir) => {
      const loaded = await loadConfiguration(configDir, { authenticators: authenticatorKinds, variables: {} });
      if (!loaded.ok) throw new Error('not sound');
      await new Revisions(store, { authenticators: authenticatorKinds }).apply(loaded.documents, { by: 'test' });
    });
    const { out, err, exitCode } = await users(['tac', 'alice']);
    expect([out, exitCode]).toEqual(['', 1]);
    expect(err).toMatch(/^temporary access codes are not enabled: .*stepgate\.yaml\n$/);
    expect(await accessCodes()).toEqual([]);
  });

  test('keeps to what the configuration allows', async () => {
    const access_code = { enabled: true, minLength: 20, maxLifetime: 'PT30M', maxUses: 2 };
    await configure({ 'stepgate.yaml': JSON.stringify({ brand: { name: 'Test' }, authenticators: { access_code } }) });
    const { out } = await users(['tac', 'alice']);
    expect(codeIn(out).replaceAll('-', '')).toHaveLength(20);
    expect(await accessCodes()).toMatchObject([{ expiresAt: context.now + 1800 }]);
    for (const [option, value, sentence] of [
      ['--length', '19', 'a whole number from 20 to 64'],
      ['--uses', '3', 'a whole number from 1 to 2'],
      ['--lifetime', 'PT31M', 'a duration from 10 min to 30 min'],
    ] as const)
      expect((await users(['tac', 'alice', option, value])).err).toBe(`${option} must be ${sentence}\n`);
  });

  test('for an unknown user it is refused', async () => {
    expect(await users(['tac', 'nobody'])).toEqual({ out: '', err: 'there is no user "nobody"\n', exitCode: 1 });
  });
});

test('a group that looks misspelled is warned of, and a new one is not', async () => {
  expect((await users(['add', 'ann', '--group', 'editors'])).err).not.toContain('warning');
  const warning = 'warning: no user was in `editrs` before; did you mean `editors`?\n';
  expect((await users(['add', 'bob', '--group', 'editrs', '--group', 'sales'])).err).toContain(warning);
  expect((await users(['groups', 'ann', '--add', 'edittors'])).err).toBe(
    'warning: no user was in `edittors` before; did you mean `editors`?\n',
  );
  const file = join(dir, 'users.jsonl');
  await writeFile(file, '{"username":"cid","groups":["salse"]}\n{"username":"dan","groups":["salse","editors"]}\n');
  expect((await users(['import', file, '--quiet', '--dry-run'])).err).toContain('did you mean `sales`?');
  expect((await users(['import', file, '--quiet'])).err).toBe(
    'warning: no user was in `salse` before; did you mean `sales`?\n',
  );
});

test('groups and types have one form, however they are written', async () => {
  await users(['add', 'ann', '--group', ' Cafe\u0301', '--group', 'Caf\u00e9', '--user-type', ' staff ']);
  expect((await account('ann')).user).toMatchObject({ groups: ['Caf\u00e9'], userType: 'staff' });
  expect(await users(['groups', 'ann', '--add', 'Cafe\u0301 ', '--add', 'b'])).toMatchObject({
    out: 'groups of ann: Caf\u00e9, b\n',
    err: '',
  });
  const file = join(dir, 'users.jsonl');
  await writeFile(file, '{"username":"bob","groups":["Cafe\u0301"," b"],"userType":"e\u0301"}\n');
  expect((await users(['import', file, '--quiet'])).err).toBe('');
  expect((await account('bob')).user).toMatchObject({ groups: ['Caf\u00e9', 'b'], userType: '\u00e9' });
  const { out, err } = await users(['list', '--group', 'Cafe\u0301', '--group', 'b ']);
  expect([out.trim().split('\n').length, err]).toEqual([2, '']);
  await users(['groups', 'bob', '--remove', 'Cafe\u0301']);
  expect((await account('bob')).user.groups).toEqual(['b']);
  expect((await users(['groups', 'bob', '--add', ' '])).err).toContain('group: it is empty');
});

test('a group that its last member left has no members, unless there are too many users to look at', async () => {
  await users(['add', 'ann', '--group', 'editors']);
  await users(['add', 'bob', '--group', 'editors', '--group', 'editrs']);
  expect([...(await groupsWithMembers(store))].sort()).toEqual(['editors', 'editrs']);
  await users(['groups', 'bob', '--remove', 'editrs']);
  expect(await groupsWithMembers(store)).toEqual(['editors']);
  expect([...(await groupsWithMembers(store, 1))].sort()).toEqual(['editors', 'editrs']);
});

test('an import says how far it is after 1,000 records, and where that takes longer every two seconds', async () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, index) => `{"username":"user${index}"}\n`).join('');
  const load = (count: number, now?: () => number) => users(['import', '-', '--format', 'jsonl'], lines(count), now);
  expect((await load(64)).err).toBe('');
  let time = context.now;
  const slowly = await load(64, () => {
    time += 2;
    return time;
  });
  expect(slowly.err).toContain('32 records, 32 refused\n');
  expect(slowly.err).toContain('64 records, 64 refused\n');
});

test('a list of a group that looks misspelled says so', async () => {
  await users(['add', 'ann', '--group', 'editors']);
  const listed = await users(['list', '--group', 'editrs']);
  expect(listed).toEqual({
    out: '',
    err: 'warning: no user was in `editrs` before; did you mean `editors`?\n',
    exitCode: 0,
  });
  expect((await users(['list', '--group', 'editors'])).err).toBe('');
});

describe('list and show', () => {
  beforeEach(async () => {
    const credentials = [await passwordTools(queue).create('a secret password')];
    await directory.create({
      identifiers: ['alice', 'a@x.test'],
      groups: ['g'],
      profile: { displayName: 'A\u202eB' },
      credentials,
    });
    await directory.create({ identifiers: ['bob'], status: 'suspended' });
  });

  test('list prints a line for each', async () => {
    const lines = (await users(['list'])).out
      .trim()
      .split('\n')
      .sort((one, other) => one.slice(22).localeCompare(other.slice(22)));
    expect(lines).toEqual([
      expect.stringMatching(/^[\w-]{22} {2}active {2}alice, a@x\.test {2}g$/),
      expect.stringMatching(/ {2}suspended {2}bob {2}-$/),
    ]);
    const objects = (await users(['list', '--json'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects.map(({ identifiers }) => identifiers[0]).sort()).toEqual(['alice', 'bob']);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['a group', ['--group', 'g'], ['alice']],
    ['two groups, of which the user has one', ['--group', 'g', '--group', 'others'], []],
    ['a status', ['--status', 'suspended'], ['bob']],
    ['a text in an identifier', ['--search', 'A@X'], ['alice']],
    ['a text in the name', ['--search', 'a\u202eb'], ['alice']],
    ['what no user has', ['--search', 'carol'], []],
  ])('list finds users by %s', async (_what, options, expected) => {
    const { out, err, exitCode } = await users(['list', '--json', ...options]);
    const found = out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).identifiers[0]]));
    expect([found, err, exitCode]).toEqual([expected, '', 0]);
  });

  test('list goes from page to page, and all pages together are all users once', async () => {
    for (const name of ['carol', 'dan', 'eve']) await users(['add', name]);
    const seen: string[] = [];
    let after: string | undefined;
    for (const size of [2, 2, 1]) {
      const { out, err } = await users(['list', '--limit', '2', ...(after === undefined ? [] : ['--after', after])]);
      const ids = out
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 22));
      expect(ids).toHaveLength(size);
      seen.push(...ids);
      after = /--after ([\w-]{22}),/.exec(err)?.[1];
    }
    expect(after).toBeUndefined();
    expect(seen).toEqual([...new Set(seen)].sort());
    const all = await users(['list', '--all']);
    expect([
      all.out
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 22)),
      all.err,
    ]).toEqual([seen, '']);
  });

  test.each(['0', '-1', 'all', '10001', ''])('list rejects the limit %j', async (limit) => {
    expect(await users(['list', `--limit=${limit}`])).toMatchObject({ out: '', exitCode: 1, err: /--limit/ });
  });

  test('a page reads only the accounts that it shows', async () => {
    for (let index = 0; index < 300; index += 1) await directory.create({ identifiers: [`user${index}`] });
    const loaded: string[] = [];
    const counting: Store = {
      ...store,
      load: async (keys, options) => {
        loaded.push(...keys);
        return store.load(keys, options);
      },
    };
    const page = await listUsers(counting, { limit: 100, matches: () => true });
    expect([page.accounts.length, page.total, loaded.length]).toEqual([100, 302, 100]);
  });

  test('show prints what there is, and never a secret', async () => {
    const text = (await users(['show', 'A@X.TEST'])).out;
    expect(text).toMatch(/^identifiers {5}alice, a@x\.test$/m);
    expect(text).toMatch(/^displayName {5}A\?B$/m);
    expect(text).toMatch(/^password {8}since [-:.\dTZ]+$/m);
    const json = (await users(['show', 'alice', '--json'])).out;
    expect(JSON.parse(json)).toMatchObject({
      identifiers: ['alice', 'a@x.test'],
      authenticators: [{ authenticator: 'password' }],
    });
    for (const shown of [text, json, (await users(['list', '--json'])).out]) expect(shown).not.toMatch(/argon2|secret/);
  });

  test('show says that an authenticator was used only where that is recorded', async () => {
    const alice = await account('alice');
    const credentials = alice.credentials.map((credential) => ({ ...credential, lastUsedAt: 1_800_000_000 }));
    const text = accountDetails({ ...alice, credentials });
    expect(text).toMatch(/^password {8}since .*, last recorded use 2027-01-15T08:00:00\.000Z$/m);
  });

  test.each(['show', 'suspend', 'activate', 'unlock', 'groups', 'reset', 'delete'])(
    '%s of an unknown user is an error',
    async (name) => {
      expect(await users([name, 'nobody'])).toEqual({ out: '', err: 'there is no user "nobody"\n', exitCode: 1 });
    },
  );
});

describe('changes', () => {
  beforeEach(async () => {
    const totp = {
      authenticator: 'totp',
      factors: ['possession'],
      characteristics: [],
      secret: { key: 'K', step: 0 },
    } as const;
    const credentials = [await passwordTools(queue).create('a secret password'), totp];
    await directory.create({ identifiers: ['alice'], groups: ['a'], credentials });
  });

  test('groups', async () => {
    expect((await users(['groups', 'alice'])).out).toBe('groups of alice: a\n');
    expect((await users(['groups', 'alice', '--add', 'b', '--add', 'c', '--remove', 'a'])).out).toBe(
      'groups of alice: b, c\n',
    );
    expect((await account('alice')).user.groups).toEqual(['b', 'c']);
  });

  test('suspend and activate', async () => {
    const { validAfter } = (await account('alice')).user;
    expect((await users(['suspend', 'ALICE'])).exitCode).toBe(0);
    expect((await account('alice')).user.status).toBe('suspended');
    expect((await account('alice')).user.validAfter).toBeGreaterThan(validAfter);
    await users(['activate', 'alice']);
    expect((await account('alice')).user.status).toBe('active');
  });

  test('unlock gives the attempts of all authenticators back, and those of setting them up', async () => {
    const { id } = (await account('alice')).user;
    const once = [{ limit: 1, window: 0 }];
    const names = authenticatorKinds.flatMap(({ key }) => [key, `${key}.enroll`, `${key}.enroll.answers`]);
    for (const name of names) await store.reserve(attemptCounter(id, name), once);
    expect((await users(['unlock', 'alice'])).exitCode).toBe(0);
    for (const name of names) expect((await store.reserve(attemptCounter(id, name), once)).granted).toBe(true);
  });

  test('reset takes one authenticator away and ends sessions', async () => {
    const { validAfter } = (await account('alice')).user;
    expect(await users(['reset', 'alice', '--authenticator', 'totp'])).toMatchObject({ exitCode: 0, err: '' });
    const after = await account('alice');
    expect(after.credentials.map(({ authenticator }) => authenticator)).toEqual(['password']);
    expect(after.user.validAfter).toBeGreaterThan(validAfter);
  });

  test('reset of all with a new password leaves that password alone', async () => {
    const { out } = await users(['reset', 'alice', '--authenticator', 'all', '--password-generate']);
    expect(await signsIn('alice', /^password: (.+)$/m.exec(out)?.[1] ?? '')).toBe(true);
    expect(await signsIn('alice', 'a secret password')).toBe(false);
    expect((await account('alice')).credentials).toHaveLength(1);
  });

  test('reset of all says that nothing is left; of nothing or something unknown it is an error that changes nothing', async () => {
    const before = await account('alice');
    expect(await users(['reset', 'alice'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('say what to reset'),
    });
    expect(await users(['reset', 'alice', '--authenticator', 'sms'])).toMatchObject({
      exitCode: 1,
      err: `there is no authenticator sms; there are ${authenticatorKinds.map(({ key }) => key).join(', ')}, all\n`,
    });
    expect(await users(['reset', 'alice', '--authenticator', 'all', '--password-stdin'], 'x')).toMatchObject({
      exitCode: 1,
    });
    expect(await account('alice')).toEqual(before);
    expect((await users(['reset', 'alice', '--authenticator', 'all'])).err).toContain('no authenticator left');
  });

  test('delete asks for --yes', async () => {
    expect(await users(['delete', 'alice'])).toMatchObject({ exitCode: 1, err: expect.stringContaining('add --yes') });
    expect((await account('alice')).user.status).toBe('active');
    expect(await users(['delete', 'alice', '--yes'])).toEqual({ out: 'deleted alice\n', err: '', exitCode: 0 });
    expect(await directory.findByIdentifier('alice')).toBeUndefined();
  });
});

describe('import', () => {
  test('reads a file by its name, reports bad lines, and fails when there are any', async () => {
    const file = join(dir, 'users.csv');
    await writeFile(file, 'username,groups\nalice,a;b\na b,\nbob,\n');
    expect(await users(['import', file])).toEqual({
      out: '3 records: 2 created, 0 updated, 1 refused\n',
      err: 'line 3: "a b" cannot be an identifier: forbidden character\n',
      exitCode: 1,
    });
    expect((await account('alice')).user.groups).toEqual(['a', 'b']);
  });

  test('reads standard input, and updates when asked', async () => {
    await directory.create({ identifiers: ['alice'] });
    const input = '{"username":"alice","groups":["g"],"password":"fifteen chars ok"}\n';
    const args = ['import', '-', '--format', 'jsonl', '--update'];
    expect(await users(args, input)).toEqual({
      out: '1 record: 0 created, 1 updated, 0 refused\n',
      err: '',
      exitCode: 0,
    });
    expect(await signsIn('alice', 'fifteen chars ok')).toBe(true);
  });

  test('names the errors of the file', async () => {
    expect(await users(['import', join(dir, 'none.csv')])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cannot be read'),
    });
    expect(await users(['import', join(dir, 'users.txt')])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('add --format'),
    });
    expect(await users(['import', dir, '--format', 'csv'])).toMatchObject({ exitCode: 1 });
  });

  test('shows progress on long files unless it is switched off', async () => {
    const file = join(dir, 'users.jsonl');
    await writeFile(file, '{"username":"a b"}\n'.repeat(10_016));
    const loud = await users(['import', file]);
    expect(loud.err.split('\n').filter((line) => /^\d+ records, \d+ refused$/.test(line))).toHaveLength(10);
    expect((await users(['import', file, '--quiet'])).err).not.toContain('records,');
  });
});

describe('the audit log', () => {
  /** What a command added, without what is the same in all lines. */
  async function audited(...args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const before = (await store.tail(auditKey, undefined, 100)).length;
    const { err } = await users(args, 'a long enough secret\n');
    expect(err).not.toMatch(/Error|there is no/);
    const lines = (await store.tail(auditKey, undefined, 100)).slice(before).map(({ value }) => JSON.parse(value));
    return lines.map(({ time, kind, by, ...line }) => {
      expect([typeof time, kind, typeof by, by === '']).toEqual(['string', 'audit', 'string', false]);
      return line;
    });
  }

  test('has one line for each change, in its commit, and none for looking', async () => {
    const added = await audited('add', 'ann', '--email', 'ann@x.test', '--password-stdin');
    const { id: subject } = (await account('ann')).user;
    const success = { outcome: 'success', subject };
    expect(added).toEqual([{ event: 'user.added', ...success }]);
    expect(await audited('groups', 'ann', '--add', 'staff')).toEqual([
      { event: 'user.groups_changed', ...success, groups: ['staff'] },
    ]);
    expect(await audited('suspend', 'ann')).toEqual([{ event: 'user.suspended', ...success }]);
    expect(await audited('activate', 'ann')).toEqual([{ event: 'user.activated', ...success }]);
    expect(await audited('unlock', 'ann')).toEqual([{ event: 'user.unlocked', ...success }]);
    expect(await audited('tac', 'ann', '--length', '16', '--lifetime', 'PT30M', '--uses', '3')).toEqual([
      { event: 'authenticator.issued', ...success, authenticator: 'access_code', length: 16, lifetime: 1800, uses: 3 },
    ]);
    expect(await audited('reset', 'ann', '--authenticator', 'access_code')).toEqual([
      { event: 'user.reset', ...success, authenticator: 'access_code' },
    ]);
    expect(await audited('reset', 'ann', '--password-stdin')).toEqual([
      { event: 'user.password_set', ...success, authenticator: 'password' },
    ]);
    for (const looking of [['list'], ['show', 'ann'], ['groups', 'ann']]) expect(await audited(...looking)).toEqual([]);
    expect(await audited('delete', 'ann', '--yes')).toEqual([{ event: 'user.deleted', ...success }]);
  });

  test('has one line for each record of an import, and none for one that is refused', async () => {
    const file = join(dir, 'users.jsonl');
    await writeFile(file, '{"identifiers":["bob"]}\n{"identifiers":[]}\n');
    expect(await audited('import', file)).toEqual([
      { event: 'user.added', outcome: 'success', subject: (await account('bob')).user.id },
    ]);
    await writeFile(file, '{"identifiers":["bob"],"groups":["staff"]}\n{"identifiers":["eve"]}\n');
    const lines = await audited('import', file, '--update');
    expect(lines.map(({ event }) => event).toSorted()).toEqual(['user.added', 'user.changed']);
  });

  test('contains no secret: neither passwords nor codes, nor addresses and numbers', async () => {
    const phone = '+4915112345678';
    await users([
      'add',
      'ann',
      '--email',
      'ann@x.test',
      '--email-verified',
      '--phone',
      phone,
      '--phone-verified',
      '--password-generate',
    ]);
    const generated = (await users(['reset', 'ann', '--password-generate'])).out;
    const issued = (await users(['tac', 'ann'])).out;
    const secrets = [/^password: (.+)$/m.exec(generated)?.[1], /^access code: (.+)$/m.exec(issued)?.[1]];
    const log = (await store.tail(auditKey, undefined, 100)).map(({ value }) => value).join('\n');
    expect(log).toContain('user.password_set');
    for (const secret of [...secrets, phone, 'ann@x.test', secrets[1]?.replaceAll('-', '')]) {
      expect(secret).toBeTruthy();
      expect(log).not.toContain(secret);
    }
  });
});

test('reindex lets users sign in with what they have, and says what they cannot sign in with', async () => {
  await users(['add', 'ann', '--phone', '+4930901820001', '--attribute', 'badge=A-1']);
  await users(['add', 'bob', '--attribute', 'badge=B-1']);
  await configure({
    'stepgate.yaml':
      'brand: { name: A }\nattributes: { badge: { identifies: true, unique: true } }\nidentify: { by: [username, phone, badge], label: Login, defaultCountry: DE }\n',
  });
  const tried = await users(['reindex', '--dry-run', '--json']);
  expect(JSON.parse(tried.out)).toEqual({ users: 2, changed: 2, refused: 1, unreadable: 0, dryRun: true });
  expect(await directory.findByIdentifier('a-1')).toBeUndefined();
  const { out, err, exitCode } = await users(['reindex']);
  expect([out, exitCode]).toEqual([
    '2 of 2 users can sign in with more than before; values that identify no user: 1\n',
    0,
  ]);
  expect(err).toMatch(/^\S+: phone is not verified, so it does not identify the user\n$/);
  expect((await directory.findByIdentifier('a-1'))?.user.identifiers).toEqual(['ann', 'a-1']);
  const log = (await store.tail(auditKey, undefined, 100)).map(({ value }) => value).join('\n');
  expect(log.match(/user\.changed/g)).toHaveLength(2);
});

test('users are notified where a demo serves from the store, although it cannot send mail', async () => {
  await users(['add', 'ann', '--email', 'ann@x.test', '--email-verified']);
  const waiting = async () => {
    const pages: (readonly string[])[] = [];
    for await (const page of store.members(outboxKey)) pages.push(page);
    return pages.flat().length;
  };
  await users(['tac', 'ann']);
  expect(await waiting()).toBe(0);
  await markDemo(store);
  await users(['tac', 'ann']);
  expect(await waiting()).toBe(1);
});
