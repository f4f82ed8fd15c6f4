/** The commands next to a running server, on one data directory: the server sees what an administrator does. */

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditLine } from '../../../src/cli/audit/audit-text.ts';
import type { Explanation } from '../../../src/flow/explain.ts';
import {
  authorizationRequest,
  discover,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { password } from '../../support/servers/node.ts';
import { runCommand } from '../../support/servers/run-command.ts';
import { type Ran, type Running, startStepgate, stepgate } from '../../support/servers/stepgate-process.ts';
import { until } from '../../support/values/until.ts';

let dir: string;
let env: Record<string, string>;
let issuer: string;
let server: Running;

/** Where the server keeps what Node compiled for it. */
function compiled(): string {
  return join(dir, 'compiled');
}

function run(...words: string[]): Promise<Ran> {
  return runCommand(env, words);
}

async function done(...words: string[]): Promise<string> {
  const { code, out, err } = await run(...words);
  // The demo's configuration may give reason to warn: that is no failure.
  expect({ code, err: err.replaceAll(/^\S+:\d+:\d+: warning: .*\n(?: .*\n)*/gm, '') }).toEqual({ code: 0, err: '' });
  return out;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-cli-'));
  const configDir = join(dir, 'config');
  await cp('config', configDir, { recursive: true });
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  env = { DATA_DIR: join(dir, 'data'), CONFIG_DIR: configDir, PORT: String(port), ISSUER: issuer, HOST: '127.0.0.1' };
  server = startStepgate({ ...env, NODE_COMPILE_CACHE: compiled() }, ['serve']);
  await server.line(/"listening"/);
});
afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
  await rm(dir, { recursive: true, force: true });
});

async function addUser(identifier: string, ...groups: string[]): Promise<TestUser> {
  const words = ['users', 'add', identifier, '--password-stdin', ...groups.flatMap((group) => ['--group', group])];
  const { code, out, err } = await runCommand(env, words, `${password}\n`);
  expect({ code, out, err }).toEqual({ code: 0, out: expect.stringMatching(/^added /), err: '' });
  return { identifier, password };
}

/** Signs in to the end; gives what was asked, and the browser. */
async function signInTo(app: string, user: TestUser, agent = new UserAgent()): Promise<readonly string[]> {
  const config = await discover(issuer, app);
  const request = await authorizationRequest(config);
  const { page, asked } = await signIn(agent, request.url, user);
  expect(page.url).toContain(redirectUri);
  await redeem(config, request, page.url);
  return asked;
}

async function auditLines(...words: string[]): Promise<readonly AuditLine[]> {
  const out = await done('audit', 'tail', '--json', ...words);
  return out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditLine]));
}

async function explained(...words: string[]): Promise<Explanation> {
  return JSON.parse(await done('explain', '--json', ...words)) as Explanation;
}

/** The steps with a page, as `signIn` names them. */
function foretold({ steps }: Explanation): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'identify' || step.kind === 'select') return [step.kind];
    return step.kind === 'challenge' || step.kind === 'enroll' ? [`${step.kind}:${step.authenticator}`] : [];
  });
}

test('explain foretells the pages, the rule and the acr of a real sign-in, the first time and the second', async () => {
  const bob = await addUser('bob@cli.test', 'staff');
  const question = ['--app', 'payroll', '--user', bob.identifier, '--ip', '127.0.0.1'];
  const first = await explained(...question);
  expect(foretold(first)).toEqual(['identify', 'select', 'enroll:totp']);
  expect(await signInTo('payroll', bob)).toEqual(foretold(first));

  const second = await explained(...question);
  expect(foretold(second)).toEqual(['identify', 'challenge:totp']);
  const agent = new UserAgent();
  expect(await signInTo('payroll', bob, agent)).toEqual(foretold(second));

  const third = await explained(...question, '--evidence', 'password,totp', '--device', 'known');
  expect(foretold(third)).toEqual([]);
  expect(await signInTo('payroll', bob, agent)).toEqual(foretold(third));

  const lines = await auditLines('--user', bob.identifier, '--event', 'sign_in.completed');
  expect(lines).toHaveLength(3);
  for (const [index, explanation] of [first, second, third].entries()) {
    const last = explanation.steps.at(-1);
    expect(lines[index]).toMatchObject({
      rule: explanation.rule,
      policyRevision: explanation.revision,
      acr: last?.kind === 'complete' ? last.acr : '',
    });
  }
});

test('explain foretells a denial', async () => {
  const carol = await addUser('carol@cli.test', 'contractors');
  const explanation = await explained('--app', 'payroll', '--user', carol.identifier, '--ip', '127.0.0.1');
  expect(explanation.steps.map(({ kind }) => kind)).toEqual(['identify', 'denied']);
  const request = await authorizationRequest(await discover(issuer, 'payroll'));
  await signIn(new UserAgent(), request.url, carol);
  const [line] = await auditLines('--event', 'sign_in.denied', '-n', '1');
  expect(line).toMatchObject({ client: 'payroll', outcome: 'deny', rule: explanation.rule, reason: 'rule' });
});

test('audit tail -f shows a sign-in while it happens, and ends when interrupted', async () => {
  const ann = await addUser('ann@cli.test');
  const tail = startStepgate(env, ['audit', 'tail', '-f', '-n', '0', '--user', ann.identifier]);
  // It says nothing before something happens, so each try has to be seen or followed by another.
  let seen = false;
  const line = tail.line(/sign_in\.completed/).finally(() => {
    seen = true;
  });
  await until('the line of a sign-in', async () => {
    if (!seen) await signInTo('notes', ann);
    return seen;
  });
  expect(await line).toMatch(
    /sign_in\.completed +success +ann@cli\.test +client=notes .*rule="session: Everybody; app: Everybody; enrollment: Everybody else"/,
  );
  expect(await tail.stop('SIGINT')).toBe(0);
});

test('what happens to a user counts at the next sign-in', async () => {
  const dora = await addUser('dora@cli.test', 'staff');
  expect(await done('users', 'list')).toContain('dora@cli.test');
  expect(await done('users', 'show', 'DORA@cli.test')).toContain('staff');
  expect(await signInTo('notes', dora)).toEqual(['identify']);

  await done('users', 'suspend', dora.identifier);
  const request = await authorizationRequest(await discover(issuer, 'notes'));
  const { page } = await signIn(new UserAgent(), request.url, dora);
  expect(page.url).not.toContain(redirectUri);
  await done('users', 'activate', dora.identifier);
  expect(await signInTo('notes', dora)).toEqual(['identify']);

  expect(await done('users', 'groups', dora.identifier, '--remove', 'staff', '--add', 'contractors')).toContain(
    'contractors',
  );
  const denied = await explained('--app', 'payroll', '--user', dora.identifier);
  expect(denied.steps.at(-1)).toMatchObject({ kind: 'denied', reason: 'rule' });

  const other = { ...dora, password: 'another battery, another staple' };
  const words = ['users', 'reset', dora.identifier, '--password-stdin'];
  expect((await stepgate(env, words, other.password)).code).toBe(0);
  expect(await signInTo('notes', other)).toEqual(['identify']);
  const unknown = await run('users', 'show', 'nobody@cli.test');
  expect(unknown).toMatchObject({ code: 1, out: '', err: 'there is no user "nobody@cli.test"\n' });
});

test('imported users sign in; a bad record is reported with its line', async () => {
  const file = join(dir, 'users.jsonl');
  const record = { username: 'ivy', groups: ['staff'], password };
  await writeFile(file, `${JSON.stringify(record)}\n{"username":"a b"}\n`);
  const ran = await stepgate(env, ['users', 'import', file]);
  expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('line 2') });
  expect(await signInTo('notes', { identifier: 'ivy', password })).toEqual(['identify']);
});

test('a broken file: every finding with its location, exit code 1, and nothing changes', async () => {
  const broken = join(dir, 'broken');
  await cp('config', broken, { recursive: true });
  await writeFile(
    join(broken, 'policies/sign-on/notes.yaml'),
    'name: notes\nrules:\n  - name: All\n    then: perhaps\n',
  );
  const history = await done('config', 'history');
  for (const command of ['check', 'apply']) {
    const { code, out, err } = await run('config', command, broken);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^policies\/sign-on\/notes\.yaml:4:11 rules\[0\]\.then /);
  }
  expect(await done('config', 'history')).toBe(history);
  const explaining = await run('explain', '--app', 'notes', '--config', broken);
  expect(explaining).toMatchObject({ code: 1, out: '' });
  expect(explaining.err).toContain('policies/sign-on/notes.yaml:4:11');
});

test('a revision that is applied is active within two seconds, for the next step of a sign-in in progress too', async () => {
  const other = join(dir, 'other');
  await cp('config', other, { recursive: true });
  await rm(join(other, 'invariants.yaml'));
  await writeFile(
    join(other, 'policies/sign-on/notes.yaml'),
    'name: notes\nrules:\n  - name: Closed today\n    when: { scopes: { any: [openid] } }\n    then: deny\n  - name: Others\n    then: { allow: { factors: 1 } }\n',
  );
  const before = await explained('--app', 'notes', '--config', other);
  expect(before.steps).toEqual([{ kind: 'denied', reason: 'rule', layer: 'app', rule: 'Closed today' }]);
  const config = await discover(issuer, 'notes');
  const request = await authorizationRequest(config);
  const agent = new UserAgent();
  const page = await agent.open(request.url, {}, redirectUri);
  expect(page.forms.map(({ step }) => step)).toContain('identify');

  expect(await done('config', 'apply', other, '-m', 'closed')).toContain('sign-on/notes');
  const { page: refused } = await signIn(agent, page, { identifier: 'ivy', password });
  expect(refused.url).not.toContain(redirectUri);
  const [line] = await auditLines('--event', 'sign_in.denied', '-n', '1');
  expect(line).toMatchObject({
    client: 'notes',
    rule: 'session: Everybody; app: Closed today; enrollment: Everybody else',
  });
  expect(line?.policyRevision).toBe((await explained('--app', 'notes')).revision);
  await until('the doctor sees other files', async () => /^warn {2}files/m.test(await done('doctor')));

  expect(await done('config', 'apply', '-m', 'open again')).toContain('sign-on/notes');
  expect(await signInTo('notes', { identifier: 'ivy', password })).toEqual(['identify']);
});

test('a report about the files is one page, and compares them with the active revision', async () => {
  const file = join(dir, 'report.html');
  expect(await done('config', 'report', '--out', file, '--standard', 'phr-only')).toBe(`wrote ${file}\n`);
  const page = await readFile(file, 'utf8');
  expect(page).toContain('aria-label="Sign-on policy payroll"');
  expect(page).toMatch(/Compared with revision \d+, which is active/);
  expect(page).toMatch(/Invariants<\/a> <span class="faint">4 of 4 proved</);
});

test('doctor finds nothing wrong next to a running server', async () => {
  const { code, out, err } = await stepgate(env, ['doctor']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).not.toMatch(/^fail/m);
  expect(out).toMatch(/^ok {4}issuer +http:\/\/localhost:\d+$/m);
  expect(out).toMatch(/^ok {4}keys /m);
  expect(out).not.toContain('\u001b[');
});

test('the code that Node compiled is kept next to the packages, where only the installing user can write', async () => {
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: _cache, ...environment } = process.env;
  const ask = `import { getCompileCacheDir } from 'node:module'; process.on('exit', () => console.log(getCompileCacheDir()))`;
  const asking = ['--import', `data:text/javascript,${encodeURIComponent(ask)}`];
  const words = ['--disable-warning=ExperimentalWarning', ...asking, 'dist/main.js', '--version'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: environment });
  expect(stdout).toContain(join(process.cwd(), 'node_modules', '.cache', 'stepgate'));
});

test('a command uses what Node compiled for the server, which runs with another flag of V8', async () => {
  // It answers after it has written that down.
  await (await fetch(`${issuer}/readyz`)).arrayBuffer();
  const told = { NODE_COMPILE_CACHE: compiled(), NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const { code, err } = await stepgate({ ...env, ...told }, ['users', 'list']);
  expect(code).toBe(0);
  expect(err).toMatch(/was accepted/);
  expect(err).not.toMatch(/was rejected/);
});

test('what an expression reads of the time does not depend on the time zone of the machine', async () => {
  const other = join(dir, 'summer');
  await cp('config', other, { recursive: true });
  await rm(join(other, 'invariants.yaml'));
  const when = '{ expression: "now.getDayOfYear() == 181" }';
  const rules = `rules:\n  - { name: July, when: ${when}, then: deny }\n  - { name: Rest, then: { allow: { factors: 1 } } }\n`;
  await writeFile(join(other, 'policies/sign-on/notes.yaml'), `name: notes\n${rules}`);
  const words = [
    'explain',
    '--config',
    other,
    '--app',
    'notes',
    '--groups',
    '',
    '--at',
    '2027-07-01T12:00:00Z',
    '--json',
  ];
  const { out } = await stepgate({ ...env, TZ: 'Europe/Vienna' }, words);
  const { steps }: Explanation = JSON.parse(out);
  expect(steps.at(-1)).toMatchObject({ kind: 'denied', rule: 'July' });
});

test('a reader that has had enough is no error', async () => {
  const script = 'set -o pipefail; "$0" --disable-warning=ExperimentalWarning dist/main.js explain --app notes | true';
  const environment = { ...process.env, ...env, NODE_OPTIONS: '' };
  const ran = await promisify(execFile)('bash', ['-c', script, process.execPath], { env: environment });
  expect(ran).toEqual({ stdout: '', stderr: '' });
});
