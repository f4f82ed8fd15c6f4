/** From an empty directory to the first sign-in of the administrator, by the commands that `config init` names. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { authorizationRequest, discover, redeem, redirectUri, signIn } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { runCommand } from '../../support/servers/run-command.ts';
import { type Ran, type Running, startStepgate, stepgate } from '../../support/servers/stepgate-process.ts';

let dir: string;
let env: Record<string, string>;
let issuer: string;
let server: Running | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-first-start-'));
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  env = { DATA_DIR: join(dir, 'data'), CONFIG_DIR: join(dir, 'config'), PORT: String(port), HOST: '127.0.0.1' };
});
afterAll(async () => {
  expect(await server?.stop('SIGTERM')).toBe(0);
  await rm(dir, { recursive: true, force: true });
});

/** Runs it, and takes no warning. */
async function done(...words: string[]): Promise<string> {
  return checked(await runCommand(env, words));
}

function checked({ code, out, err }: Ran): string {
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

test('a new installation is checked, applied and started, and its administrator signs in', async () => {
  const answers = ['--issuer', issuer, '--app', 'wiki', '--redirect-uri', redirectUri, '--admin', 'root'];
  const { clientSecret } = JSON.parse(checked(await stepgate(env, ['config', 'init', '--json', ...answers])));
  expect(await done('config', 'check')).toMatch(/ is a good configuration: 1 app, 1 sign-on policy\n$/);
  expect(await done('config', 'test')).toMatch(/\n3 of 3 tests passed\n$/);
  expect(await done('config', 'apply', '--init')).toMatch(/^revision 1 is active: /);
  server = startStepgate(env, ['serve']);
  await server.line(/"listening"/);
  const added = await done('users', 'add', 'root', '--group', 'admins', '--password-generate', '--json');
  const { id, password } = JSON.parse(added);

  const config = await discover(issuer, 'wiki', {
    metadata: { client_secret: clientSecret },
    auth: client.ClientSecretBasic(clientSecret),
  });
  const request = await authorizationRequest(config);
  const user = { identifier: 'root', password };
  const { page, asked } = await signIn(new UserAgent(), request.url, user);
  expect(asked).toEqual(['identify', 'select', 'enroll:totp']);
  const tokens = await redeem(config, request, page.url);
  expect(tokens.claims()).toMatchObject({ iss: issuer, aud: 'wiki', sub: id, acr: 'urn:okta:loa:2fa:any' });
});

test('the sign-in that just happened becomes a policy test, which says nothing about who it was', async () => {
  const [line] = (await done('audit', 'tail', '--event', 'sign_in.completed', '--json')).trimEnd().split('\n');
  const { transaction, subject } = JSON.parse(line ?? '');
  const tests = join(dir, 'config', 'tests');
  const recorded = await runCommand(env, ['config', 'test', '--record', transaction]);
  const note = 'then the user set up totp, which the user of the test has already\n';
  expect(recorded).toMatchObject({ code: 0, err: note });
  await done('config', 'test', '--record', '--app', 'wiki', '--user', 'root', '--name', 'As they are now');
  const text = await readFile(join(tests, 'recorded.yaml'), 'utf8');
  expect(text).toBe(`# yaml-language-server: $schema=../schema/tests.schema.json

tests:
  - name: "Recorded: wiki"
    app: wiki
    user: { groups: [admins], enrolled: [password, totp] }
    request: { scopes: [openid, email, profile, groups] }
    expect: { deny: false, steps: [password, totp], rule: "Administrators, two factors", acr: urn:okta:loa:2fa:any }

  - name: As they are now
    app: wiki
    user: { groups: [admins], enrolled: [password, totp] }
    expect: { deny: false, steps: [password, totp], rule: "Administrators, two factors", acr: urn:okta:loa:2fa:any }
`);
  expect(text).not.toContain(subject);
  expect(await done('config', 'test')).toMatch(/\n5 of 5 tests passed\n$/);
  expect(await done('config', 'fmt', '--check')).toMatch(/ files in canonical form\n$/);
});
