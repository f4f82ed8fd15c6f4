/** Notifications of what commands do to an account. */
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { accessCodeBounds, issueAccessCode } from '../../../../src/authenticators/access-code/access-code.ts';
import { emailCredential } from '../../../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { passwordTools } from '../../../../src/authenticators/password/password-tools.ts';
import { usersCommand } from '../../../../src/cli/users/users.ts';
import { mailAddress } from '../../../../src/core/model/mail-address.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { Revisions } from '../../../../src/policy/revision/revisions.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { revisionPointerKey } from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import { cheapQueue } from '../../../support/servers/cheap-hashing.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';
import { outboxOf } from '../../../support/users/account-notifications.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';

const queue = cheapQueue();
const now = 1_800_000_000;
let store: Store;
let directory: Directory;

beforeEach(async () => {
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  directory = new Directory(store);
  await configure('mail: { from: id@acme.test, smtp: { host: mail.acme.test } }\n');
});
afterEach(() => store.close());

async function configure(mail: string): Promise<void> {
  const codes = 'authenticators: { access_code: { enabled: true } }\n';
  const files = { ...validFiles, 'stepgate.yaml': `${validFiles['stepgate.yaml']}${codes}${mail}` };
  const loaded = await withConfiguration(files, (dir) =>
    loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} }),
  );
  if (!loaded.ok) throw new Error('the configuration is not sound');
  await new Revisions(store, { authenticators: authenticatorKinds }).apply(loaded.documents, { by: 'test' });
}

interface Ran {
  readonly out: string;
  readonly err: string;
}

async function users(args: readonly string[], stdin = ''): Promise<Ran> {
  const said = { out: '', err: '' };
  const command = usersCommand({
    openStore: async () => ({ ...store, close: async () => undefined }),
    stdout: (text) => {
      said.out += text;
    },
    stderr: (text) => {
      said.err += text;
    },
    stdin: Readable.from([Buffer.from(stdin)]),
    passwords: passwordTools(queue),
    numberCredential: () => undefined,
    addressCredential: (text) => (mailAddress(text) === undefined ? undefined : emailCredential(text)),
    accessCodes: { bounds: accessCodeBounds, issue: (terms) => issueAccessCode(queue, terms) },
    now: () => now,
    authenticators: authenticatorKinds,
    setExitCode: () => undefined,
  });
  await command.parseAsync(args, { from: 'user' });
  return said;
}

/** Ann has a verified address, a mailbox to prove with, and one more for notifications. */
async function ann(): Promise<string> {
  const created = await directory.create({
    identifiers: ['ann'],
    profile: { email: 'ann@x.test', emailVerified: true, locale: 'de' },
    credentials: [emailCredential('box@x.test')],
  });
  if (!created.ok) throw new Error(created.code);
  const { id } = created.user;
  await directory.update(id, (user) => ({ ...user, notificationAddresses: [{ address: 'news@x.test', addedAt: 1 }] }));
  return id;
}

async function told(): Promise<readonly string[]> {
  const all = await outboxOf({ store });
  return all.map(({ delivery }) => `${delivery.to} ${delivery.params.event}`).sort();
}

const all = (...events: readonly string[]) =>
  ['ann@x.test', 'box@x.test', 'news@x.test'].flatMap((to) => events.map((event) => `${to} ${event}`)).sort();

test.each<[string, readonly string[], string, readonly string[]]>([
  ['a reset of one authenticator', ['reset', 'ann', '--authenticator', 'email'], '', all('reset')],
  ['a reset of all', ['reset', 'ann', '--authenticator', 'all'], '', all('reset_all')],
  ['a new password', ['reset', 'ann', '--password-stdin'], 'croquet with flamingos', all('password_reset')],
  ['both', ['reset', 'ann', '--authenticator', 'totp', '--password-generate'], '', all('password_reset', 'reset')],
  ['an access code', ['tac', 'ann'], '', all('access_code')],
  ['another group', ['groups', 'ann', '--add', 'staff'], '', []],
])('%s', async (_what, args, stdin, expected) => {
  const id = await ann();
  await users(args, stdin);
  expect(await told()).toEqual(expected);
  for (const { about, delivery } of await outboxOf({ store })) {
    expect(about).toEqual({ subject: id, languages: { uiLocales: 'de', acceptLanguage: '' } });
    expect(delivery).toMatchObject({ template: 'account-changed', params: { identifier: 'ann', at: now, ip: '' } });
  }
});

test('a reset of all removes the addresses that were added: they are notified of it, and of nothing afterwards', async () => {
  const id = await ann();
  const waiting = { address: 'next@x.test', code: 'x', askedAt: now, expires: now + 600 };
  await directory.update(id, (stored) => ({ ...stored, askedAddress: waiting }));
  const { out } = await users(['reset', 'ann', '--authenticator', 'all', '--password-generate']);
  expect(out).toContain('addresses for notifications that were taken away: 1');
  expect(await told()).toEqual([...all('reset_all'), 'ann@x.test password_reset'].sort());
  const user = (await directory.get(id))?.user;
  expect(user).toMatchObject({ profile: { email: 'ann@x.test', emailVerified: true }, identifiers: ['ann'] });
  expect([user?.notificationAddresses, user?.askedAddress]).toEqual([undefined, undefined]);
  await users(['reset', 'ann', '--password-generate']);
  expect((await told()).filter((line) => !line.startsWith('ann@'))).toEqual(
    all('reset_all').filter((line) => !line.startsWith('ann@')),
  );
});

test.each<[string, readonly string[]]>([
  ['a reset of one authenticator', ['--authenticator', 'email']],
  ['a new password', ['--password-generate']],
])('%s leaves them alone', async (_what, options) => {
  const id = await ann();
  const { out } = await users(['reset', 'ann', ...options]);
  expect(out).not.toContain('notifications');
  expect((await directory.get(id))?.user.notificationAddresses).toEqual([{ address: 'news@x.test', addedAt: 1 }]);
});

const record = (fields: object) => JSON.stringify({ identifiers: ['ann'], ...fields });

test.each<[string, object, readonly string[], readonly string[]]>([
  ['another address', { email: 'new@x.test' }, [], all('email_changed')],
  ['the same address', { email: 'ann@x.test' }, [], []],
  ['another name', { displayName: 'Ann' }, [], []],
  ['a password', { password: 'croquet with flamingos' }, [], all('password_reset')],
  ['another address, in silence', { email: 'new@x.test' }, ['--no-mail'], []],
])('an import with %s', async (_what, fields, options, expected) => {
  await ann();
  const { err } = await users(['import', '-', '--format', 'jsonl', '--update', '--quiet', ...options], record(fields));
  expect(err).toBe('');
  expect(await told()).toEqual(expected);
});

test.each<[string, () => Promise<unknown>]>([
  ['without mail in the configuration', () => configure('')],
  ['without a configuration', () => store.commit([{ op: 'delete', key: revisionPointerKey }])],
  [
    'with one that cannot be read',
    async () => {
      const entry = (await store.load([revisionPointerKey])).entries.get(revisionPointerKey);
      const { revision } = JSON.parse(entry?.value ?? '') as { revision: number };
      await store.commit([{ op: 'put', key: revisionPointerKey, value: JSON.stringify({ revision, manifest: 'x' }) }]);
    },
  ],
])('%s no user is notified, and a reset works all the same', async (_what, prepare) => {
  const id = await ann();
  await prepare();
  await users(['reset', 'ann', '--authenticator', 'email']);
  expect(await told()).toEqual([]);
  expect((await directory.get(id))?.credentials).toEqual([]);
});

test('show lists the addresses that are notified, and none that waits for its code', async () => {
  const id = await ann();
  const askedAddress = { address: 'secret@x.test', code: 'hash-of-a-code', expires: now };
  await directory.update(id, (user) => ({ ...user, askedAddress }));
  const { out } = await users(['show', 'ann']);
  expect(out).toContain(
    'notifications   ann@x.test (profile), box@x.test (authenticator), news@x.test (added by the user)\n',
  );
  const { out: text } = await users(['show', 'ann', '--json']);
  expect((JSON.parse(text) as { notificationAddresses: unknown }).notificationAddresses).toEqual([
    { address: 'ann@x.test', source: 'profile' },
    { address: 'box@x.test', source: 'authenticator' },
    { address: 'news@x.test', source: 'added' },
  ]);
  expect(out + text).not.toMatch(/secret@x\.test|hash-of-a-code/);
});
