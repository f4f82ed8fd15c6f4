/** `config matrix`, `config who` and `config what`: what they say of whole configurations. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { groupCombinations } from '../../../../../src/cli/config/questions/group-combinations.ts';
import { keyTable } from '../../../../../src/stores/key-table.ts';
import { attemptCounter, signInHistoryKey } from '../../../../../src/stores/keys.ts';
import { mmdb } from '../../../../support/values/mmdb-writer.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { askWithoutStore, cells, questions } from '../../support/asked-questions.ts';
import { applyDemo, openTerminal, run, type Terminal } from '../../support/harness.ts';

let terminal: Terminal;
const secret = { secret: {}, characteristics: [] };
const password = { authenticator: 'password', factors: ['knowledge' as const], ...secret };
const totp = { authenticator: 'totp', factors: ['possession' as const], ...secret };

beforeAll(async () => {
  terminal = openTerminal();
  await applyDemo(terminal.store);
  const users: [string, string[], (typeof password | typeof totp)[]][] = [
    ['bob@demo.test', ['staff', 'auditors'], [password]],
    ['eve@demo.test', ['auditors', 'staff'], [password, totp]],
    ['carol@demo.test', ['contractors'], [password]],
    ['dan@demo.test', ['contractors', 'staff'], [password]],
  ];
  for (const [identifier, groups, credentials] of users)
    await terminal.directory.create({ identifiers: [identifier], groups, credentials });
  const dan = await terminal.directory.findByIdentifier('dan@demo.test');
  await terminal.directory.update(dan?.user.id ?? '', (user) => ({ ...user, status: 'suspended' }));
});
afterAll(() => terminal.store.close());

async function asked(command: keyof typeof questions, ...words: string[]): Promise<string> {
  await run(questions[command]({ ...terminal.context, configDir: 'config' }), ...words);
  return terminal.printed();
}

const withoutStore = (...asking: Parameters<typeof askWithoutStore>[1]) => askWithoutStore(terminal, asking);

/** What is asked of each group, in an installation whose zones are alike. */
function askedByGroup(text: string): ReadonlyMap<string, string> {
  const rows = cells(text).map((row) => row.slice(-3));
  return new Map(rows.flatMap(([groups = '', , words = '']) => groups.split(', ').map((group) => [group, words])));
}

/** The configuration of a test with this sign-on policy. */
function withRules(rules: readonly object[], use: (dir: string) => Promise<void>, settings?: string): Promise<void> {
  const files = {
    ...validFiles,
    ...(settings !== undefined && { 'stepgate.yaml': settings }),
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
  };
  return withConfiguration(files, use);
}

const all = { name: 'All', then: { allow: { factors: 1 } } };
const two = { allow: { factors: 2 } };

test('matrix: each group alone, and what users have together, by zone', async () => {
  const text = await asked('matrix', '--app', 'payroll');
  expect(text).toMatch(/^What a fresh sign-in in a new browser asks for now, by revision 1, of a user who has every/);
  const ways = 'webauthn, or password + one of (totp, recovery_code)';
  const one = 'password or totp or webauthn or recovery_code';
  expect(cells(text)).toEqual([
    ['app', 'groups', 'users', 'from', 'asked'],
    ['payroll', '(none), auditors, customers,', '2', 'elsewhere', ways],
    ['payroll-admins, staff,', 'office', one],
    ['auditors + staff'],
    ['contractors', '1', 'everywhere', 'denied'],
  ]);
});

test('matrix: apps of which the same is asked are named together', async () => {
  const app = (clientId: string, signOnPolicy: string) => ({
    [`apps/${clientId}.yaml`]: JSON.stringify({
      ...{ clientId, name: clientId, signOnPolicy },
      client: { redirect_uris: ['https://a.example.org/cb'] },
    }),
  });
  const deny = { name: 'Night', when: { groups: { any: ['night'] } }, then: 'deny' };
  const policy = (name: string, ...rules: object[]) => ({
    [`policies/sign-on/${name}.yaml`]: JSON.stringify({ name, rules }),
  });
  const files = {
    ...{ ...validFiles, ...policy('notes', all), ...policy('other', deny, all) },
    ...{ ...app('wiki', 'notes'), ...app('mail', 'other'), ...app('office-documents', 'notes') },
  };
  await withConfiguration(files, async (dir) => {
    expect(cells(await withoutStore('matrix', dir))).toEqual([
      ['app', 'groups', 'from', 'asked'],
      ['mail', '(none)', 'everywhere', 'password or totp'],
      ['night', 'everywhere', 'denied'],
      ['notes, office-documents, wiki', '(none), night', 'everywhere', 'password or totp'],
    ]);
  });
});

test('matrix as JSON: all apps, with the steps and the rules', async () => {
  const data = JSON.parse(await asked('matrix', '--json'));
  expect([...new Set(data.rows.map(({ app }: { app: string }) => app))]).toEqual([
    'notes',
    'parcels',
    'payroll',
    'shop',
  ]);
  expect(data).toMatchObject({ zones: ['elsewhere', 'office'], combinationsLeftOut: 0, usersComplete: true });
  const row = data.rows.find(
    ({ app, groups }: { app: string; groups: string[] }) => app === 'payroll' && groups[0] === 'contractors',
  );
  expect(row).toMatchObject({ groups: ['contractors'], users: 1 });
  expect(row.outcomes[0]).toMatchObject({ zone: 'elsewhere', getsIn: false, asked: 'denied', dependsOn: [] });
  expect(row.outcomes[0].rule).toContain('app: No contractors');
  expect(row.outcomes[0].steps.at(-1)).toMatchObject({ kind: 'denied', reason: 'rule' });
});

test('without a store: the files of the default directory, with the groups that rules name', async () => {
  const rules = [
    {
      name: 'Editors',
      when: { any: [{ groups: { any: ['editors'] } }, { groups: { all: ['editors', 'staff'] } }] },
      then: 'deny',
    },
    all,
  ];
  await withRules(rules, async (dir) => {
    const text = await withoutStore('matrix', dir);
    expect(text).toContain(`by the files of ${dir}`);
    expect(cells(text)).toEqual([
      ['app', 'groups', 'from', 'asked'],
      ['notes', '(none), staff', 'everywhere', expect.stringMatching(/password/)],
      ['editors, editors + staff', 'everywhere', 'denied'],
    ]);
    await expect(withoutStore('what', dir, 'bob@demo.test')).rejects.toThrow('there is no store');
  });
});

test('apps of one policy are distinguished by what they ask for themselves', async () => {
  const app = (name: string, more: object) => [
    `apps/${name}.yaml`,
    JSON.stringify({
      clientId: name,
      name,
      signOnPolicy: 'notes',
      client: { redirect_uris: ['https://a.example.org/cb'] },
      ...more,
    }),
  ];
  const strict = {
    client: { redirect_uris: ['https://a.example.org/cb'], default_acr_values: ['urn:okta:loa:2fa:any'] },
  };
  const apps = Object.fromEntries([app('own', {}), app('third', { firstParty: false }), app('strict', strict)]);
  const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`;
  const files = { ...validFiles, ...apps, 'stepgate.yaml': settings };
  await withConfiguration(files, async (dir) => {
    const printed = cells(await withoutStore('matrix', dir)).map(([name, , , words]) => [name, words]);
    expect(Object.fromEntries(printed)).toMatchObject({
      'notes, own': 'password or totp',
      third: 'password or totp; then consent',
      strict: 'password + totp',
    });
  });
});

test('what differs by time or device says so, and what differs by other facts is named', async () => {
  const hours = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '23:00', zone: 'Europe/Berlin' };
  const rules = [
    { name: 'Night', when: { groups: { any: ['night'] }, time: hours }, then: 'deny' },
    { name: 'New', when: { groups: { any: ['strict'] }, device: { known: false } }, then: two },
    { name: 'Phone', when: { groups: { any: ['phones'] }, device: { os: ['ios'] }, time: hours }, then: two },
    { name: 'Sales', when: { attributes: { department: { equals: 'sales' } } }, then: 'deny' },
    all,
  ];
  await withRules(rules, async (dir) => {
    const text = await withoutStore('matrix', dir);
    const byGroup = askedByGroup(text);
    expect(byGroup.get('(none)')).not.toContain('depends');
    expect(byGroup.get('night')).toMatch(/\(depends on time\)$/);
    expect(byGroup.get('strict')).toMatch(/\(depends on device\)$/);
    expect(byGroup.get('phones')).toMatch(/\(depends on device and time\)$/);
    expect(text).toContain('Rules also ask about attributes. This is about sign-ins without them');
  });
});

test('what an expression tells apart is shown, and the rest of what it reads is named', async () => {
  const expressions = [
    '"night" in user.groups && now >= timestamp("2096-01-31T09:00:00Z")',
    '"strict" in user.groups && device.known',
    '"office" in user.groups && network.ip == "192.0.2.7" && now.getHours() < 6',
    '"team" in user.groups && user.identifiers.exists(i, i.endsWith("@corp.test"))',
  ];
  const rules = expressions.map((expression, at) => ({ name: String(at), when: { expression }, then: two }));
  await withRules([...rules, all], async (dir) => {
    const text = await withoutStore('matrix', dir);
    const byGroup = askedByGroup(text);
    expect(byGroup.get('night')).toMatch(/\(depends on time\)$/);
    expect(byGroup.get('strict')).toMatch(/\(depends on device\)$/);
    expect(byGroup.get('office')).not.toContain('depends');
    const inExpressions = 'the address in expressions and the time in expressions. This is about sign-ins without them';
    expect(text).toContain(`Rules also ask about ${inExpressions};`);
    // The facts of a real user are known.
    expect(await asked('what', 'bob@demo.test', '--config', dir)).toContain(`Rules also ask about ${inExpressions};`);
  });
  await withRules(
    [rules[0], rules[1], all].flatMap((rule) => rule ?? []),
    async (dir) => {
      expect(await withoutStore('matrix', dir)).not.toContain('also ask about');
    },
  );
});

test('of users whom rules tell apart by who they are, the cell has examples', async () => {
  const id = 'u7tKY9BTDCPcAxfO0dbbGg';
  const rules = [
    { name: 'Named', when: { groups: { any: ['named'] }, users: { none: ['bob@corp.test', id] } }, then: 'deny' },
    {
      name: 'House',
      when: { expression: '"house" in user.groups && !user.identifiers.exists(i, i.endsWith("@example.com"))' },
      then: 'deny',
    },
    { name: 'Long', when: { expression: '"long" in user.groups && size(user.identifiers[0]) > 30' }, then: 'deny' },
    { name: 'Ids', when: { expression: '"ids" in user.groups && user.id.startsWith("u7")' }, then: 'deny' },
    { name: 'Times', when: { groups: { any: ['times'] }, users: { any: [id] }, device: { known: true } }, then: two },
    all,
  ];
  await withRules(rules, async (dir) => {
    const text = await withoutStore('matrix', dir);
    const byGroup = askedByGroup(text);
    expect(Object.fromEntries(byGroup)).toMatchObject({
      '(none)': 'password or totp',
      named: 'denied (bob@corp.test: password or totp)',
      house: 'denied (user@example.com: password or totp)',
      long: `password or totp (${'x'.repeat(31)}: denied)`,
      ids: 'password or totp (u7tKY9BTDCPcAxfO0dbbGg: denied)',
      times: `password or totp (${id}: password or totp (depends on device))`,
    });
    const note = 'Rules also ask who the user is. This is about user@example.org; in brackets are examples of others';
    expect(text).toContain(note);
    expect(text).not.toContain('This is about sign-ins without');
    const who = await withoutStore('who', dir, 'notes');
    expect(who).toContain(note);
    expect(who).toContain('denied: a rule says so (bob@corp.test: password or totp)');
    const data = JSON.parse(await withoutStore('matrix', dir, '--json'));
    expect(data.user).toEqual({ id: expect.stringMatching(/^.{22}$/), identifiers: ['user@example.org'] });
    const named = data.rows.find(({ groups }: { groups: string[] }) => groups[0] === 'named').outcomes[0];
    expect(named).toMatchObject({ getsIn: false, asked: 'denied (bob@corp.test: password or totp)' });
    expect(named.others).toMatchObject([
      { user: { identifiers: ['bob@corp.test'] }, getsIn: true, asked: 'password or totp' },
      { user: { id, identifiers: ['user@example.org'] }, getsIn: true },
    ]);
    // A real user is who they are.
    expect(await asked('what', 'bob@demo.test', '--config', dir)).not.toMatch(/Rules also ask who|examples/);
  });
  await withRules([all], async (dir) => {
    expect(await withoutStore('matrix', dir)).not.toContain('also ask who');
    expect(JSON.parse(await withoutStore('matrix', dir, '--json')).user).toBeUndefined();
  });
});

test('more than three kinds of other users are counted', async () => {
  const thens = ['deny', { allow: { knowledge: {} } }, { allow: { possession: {} } }, two, { allow: { factors: 1 } }];
  const rules = thens.map((then, at) => ({ name: String(at), when: { users: { any: [`user${at}`] } }, then }));
  await withRules([...rules, all], async (dir) => {
    const [, row] = cells(await withoutStore('matrix', dir));
    const others = 'user0: denied; user1: password; user2: totp; 1 more';
    expect(row?.at(-1)).toBe(`password or totp (${others})`);
  });
});

test('a sign-in in a new browser is one of a new device', async () => {
  const rules = [
    { name: 'Unusual', when: { risk: { any: ['newDevice'] } }, then: 'deny' },
    { name: 'Board', when: { groups: { any: ['board'] }, risk: { atLeast: 'high' } }, then: 'deny' },
    all,
  ];
  await withRules(rules, async (dir) => {
    const text = await withoutStore('matrix', dir);
    expect(cells(text).map((each) => each.at(-1))).toContain('denied (depends on device)');
    expect(text).toContain('Rules also ask about risk other than that of a new browser. This is about');
    const [, row] = cells(await asked('what', 'bob@demo.test', '--config', dir));
    expect(row).toEqual(['notes', 'everywhere', 'denied (depends on device)', expect.stringContaining('Unusual')]);
  });
});

test('what is asked, and the rule, are those once something is proved', async () => {
  const rules = [
    { name: 'Unusual', when: { groups: { any: ['board'] }, risk: { any: ['newDevice'] } }, then: two },
    { name: 'Board', when: { groups: { any: ['board'] } }, then: 'deny' },
    all,
  ];
  const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`;
  await withRules(
    rules,
    async (dir) => {
      const [, none, board] = cells(await withoutStore('who', dir, 'notes'));
      expect(none?.slice(0, 3)).toEqual(['(no group)', 'everywhere', 'password or totp']);
      expect(none?.[3]).toContain(`app: ${all.name}`);
      expect(board?.slice(0, 3)).toEqual(['board', 'everywhere', 'password + totp (depends on device)']);
      expect(board?.[3]).toContain('app: Unusual');
    },
    settings,
  );
});

interface MatrixRow {
  readonly groups: readonly string[];
  readonly userType?: string;
  readonly outcomes: readonly { readonly getsIn: boolean }[];
}

test.each<[string, readonly string[]]>([
  ['"a" in user.groups && "b" in user.groups', ['a + b']],
  ['!(!("a" in user.groups) || !("b" in user.groups))', ['a + b']],
  ['"a" in user.groups && ("b" in user.groups || "c" in user.groups)', ['a + b', 'a + c']],
  ['"a" in user.groups || "b" in user.groups', []],
  ['"a" in user.groups && !("b" in user.groups)', []],
  ['"a" in user.groups && has(user.userType) && user.userType == "x"', ['a + type x']],
])('users whom an expression names together have rows: %s', async (expression, expected) => {
  await withRules([{ name: 'A', when: { expression }, then: 'deny' }, all], async (dir) => {
    const { rows } = JSON.parse(await withoutStore('matrix', dir, '--json'));
    const said = (rows as readonly MatrixRow[]).map(({ groups, userType, outcomes }) => ({
      user: [...groups, ...(userType === undefined ? [] : [`type ${userType}`])].join(' + '),
      isDenied: !outcomes.some(({ getsIn }) => getsIn),
    }));
    const together = said.filter(({ user }) => user.includes(' '));
    expect(together).toEqual(expected.map((user) => ({ user, isDenied: true })));
  });
});

test('users of a type, and in groups that a rule names together, have rows', async () => {
  const rules = [
    { name: 'Phones', when: { device: { platform: ['mobile'] } }, then: 'deny' },
    { name: 'Board', when: { groups: { all: ['staff', 'board'] } }, then: two },
    { name: 'Some', when: { groups: { any: ['night'] }, userType: { any: ['employee'] } }, then: two },
    { name: 'Others', then: 'deny' },
  ];
  const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`;
  await withRules(
    rules,
    async (dir) => {
      const both = 'password + totp (depends on device)';
      const text = await withoutStore('matrix', dir);
      expect(cells(text)).toEqual([
        ['app', 'groups', 'from', 'asked'],
        ['notes', '(none), board, night, staff', 'everywhere', 'denied'],
        ['board + staff,', 'everywhere', both],
        ['night + userType employee'],
      ]);
      expect(text).not.toContain('None of these users');
      expect(cells(await withoutStore('who', dir, 'notes')).map((row) => row.slice(0, 3))).toEqual([
        ['group', 'from', 'asked'],
        ...['(no group)', 'board', 'night', 'staff'].map((group) => [group, 'everywhere', 'denied: a rule says so']),
        ['board + staff', 'everywhere', both],
        ['night + userType employee', 'everywhere', both],
      ]);
      const { rows } = JSON.parse(await withoutStore('who', dir, 'notes', '--json'));
      expect(rows.at(-1)).toMatchObject({ groups: ['night'], userType: 'employee' });
    },
    settings,
  );
});

test('where none of these users gets in, rules that may let in others are named', async () => {
  const licensed = { attributes: { licence: { present: true } }, accountAge: { atLeast: 'P1D' } };
  const rules = [
    { name: 'Licensed', when: licensed, then: { allow: { factors: 1 } } },
    { name: 'Others', then: 'deny' },
  ];
  await withRules(rules, async (dir) => {
    const line =
      'None of these users gets into notes. Others may: rule "Licensed" asks about accountAge, attributes.licence';
    for (const text of [await withoutStore('matrix', dir), await withoutStore('who', dir, 'notes')])
      expect(text).toContain(line);
  });
});

test('zones within zones, and no elsewhere where every address is in a zone', async () => {
  const zones = 'zones: { world: { cidrs: [0.0.0.0/0, "::/0"] }, office: { cidrs: [192.0.2.0/24] } }';
  const rules = [{ name: 'World', when: { network: { any: ['world'], none: ['office'] } }, then: 'deny' }, all];
  await withRules(
    rules,
    async (dir) => {
      expect(cells(await withoutStore('matrix', dir))).toEqual([
        ['app', 'groups', 'from', 'asked'],
        ['notes', '(none)', 'world', 'denied'],
        ['office', 'password or totp'],
      ]);
    },
    `brand: { name: Test }\n${zones}\n`,
  );
});

test('a zone of addresses lies in the country that the file says', async () => {
  const place = await mkdtemp(join(tmpdir(), 'stepgate-country-'));
  const file = join(place, 'city.mmdb');
  await writeFile(file, mmdb('GeoLite2-City', { '192.0.2.0/24': { country: { iso_code: 'AT' } } }));
  const zones =
    'zones: { office: { cidrs: [192.0.2.0/24] }, alps: { countries: [AT, CH] }, lab: { cidrs: [198.51.100.0/24] } }';
  const rules = [{ name: 'Abroad', when: { network: { none: ['alps'] } }, then: 'deny' }, all];
  try {
    await withRules(
      rules,
      async (dir) => {
        expect(cells(await withoutStore('matrix', dir))).toEqual([
          ['app', 'groups', 'from', 'asked'],
          ['notes', '(none)', 'elsewhere, lab', 'denied'],
          ['office, alps', 'password or totp'],
        ]);
      },
      `brand: { name: Test }\n${zones}\nnetworkData: { country: ${file} }\n`,
    );
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});

test('who: by group, zones with the same answer together, with reason and rules', async () => {
  const text = await asked('who', 'payroll');
  const rows = cells(text);
  expect(rows[0]).toEqual(['group', 'from', 'asked', 'rules']);
  expect(rows[1]?.slice(0, 3)).toEqual([
    '(no group)',
    'elsewhere',
    'webauthn, or password + one of (totp, recovery_code)',
  ]);
  expect(rows[2]).toEqual([
    'office',
    'password or totp or webauthn or recovery_code',
    expect.stringContaining('app: One factor in the office'),
  ]);
  const contractors = rows.find(([group]) => group === 'contractors');
  expect(contractors?.slice(1, 3)).toEqual(['everywhere', 'denied: a rule says so']);
  const data = JSON.parse(await asked('who', 'payroll', '--config', 'config', '--json'));
  expect(data).toMatchObject({ source: 'the files of config', app: 'payroll', leftAside: [] });
  expect(data.rows.map(({ groups }: { groups: string[] }) => groups)).toContainEqual(['contractors']);
});

test('what: the apps of a user, what each asks of this user, and what is missing', async () => {
  const bob = await asked('what', 'Bob@Demo.Test');
  expect(bob).toMatch(/^What bob@demo\.test can open now, by revision 1/);
  const lacking = 'totp or webauthn, to be enrolled';
  const ofBob = cells(bob);
  const row = ofBob.findIndex(([app]) => app === 'payroll');
  expect(ofBob.slice(row, row + 2)).toEqual([
    ['payroll', 'elsewhere', 'password + enroll one of (totp, webauthn)', lacking],
    ['office', 'password; then enroll totp or webauthn', lacking],
  ]);
  expect(ofBob.find(([app]) => app === 'notes')?.at(-1)).toBe('-');
  const eve = cells(await asked('what', 'eve@demo.test'));
  const at = eve.findIndex(([app]) => app === 'payroll');
  expect(eve.slice(at, at + 2)).toEqual([
    ['payroll', 'elsewhere', 'password + totp', '-'],
    ['office', 'password or totp', '-'],
  ]);
  const carol = cells(await asked('what', 'carol@demo.test')).find(([app]) => app === 'payroll');
  expect(carol).toEqual(['payroll', 'everywhere', 'denied', 'a rule says so (No contractors)']);
});

test('what: a user whose authenticator has no attempt left cannot open what takes it, and until when', async () => {
  const terms = terminal.context.authenticators.find(({ key }) => key === 'totp')?.attemptLimits ?? [];
  const { user } = (await terminal.directory.findByIdentifier('eve@demo.test')) ?? {};
  const counter = attemptCounter(user?.id ?? '', 'totp');
  while ((await terminal.store.reserve(counter, terms)).granted);
  const text = await asked('what', 'eve@demo.test');
  const eve = cells(text);
  const at = eve.findIndex(([app]) => app === 'payroll');
  expect(eve[at]).toEqual([
    'payroll',
    'elsewhere',
    'password + totp',
    expect.stringMatching(/^totp, locked for .+ (s|min|h)$/),
  ]);
  // Another way in is open.
  expect(eve[at + 1]).toEqual(['office', 'password or totp', '-']);
  expect(text).toMatch(
    /\nLocked: totp, no attempt is left for .+, except from a browser that the user has signed in with\.\n/,
  );
  const data = JSON.parse(await asked('what', 'eve@demo.test', '--json'));
  const payroll = data.apps.find(({ app }: { app: string }) => app === 'payroll');
  expect(payroll.locked).toEqual([{ authenticator: 'totp', retryAfter: expect.any(Number) }]);
  expect(payroll.outcomes.map(({ getsIn }: { getsIn: boolean }) => getsIn)).toEqual([false, true]);
  await terminal.store.commit([{ op: 'reset', counter }]);
  expect(await asked('what', 'eve@demo.test')).not.toContain('locked');
});

test('what: two missing passkeys are reported as two', async () => {
  const files = {
    ...validFiles,
    'stepgate.yaml':
      'brand: { name: Test }\nauthenticators: { password: { enabled: true }, webauthn: { enabled: true } }\n',
    'policies/enrollment.yaml': JSON.stringify({
      rules: [{ name: 'Two', then: { required: [{ anyOf: ['webauthn'], count: 2 }] } }],
    }),
  };
  await withConfiguration(files, async (dir) => {
    const [, row] = cells(await asked('what', 'bob@demo.test', '--config', dir));
    expect(row?.at(-1)).toBe('2 of webauthn, to be enrolled');
  });
});

test('what: an enrollment at the end of each way is missing, whatever else one of them sets up', async () => {
  const rules = [
    { name: 'By passkey', when: { authenticated: { any: ['webauthn'] } }, then: {} },
    { name: 'Else', then: { required: [{ anyOf: ['webauthn'] }] } },
  ];
  const files = {
    ...validFiles,
    'stepgate.yaml':
      'brand: { name: Test }\nauthenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n',
    'policies/sign-on/notes.yaml': JSON.stringify({
      name: 'notes',
      rules: [{ name: 'All', then: { allow: { factors: 2 } } }],
    }),
    'policies/enrollment.yaml': JSON.stringify({ rules }),
  };
  await withConfiguration(files, async (dir) => {
    const [, row] = cells(await asked('what', 'bob@demo.test', '--config', dir));
    expect(row?.at(-1)).toBe('webauthn, to be enrolled');
  });
});

test('what: a suspended user opens nothing, and a requirement that cannot be met is reported', async () => {
  const dan = JSON.parse(await asked('what', 'dan@demo.test', '--json'));
  expect(dan.user).toMatchObject({ status: 'suspended', groups: ['contractors', 'staff'] });
  const outcomes = dan.apps.flatMap((app: { outcomes: { getsIn: boolean; missing: string[] }[] }) => app.outcomes);
  expect(outcomes.length).toBe(8);
  expect(outcomes.filter(({ getsIn }: { getsIn: boolean }) => getsIn)).toEqual([]);
  expect(outcomes[0].missing).toEqual(['the account is not active']);
  const hardware = { allow: { possession: { authenticators: ['webauthn'] } } };
  const enrollment = { rules: [{ name: 'None', then: { useOnly: ['webauthn'] } }] };
  const files = {
    ...validFiles,
    'stepgate.yaml':
      'brand: { name: Test }\nauthenticators: { password: { enabled: true }, webauthn: { enabled: true } }\n',
    'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules: [{ name: 'Keys', then: hardware }] }),
    'policies/enrollment.yaml': JSON.stringify(enrollment),
  };
  await withConfiguration(files, async (dir) => {
    const [, row] = cells(await asked('what', 'bob@demo.test', '--config', dir));
    expect(row?.slice(0, 3)).toEqual(['notes', 'everywhere', 'denied']);
    expect(row?.[3]).toMatch(/; required: one factor, and possession by webauthn$/);
  });
});

test('users are counted by the types that rules name', async () => {
  const other = openTerminal();
  const typed = (groups: readonly string[], userType?: string) => ({ groups, ...(userType && { userType }) });
  const typedUsers = [
    typed([], 'contractor'),
    typed([], 'contractor'),
    typed(['staff'], 'contractor'),
    typed([], 'employee'),
  ];
  try {
    await applyDemo(other.store);
    for (const [index, { groups, ...more }] of [...typedUsers, typed(['staff'])].entries())
      await other.directory.create({ identifiers: [`u${index}@demo.test`], groups: [...groups], ...more });
    const rules = [{ name: 'Contractors', when: { userType: { any: ['contractor'] } }, then: 'deny' }, all];
    await withRules(rules, async (dir) => {
      await run(questions.matrix({ ...other.context, configDir: 'config' }), '--config', dir, '--json');
      const { rows } = JSON.parse(other.printed());
      const counts = rows.map(({ groups, userType = '', users }: MatrixRow & { readonly users: number }) => [
        [...groups, userType].join(' '),
        users,
      ]);
      expect(counts).toEqual([
        ['', 1],
        ['staff ', 1],
        ['contractor', 2],
        ['staff contractor', 1],
      ]);
    });
  } finally {
    await other.store.close();
  }
});

test('users are counted within bounds', async () => {
  expect(await groupCombinations(terminal.store, new Set())).toEqual({
    combinations: [
      { groups: ['auditors', 'staff'], users: 2 },
      { groups: ['contractors'], users: 1 },
    ],
    isPartial: false,
  });
  expect((await groupCombinations(terminal.store, new Set(), { users: 1, combinations: 10 })).isPartial).toBe(true);
  const one = await groupCombinations(terminal.store, new Set(), { users: 10, combinations: 1 });
  expect([one.combinations.length, one.isPartial]).toEqual([1, true]);
});

test.each<[keyof typeof questions, readonly string[], string]>([
  ['matrix', ['--app', 'payrol'], 'unknown app `payrol`; did you mean `payroll`?'],
  ['matrix', ['--config', '/nonexistent'], '/nonexistent is not a good configuration'],
  ['who', ['payrol'], 'unknown app `payrol`; did you mean `payroll`?'],
  ['what', ['zoe'], 'there is no user "zoe"'],
])('what cannot be meant is one sentence: %s %s', async (command, words, sentence) => {
  await expect(asked(command, ...words)).rejects.toThrow(sentence);
});

describe('rules that ask when the user last signed in', () => {
  const month = { lastSignIn: { notWithin: 'P30D' } };
  const oneDay = 86_400;
  const rules = [{ name: 'Long ago', when: month, then: { allow: { factors: 2 } } }];
  const ask = (command: keyof typeof questions, ...words: string[]) =>
    withRules([...rules, all], async (dir) => cellsAndNotes(await asked(command, ...words, '--config', dir)));
  const cellsAndNotes = (text: string): void => {
    said = { cells: cells(text).slice(1), text };
  };
  let said: { readonly cells: readonly (readonly string[])[]; readonly text: string };
  const eve = async () => (await terminal.directory.findByIdentifier('eve@demo.test'))?.user.id ?? '';
  const record = async (ago: number) => {
    const ttl = keyTable['sign-in-history'].lifetime.seconds;
    const value = JSON.stringify([{ at: terminal.context.now() - ago, session: 's' }]);
    await terminal.store.commit([{ op: 'put', key: signInHistoryKey(await eve()), value, ttl }]);
  };

  test.each([
    ['now', 0, 'password or totp'],
    ['29 d', 29 * oneDay, 'password or totp'],
    ['30 d', 30 * oneDay, 'password + totp'],
  ])('what: a user who signed in %s ago', async (_, ago, ways) => {
    await record(ago);
    await ask('what', 'eve@demo.test');
    expect(said.cells).toEqual([['notes', 'everywhere', ways, '-']]);
    expect(said.text).not.toContain('last');
  });

  test('what: the account is older than the records', async () => {
    await terminal.store.commit([{ op: 'delete', key: signInHistoryKey(await eve()) }]);
    await ask('what', 'eve@demo.test');
    expect(said.cells).toEqual([['notes', 'everywhere', 'password or totp', '-']]);
  });

  test.each([
    ['who', ['notes']],
    ['matrix', []],
  ] as const)('%s: made-up users never signed in, and it is said what depends on it', async (command, words) => {
    await ask(command, ...words);
    expect(said.text).toContain('(depends on last sign-in)');
    expect(said.text).toContain('This is about a user who never has;');
    expect(said.text).not.toContain('lastSignIn');
  });
});
