/**
 * What an administrator can do wrong, by the program itself: each is refused with a code, its place and what to do, and
 * what is active stays active. A node says at `/readyz` what it lacks.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '../../support/servers/free-port.ts';
import { runCommand } from '../../support/servers/run-command.ts';
import { type Running, startStepgate, stepgate } from '../../support/servers/stepgate-process.ts';
import { mmdb } from '../../support/values/mmdb-writer.ts';
import { until } from '../../support/values/until.ts';

let dir: string;
let config: string;
let env: Record<string, string>;
let server: Running | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-bad-input-'));
  config = join(dir, 'config');
  await cp('test/fixtures/configurations/0.1.0/init', config, { recursive: true });
  const port = await freePort();
  env = {
    DATA_DIR: join(dir, 'data'),
    CONFIG_DIR: config,
    PORT: String(port),
    HOST: '127.0.0.1',
    ISSUER: `http://localhost:${port}`,
  };
});
afterEach(async () => {
  await server?.stop('SIGTERM');
  server = undefined;
  await rm(dir, { recursive: true, force: true });
});

const rule = (when: string) =>
  `name: standard\nrules:\n  - name: Own\n    when:\n      expression: ${when}\n    then: deny\n  - name: Rest\n    then: { allow: { factors: 1 } }\n`;

/** The line, what stands there with a caret unless the file could not be read, and what to do. */
const shown = (line: string) =>
  new RegExp(
    `^${line.replace(/[[\]().*+<>]/g, '\\$&')}\\n${line.includes('too_large') ? '' : '  \\d \\| .*\\n {4}\\| +\\^\\n'}  what to do: .*\\n1 finding in 1 file; nothing was changed\\n$`,
  );

/** By what is wrong: the file, its text, and the line that is printed. */
const mistakes: readonly (readonly [string, string, string, string])[] = [
  [
    'a cycle',
    'apps/a.yaml',
    'clientId: &a\n  name: *a\n',
    'apps/a.yaml:2:9 `*a` stands within what it refers to [yaml_cycle]',
  ],
  [
    'a bomb',
    'apps/a.yaml',
    `${'abcdefgh'
      .split('')
      .map((key, at) => `${key}: &${key} [${Array(9).fill(at === 0 ? 'x' : `*${'abcdefgh'[at - 1]}`)}]`)
      .join('\n')}\n`,
    'apps/a.yaml:1:1 aliases blow the file up: they may be used 50 times at most [yaml_aliases]',
  ],
  [
    'a key twice',
    'apps/a.yaml',
    'clientId: a\nname: A\nclientId: b\n',
    'apps/a.yaml:3:1 `clientId` stands twice in this mapping [yaml_duplicate_key]',
  ],
  [
    '10 MB',
    'apps/a.yaml',
    `# ${'a'.repeat(10 * 1024 * 1024)}\n`,
    'apps/a.yaml:1:1 is larger than 1 MiB [file_too_large]',
  ],
  [
    'a type that does not fit',
    'policies/sign-on/standard.yaml',
    rule('user.groups + 1'),
    'policies/sign-on/standard.yaml:5:19 rules[0].when.expression is no expression that can be evaluated: no such overload: list<string> + int [expression_invalid]',
  ],
  [
    'an expression that is too dear',
    'policies/sign-on/standard.yaml',
    rule('user.groups.all(a, user.groups.all(b, a == b))'),
    'policies/sign-on/standard.yaml:5:38 rules[0].when.expression `all` stands within another test of each member: it would take too long [expression_too_dear]',
  ],
];

test('check, apply and a running server refuse bad files, and the active revision stays active', async () => {
  server = startStepgate(env, ['serve']);
  await server.line(/"listening"/);
  const before = await runCommand(env, ['config', 'history', '--json']);
  for (const [at, [what, file, text, line]] of mistakes.entries()) {
    const path = join(config, file);
    const kept = join('test/fixtures/configurations/0.1.0/init', file);
    await writeFile(path, text);
    const run = at === 0 ? stepgate : runCommand;
    for (const command of ['check', 'apply']) {
      const { code, out, err } = await run(env, ['config', command]);
      expect([what, command, code, out, err]).toEqual([what, command, 1, '', expect.stringMatching(shown(line))]);
    }
    await cp(kept, path).catch(() => rm(path));
  }
  expect((await runCommand(env, ['config', 'history', '--json'])).out).toBe(before.out);
  expect((await fetch(`http://127.0.0.1:${env.PORT}/readyz`)).status).toBe(200);
}, 300_000);

test.each<[string, readonly string[], RegExp]>([
  [
    'check',
    ['config', 'check', '/no/such'],
    /^there is no directory \/no\/such \[directory_missing\]\n {2}what to do: name the one that holds stepgate/,
  ],
  [
    'apply',
    ['config', 'apply', '/no/such'],
    /^there is no directory \/no\/such \[directory_missing\]\n {2}what to do: name the one that holds stepgate/,
  ],
  [
    'fmt',
    ['config', 'fmt', '/no/such'],
    /^there is no directory \/no\/such \[directory_missing\]\n {2}what to do: name the one that holds stepgate/,
  ],
  [
    'a draft',
    ['explain', '--app', 'wiki', '--config', '/no/such'],
    /\nthere is no directory \/no\/such \[directory_missing\]\n {2}what to do: name the one that holds stepgate/,
  ],
  [
    'tests',
    ['config', 'test', '--tests', '/no/such'],
    /^there is no directory \/no\/such \[directory_missing\]\n {2}what to do: write policy tests into tests/,
  ],
])('a directory that is not there: %s', async (_, words, line) => {
  const { code, out, err } = await runCommand(env, words);
  expect([code, out, err]).toEqual([1, '', expect.stringMatching(line)]);
});

test('a node without a MaxMind file that a zone needs is not ready, says the code of the check, and is ready once it is there', async () => {
  const file = join(dir, 'country.mmdb');
  const settings = join(config, 'stepgate.yaml');
  const zone = `networkData: { country: ${file} }\nzones: { home: { countries: [AT] } }\n`;
  await writeFile(settings, `${await readFile(settings, 'utf8')}${zone}`);
  const { code, err } = await runCommand(env, ['config', 'check']);
  expect([code, err]).toEqual([
    0,
    expect.stringContaining(
      `networkData.country on this machine, ${file} is not there, or this process may not read it [network_file_missing]`,
    ),
  ]);
  server = startStepgate(env, ['serve']);
  await server.line(/"listening"/);
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${env.PORT}/readyz`);
    return [response.status, await response.json()];
  };
  const unready = (reason: string) => [503, { status: 'not_ready', reason }];
  expect(await ready()).toEqual(unready('network_file_missing'));
  const good = mmdb('GeoLite2-Country', { '192.0.2.0/24': { country: { iso_code: 'AT' } } });
  for (const [bytes, reason] of [
    [mmdb('GeoLite2-ASN', { '192.0.2.0/24': { autonomous_system_number: 1 } }), 'network_file_foreign'],
    [good.subarray(0, good.length - 40), 'network_file_damaged'],
  ] as const) {
    await writeFile(file, bytes);
    await until(`/readyz says ${reason}`, async () => isDeepStrictEqual(await ready(), unready(reason)));
    const checked = await runCommand(env, ['config', 'check']);
    expect([checked.code, checked.err]).toEqual([0, expect.stringContaining(`[${reason}]`)]);
  }
  await writeFile(file, good);
  await until('it is ready', async () => (await ready())[0] === 200);
  // Damage within, of the same size: what was read before stays in use.
  await writeFile(file, Buffer.from(good).fill(0xff, 0, 200));
  await server.line(/network_file_damaged.*the previous version stays in use/);
  expect(await ready()).toEqual([200, { status: 'ready', warnings: ['network_file_damaged'] }]);
}, 120_000);
