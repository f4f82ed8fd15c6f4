/**
 * What commands cost with 1,000 apps, 200 sign-on policies and 100,000 users, and as a multiple of the first one of
 * their kind, which says more on a busy machine. `node test/bench/commands.ts` runs them
 * as the package does; it must be built (`npm run build`). Users are in an embedded store. With names, only these:
 * `check`, `rules`, `report`, `questions`, `diff`. The last measures questions and the report again, with these users.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { passwordCredential } from '../../src/authenticators/password/credential.ts';
import { openStore } from '../../src/stores/open.ts';
import type { Store } from '../../src/stores/store.ts';
import { Directory } from '../../src/users/directory/directory.ts';

const apps = 1000;
const policies = 200;
const rulesOfPolicy = 8;
const users = 100_000;

/**
 * `change`: the last rule of the session policy, or of one sign-on policy, asks for more; or rules of the enrollment
 * policy ask how the user signed in.
 */
interface Configuration {
  readonly invariants?: true;
  /** Rules on who may add what; `asked`: and rules of the enrollment policy that ask how the user signed in. */
  readonly account?: 'alone' | 'asked';
  readonly change?: 'session' | 'policy' | 'enrollment';
  /** A rule of each sign-on policy compares the app with an attribute of the user. */
  readonly expression?: true;
}

const settings = `issuer: https://id.example.test
brand: { name: Bench }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
attributes: { apps: { type: list }, code: {} }
zones:
${Array.from({ length: 20 }, (_, zone) => `  z${zone}: { cidrs: [10.${zone}.0.0/16, 10.${zone + 100}.0.0/17] }`).join('\n')}
`;

const enrollment = `rules:
  - { name: Some, when: { groups: { any: [g1] } }, then: { required: [totp] } }
  - { name: All, then: {} }
`;

const asked = `rules:
  - { name: Key, when: { authenticated: { any: [webauthn] } }, then: { optional: [totp] } }
  - { name: Password, when: { authenticated: { any: [password] }, groups: { any: [g2] } }, then: { required: [webauthn] } }
  - { name: Office, when: { authenticated: { any: [password] }, network: { any: [z3] } }, then: { required: [totp] } }
${enrollment.replace('rules:\n', '')}`;

const account = `rules:
  - { name: A1, change: { add: [webauthn] }, when: { groups: { any: [g3] }, network: { none: [z1] } }, then: { allow: { factors: 2 } } }
  - { name: A2, change: { add: [webauthn] }, when: { groups: { any: [g4] } }, then: { allow: { possession: { authenticators: [totp] } } } }
  - { name: A3, change: { add: [totp] }, when: { groups: { any: [g5] }, network: { none: [z2, z3] } }, then: { allow: { factors: 2 } } }
  - { name: A4, change: { add: [totp, webauthn] }, when: { network: { any: [z4] } }, then: { allow: { factors: 1 } } }
  - { name: A5, change: { remove: [totp] }, then: { allow: { factors: 2 } } }
  - { name: A6, change: { remove: [webauthn] }, then: { allow: { factors: 2 } } }
  - { name: A7, change: { add: [webauthn] }, when: { userType: { any: [temp] } }, then: { allow: { factors: 1 } } }
  - { name: A8, change: { add: [totp] }, when: { groups: { all: [g6, g7] } }, then: { allow: { factors: 2 } } }
  - { name: A9, change: { change: [password] }, when: { network: { none: [z1] } }, then: { allow: { factors: 2 } } }
  - { name: A10, change: { add: [webauthn] }, when: { groups: { any: [g8] } }, then: { allow: { factors: 2 } } }
  - { name: A11, then: { allow: { factors: 1 } } }
`;

const invariants = `invariants:
  - { name: A factor, always: { factors: 1 } }
  - { name: Administrators, when: { groups: { any: [admins] } }, always: { factors: 1 } }
  - { name: Outside, apps: { labels: [sensitive] }, when: { network: { none: [z1, z2] } }, always: { factors: 1 } }
  - { name: Nobody, when: { groups: { any: [nobody] } }, never: { authenticators: [security_question] } }
  - { name: Others, apps: { none: [a1] }, never: { authenticators: [recovery_code] } }
`;

function sessionPolicy({ change }: Configuration): string {
  const allow = (primary: string) =>
    `{ allow: { primary: ${primary}, secondFactor: never, idle: PT2H, absolute: P1D } }`;
  return `rules:
  - { name: Office, when: { network: { any: [z1, z2] } }, then: ${allow('any')} }
  - { name: All, then: ${allow(change === 'session' ? 'password' : 'any')} }
`;
}

const asksForApp = `, expression: 'has(user.profile.apps) && request.clientId in user.profile.apps'`;

function signOnPolicy(policy: number, { change, expression }: Configuration): string {
  const rules = Array.from({ length: rulesOfPolicy }, (_, rule) => {
    const groups = `groups: { any: [g${(policy + rule) % 50}, h${rule}] }`;
    return `  - name: R${rule}
    when: { ${groups}, network: { any: [z${rule}, z${rule + 5}] }${expression && rule === 3 ? asksForApp : ''} }
    then: { allow: { factors: ${1 + (rule % 2)} } }`;
  });
  const factors = change === 'policy' && policy === 7 ? 1 : 2;
  return `name: p${policy}\nrules:\n${rules.join('\n')}\n  - { name: Rest, then: { allow: { factors: ${factors} } } }\n`;
}

function appFile(app: number): string {
  const labels = app % 100 === 0 ? 'labels: [sensitive]\n' : '';
  const client = '{ redirect_uris: [https://app.example.test/cb] }';
  return `clientId: a${app}\nname: App ${app}\n${labels}signOnPolicy: p${app % policies}\nclient: ${client}\n`;
}

async function writeConfiguration(dir: string, configuration: Configuration): Promise<void> {
  for (const folder of ['apps', 'policies/sign-on']) await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, 'stepgate.yaml'), settings);
  const asksHow = configuration.account === 'asked' || configuration.change === 'enrollment';
  await writeFile(join(dir, 'policies/enrollment.yaml'), asksHow ? asked : enrollment);
  if (configuration.account) await writeFile(join(dir, 'policies/account.yaml'), account);
  await writeFile(join(dir, 'policies/session.yaml'), sessionPolicy(configuration));
  if (configuration.invariants) await writeFile(join(dir, 'invariants.yaml'), invariants);
  for (let policy = 0; policy < policies; policy += 1)
    await writeFile(join(dir, `policies/sign-on/p${policy}.yaml`), signOnPolicy(policy, configuration));
  for (let app = 0; app < apps; app += 1) await writeFile(join(dir, `apps/a${app}.yaml`), appFile(app));
}

/** One app, under a policy of a thousand rules that each compare an attribute of the user. */
async function writeManyRules(dir: string, invariant: string): Promise<void> {
  for (const folder of ['apps', 'policies/sign-on']) await mkdir(join(dir, folder), { recursive: true });
  const rules = Array.from({ length: 1000 }, (_, rule) => {
    const when = `expression: 'has(user.profile.code) && user.profile.code == "x${rule}"'`;
    return `  - { name: R${rule}, when: { ${when} }, then: { allow: { factors: 1 } } }`;
  });
  const last = '  - { name: Rest, then: { allow: { factors: 1 } } }';
  await writeFile(join(dir, 'stepgate.yaml'), settings);
  await writeFile(join(dir, 'policies/session.yaml'), sessionPolicy({}));
  await writeFile(join(dir, 'policies/enrollment.yaml'), enrollment);
  await writeFile(join(dir, 'policies/sign-on/p0.yaml'), `name: p0\nrules:\n${rules.join('\n')}\n${last}\n`);
  await writeFile(join(dir, 'apps/a0.yaml'), appFile(0));
  if (invariant !== '') await writeFile(join(dir, 'invariants.yaml'), `invariants:\n  - { name: All, ${invariant} }\n`);
}

interface Cost {
  /** Of the process (seconds). */
  readonly cpu: number;
  /** Wall clock (seconds). */
  readonly wall: number;
}

/** At its end the process writes its CPU (microseconds) to its fourth stream. */
const tellsCpu = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String(user + system));
  });
`)}`;

async function run(data: string, args: readonly string[]): Promise<Cost> {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', tellsCpu, 'dist/main.js', ...args],
    {
      env: { ...process.env, DATA_DIR: data },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    },
  );
  const [, , errors, told] = child.stdio;
  const [[status], problems, micros] = await Promise.all([
    once(child, 'exit'),
    text(errors as Readable),
    text(told as Readable),
  ]);
  // 1: a standard is not met.
  if (status !== 0 && !args.includes('--standard')) throw new Error(`${args.join(' ')}: ${problems}`);
  return { cpu: Number(micros) / 1e6, wall: (performance.now() - start) / 1000 };
}

/** Users in two of the groups that rules name, and in three others. Some have TOTP. */
async function addUsers(store: Store): Promise<void> {
  const directory = new Directory(store, () => Math.floor(Date.now() / 1000));
  const create = (user: number) =>
    directory.create({
      identifiers: [`user-${user}@example.test`],
      profile: { displayName: `User ${user}`, email: `user-${user}@example.test` },
      groups: [`g${user % 50}`, `h${user % 11}`, ...[0, 1, 2].map((other) => `team ${(user * 7 + other) % 300}`)],
      credentials: [passwordCredential('a hash of some length, as argon2 writes it'), ...(user % 3 ? [] : [totp])],
    });
  const batch = 500;
  for (let from = 0; from < users; from += batch)
    await Promise.all(Array.from({ length: batch }, (_, index) => create(from + index)));
}

const totp = {
  authenticator: 'totp',
  factors: ['possession'],
  characteristics: ['userPresence', 'deviceBound'],
  secret: { key: 'JBSWY3DPEHPK3PXP', step: 0 },
} as const;

/** What is written of each command: its cost, and what `more` says. */
type Report = (what: string, args: readonly string[], more?: () => Promise<string>) => Promise<void>;

const measurements: Readonly<Record<string, (base: string, report: Report) => Promise<void>>> = {
  async check(base, report) {
    const invariantsDir = join(base, 'invariants');
    await writeConfiguration(invariantsDir, { invariants: true });
    await report('config check', ['config', 'check', join(base, 'active')]);
    await report('config check, five invariants', ['config', 'check', invariantsDir]);
    for (const kind of ['alone', 'asked'] as const) {
      await writeConfiguration(join(base, kind), { account: kind });
      await report(`config check, account policy, ${kind}`, ['config', 'check', join(base, kind)]);
    }
    for (const [name, kind] of Object.entries({
      none: {},
      account: { account: 'alone' },
      asked: { account: 'asked' },
    } as const)) {
      const dir = join(base, `expressions-${name}`);
      await writeConfiguration(dir, { expression: true, ...kind });
      await report(`config check, expressions about the app, account policy: ${name}`, ['config', 'check', dir]);
    }
    await report('config check --standard', ['config', 'check', join(base, 'active'), '--standard', 'nist-aal2']);
  },
  async rules(base, report) {
    for (const invariant of ['', 'always: { factors: 1 }', 'always: allow']) {
      const dir = join(base, `rules ${invariant.length}`);
      await writeManyRules(dir, invariant);
      await report(`config check, 1,000 rules with expressions, ${invariant || 'no invariant'}`, [
        'config',
        'check',
        dir,
      ]);
    }
  },
  async report(base, report) {
    const file = join(base, 'report.html');
    const size = async () => `, ${((await stat(file)).size / 1e6).toFixed(1)} MB`;
    const args = ['config', 'report', join(base, 'active'), '--out', file];
    await report('config report', args, size);
    await report('config report --json', [...args, '--json']);
  },
  async questions(base, report) {
    const files = ['--config', join(base, 'active')];
    await report('config matrix', ['config', 'matrix', ...files]);
    await report('config matrix --json', ['config', 'matrix', ...files, '--json']);
    await report('config who', ['config', 'who', 'a7', ...files]);
  },
  async diff(base, report) {
    await report('config apply, empty store', ['config', 'apply', join(base, 'active'), '--yes']);
    const store = await openStore({ dataDir: join(base, 'data') });
    await addUsers(store).finally(() => store.close());
    for (const change of ['policy', 'session', 'enrollment'] as const) {
      await writeConfiguration(join(base, change), { change });
      await report(`config diff, ${change}`, ['config', 'diff', join(base, change)]);
    }
    await report('config what', ['config', 'what', 'user-7@example.test']);
    await report('config matrix --json, users', ['config', 'matrix', '--json']);
    const page = join(base, 'report.html');
    await report('config report --json, users', ['config', 'report', join(base, 'active'), '--out', page, '--json']);
  },
};

/** Says of each but the first how many times its CPU it takes. */
function reporter(data: string): Report {
  let first: number | undefined;
  return async (what, args, more) => {
    const { cpu, wall } = await run(data, args);
    const times = first === undefined ? '' : `, ${(cpu / first).toFixed(1)} times the first`;
    first ??= cpu;
    process.stdout.write(
      `${what}: ${cpu.toFixed(1)} s of CPU${times}, ${wall.toFixed(1)} s${(await more?.()) ?? ''}\n`,
    );
  };
}

/** `named`: of the measurements. */
async function measure(named: readonly string[]): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'stepgate-commands-'));
  try {
    await writeConfiguration(join(base, 'active'), {});
    for (const name of named) await measurements[name]?.(base, reporter(join(base, 'data')));
  } finally {
    await rm(base, { recursive: true });
  }
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  await measure(named.length > 0 ? named : Object.keys(measurements));
}
