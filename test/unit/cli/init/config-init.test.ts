/** `stepgate config init`: what it asks, what it writes, and that it leaves nothing behind when it does not. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import type { Questions } from '../../../../src/cli/init/answers.ts';
import { type InitContext, initCommand } from '../../../../src/cli/init/init.ts';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'stepgate-init-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;

/** Rejects with what the command rejects with. */
async function init(words: readonly string[], context: Partial<InitContext> = {}): Promise<string> {
  let printed = '';
  const command = initCommand({
    configDir: join(parent, 'config'),
    authenticators: authenticatorKinds,
    stdout: (text) => {
      printed += text;
    },
    interrupted: () => new AbortController().signal,
    now: () => now,
    openQuestions: async () => undefined,
    hasStore: () => false,
    ...context,
  });
  await command.parseAsync([...words], { from: 'user' });
  return printed;
}

/** A terminal on which these answers are given, one after the other. `log`: what it shows. */
function answering(answers: readonly string[], log: string[] = []): () => Promise<Questions & { close(): void }> {
  const left = [...answers];
  return async () => ({
    ask: async (question) => {
      log.push(question);
      const answer = left.shift();
      if (answer === undefined) throw new Error('stopped');
      return answer;
    },
    say: (text) => void log.push(text),
    close: () => void log.push('closed'),
  });
}

const needed = ['--issuer', 'https://id.example.org', '--app', 'wiki', '--admin', 'root@example.org'];
const options = [...needed, '--redirect-uri', 'https://wiki.example.org/cb'];
const mail = ['--mail-host', 'mail.example.org', '--mail-user', 'stepgate'];

async function contentOf(dir: string): Promise<string> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.join('');
}

test.each([
  ['with mail', mail],
  ['without mail', []],
  ['with a public app', ['--public', '--app-name', 'Wiki: the "good" one']],
  ['on this machine', ['--issuer', 'http://localhost:3000', '--name', '$' + '{NAME} # no']],
])('what it writes %s passes the check without a word, and its own tests', async (_, more) => {
  await init([...options, ...more]);
  const dir = join(parent, 'config');
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  expect(loaded.warnings).toEqual([]);
  expect(await analyse(loaded, { authenticators: authenticatorKinds, now })).toEqual([]);
  let printed = '';
  const command = configTestCommand({
    configDir: dir,
    authenticators: authenticatorKinds,
    variables: {},
    openStore: async () => openEmbedded({ file: ':memory:' }),
    now: () => now,
    stdout: (text) => {
      printed += text;
    },
    stderr: () => {},
    setExitCode: () => {},
  });
  await command.parseAsync(['--coverage'], { from: 'user' });
  expect(printed).toMatch(/^3 of 3 tests passed\n(\d+) of \1 rules decided a test\n/m);
});

test('answers come out of the files as they went in', async () => {
  const name = '$' + '{NAME} # "no"';
  await init([...options, '--name', name, '--app-name', 'yes']);
  const dir = join(parent, 'config');
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const contents = [...loaded.documents.values()].map(({ content }) => content);
  expect(contents).toContainEqual(expect.objectContaining({ issuer: 'https://id.example.org', brand: { name } }));
  expect(contents).toContainEqual(expect.objectContaining({ clientId: 'wiki', name: 'yes' }));
});

test('the secret of the app is printed once, and only its hash is written', async () => {
  const { clientSecret, next, directory } = JSON.parse(await init([...options, '--json']));
  expect(clientSecret).toMatch(/^[\w-]{43}$/);
  const files = await contentOf(directory);
  expect(files).not.toContain(clientSecret);
  expect(files).toMatch(/clientSecretHash: sha256:[\w-]{43}\n/);
  expect(next).toContain(
    'stepgate users add root@example.org --email root@example.org --group admins --password-generate',
  );
});

test('what comes next is printed as commands for a shell', async () => {
  const printed = await init([join(parent, 'my own'), ...options, ...mail, '--public', '--admin', "o'neil"]);
  expect(printed).toContain(`  CONFIG_DIR='${join(parent, 'my own')}' stepgate config apply --init\n`);
  expect(printed).toContain("  stepgate users add 'o'\\''neil' --group admins --password-generate\n");
  expect(printed).toContain('  SMTP_PASSWORD=... CONFIG_DIR=');
  expect(printed).not.toContain('secret of');
});

test('where there is a store already, such as that of the demo, what comes next makes one of its own', async () => {
  const dir = join(parent, 'mine');
  const printed = await init([dir, ...options], { dataDir: 'data', hasStore: (name) => name === 'data' });
  const own = `DATA_DIR=${dir}-data CONFIG_DIR=${dir} `;
  expect(printed).toContain('  # data has a store already, such as that of the demo: these commands make a new one.\n');
  expect(printed).toContain(`  CONFIG_DIR=${dir} stepgate config check\n`);
  expect(printed).toContain(`  ${own}stepgate config apply --init\n  DATA_DIR=${dir}-data stepgate users add root`);
  expect(printed).toContain(`  ${own}stepgate serve\n`);
  expect(await init([join(parent, 'other'), ...options], { dataDir: 'data' })).not.toMatch(/DATA_DIR|already/);
  // In Redis.
  expect(await init([join(parent, 'another'), ...options])).not.toMatch(/DATA_DIR|already/);
});

test.each(['mine', 'mine/', './mine/.'])('the store of its own is beside the directory: %s', async (name) => {
  const dir = `${parent}/${name}`;
  const context = { dataDir: 'data', hasStore: (at: string) => at === 'data' };
  const { next } = JSON.parse(await init([dir, ...options, '--json'], context));
  expect(next).toContain(`DATA_DIR=${join(parent, 'mine')}-data CONFIG_DIR=${dir} stepgate serve`);
});

test.each([
  [['mine-data'], 'mine-data-2'],
  [['mine-data', 'mine-data-2', 'mine-data-4'], 'mine-data-3'],
])('the store of its own is where none is yet: beside %j', async (taken, expected) => {
  const dir = join(parent, 'mine');
  const stores = taken.map((name) => join(parent, name));
  const context = { dataDir: join(parent, 'mine-data'), hasStore: (at: string) => stores.includes(at) };
  const { next } = JSON.parse(await init([dir, ...options, '--json'], context));
  expect(next).toContain(`DATA_DIR=${join(parent, expected)} CONFIG_DIR=${dir} stepgate serve`);
});

test('on a terminal it asks for what no option gives, and asks again after an invalid answer', async () => {
  const log: string[] = [];
  const answers = ['ftp://x', 'http://localhost:3000', '', 'wiki', '', '', 'maybe', 'no', '', '', 'root'];
  await init([], { openQuestions: answering(answers, log) });
  const again = log.filter((line) => line.startsWith('  '));
  expect(again).toEqual([
    '  "ftp://x" must be https, or http on loopback\n',
    '  "maybe" must be yes or no\n',
    '  the answer must not be empty\n',
  ]);
  expect(log.at(-1)).toBe('closed');
  const files = await contentOf(join(parent, 'config'));
  expect(files).toContain('issuer: http://localhost:3000\n\nbrand:\n  name: localhost\n');
  expect(files).toContain('token_endpoint_auth_method: none');
});

test('a stop at a question, or before the files are in place, leaves nothing', async () => {
  const openQuestions = answering(['http://localhost:3000', '']);
  await expect(init([], { openQuestions })).rejects.toThrow('stopped');
  await expect(init(options, { interrupted: () => AbortSignal.abort() })).rejects.toThrow(
    'stopped: nothing was written',
  );
  expect(await readdir(parent)).toEqual([]);
});

test('a directory that was there is there afterwards, and as it was', async () => {
  const dir = join(parent, 'config');
  await mkdir(join(dir, '.git'), { recursive: true });
  await expect(init(options, { interrupted: () => AbortSignal.abort() })).rejects.toThrow('stopped');
  expect(await readdir(dir)).toEqual(['.git']);
  await init(options);
  expect((await readdir(dir)).sort()).toEqual(['.git', 'apps', 'policies', 'schema', 'stepgate.yaml', 'tests']);
});

test.each<[string, string, readonly string[], string]>([
  ['a directory that is not empty', 'full', options, 'full is not empty: it holds `a` and 1 more. Name a directory'],
  ['a file', 'full/a', options, 'full/a is a file, and no directory'],
  ['a directory within a file', 'full/a/b', options, 'full/a/b is a file, and no directory'],
  ['no terminal and no answers', 'new', [], 'nobody can be asked here, as this is no terminal: give --issuer, --app,'],
  ['an issuer with a path', 'new', [...options, '--issuer', 'https://a.test/b'], '--issuer "https://a.test/b" must be'],
  ['a redirect URI without TLS', 'new', [...options, '--redirect-uri', 'http://a.test/'], '--redirect-uri "http://a.'],
  ['an empty identifier', 'new', [...options, '--admin', ' '], '--admin " " cannot be an identifier: empty'],
  ['a sender without a server', 'new', [...options, '--mail-from', 'a@b.test'], '--mail-from and --mail-user go with'],
  ['a client id with a space', 'new', [...options, '--app', 'a b'], '--app "a b" must be made of letters'],
])('%s is refused, and nothing is written', async (_, name, words, message) => {
  await mkdir(join(parent, 'full'));
  await writeFile(join(parent, 'full/a'), 'kept');
  await writeFile(join(parent, 'full/b'), '');
  await expect(init([join(parent, name), ...words])).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining(message),
  });
  expect([await readdir(parent), await readFile(join(parent, 'full/a'), 'utf8')]).toEqual([['full'], 'kept']);
});
