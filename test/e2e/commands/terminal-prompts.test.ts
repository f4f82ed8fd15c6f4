/** The program on a real terminal, by `script` (util-linux), which every Debian has: it shows, asks, listens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorContext } from '../../../src/cli/authenticator-context.ts';
import { baseContext } from '../../../src/cli/base-context.ts';
import { configCommand } from '../../../src/cli/config/config.ts';

const files: Readonly<Record<string, string>> = {
  'stepgate.yaml': 'brand: { name: Test }\nauthenticators: { password: { enabled: true }, totp: { enabled: true } }\n',
  'apps/notes.yaml':
    'clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient: { redirect_uris: [https://notes.test/cb] }\n',
  'policies/session.yaml':
    'rules: [{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } } }]\n',
  'policies/sign-on/notes.yaml': 'name: notes\nrules: [{ name: All, then: { allow: { factors: 1 } } }]\n',
};

test('config apply on a terminal', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-terminal-'));
  const config = join(dir, 'config');
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(config, file)), { recursive: true });
    await writeFile(join(config, file), text);
  }
  const env = { DATA_DIR: join(dir, 'data'), CONFIG_DIR: config };
  const quiet = { stdout: () => undefined, stderr: () => undefined, openQuestions: async () => undefined };
  const context = { ...baseContext(env), ...authenticatorContext, ...quiet };
  await configCommand(context).parseAsync(['apply'], { from: 'user' });
  const policy = join(config, 'policies/sign-on/notes.yaml');
  await writeFile(policy, String(files['policies/sign-on/notes.yaml']).replace('factors: 1', 'factors: 2'));

  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const command = `${process.execPath} --disable-warning=ExperimentalWarning dist/main.js config apply`;
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...inherited, ...env, NO_COLOR: '1' } });
  let shown = '';
  terminal.stdout.on('data', (text: Buffer) => {
    const isNew = !shown.includes('[y/N]');
    shown += text.toString();
    if (isNew && shown.includes('[y/N]')) terminal.stdin.write('y\r');
  });
  const [code] = await once(terminal, 'close');
  await rm(dir, { recursive: true, force: true });
  expect(shown).toMatch(/factors: 1 -> 2.*Apply this, as revision 2\? \[y\/N\].*revision 2 is active/s);
  expect(code).toBe(0);
}, 60_000);
