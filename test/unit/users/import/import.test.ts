import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../../src/authenticators/email/email.ts';
import { passwordTools } from '../../../../src/authenticators/password/password-tools.ts';
import { phoneCredential, takesCodes } from '../../../../src/authenticators/phone/phone.ts';
import { mailAddress } from '../../../../src/core/model/mail-address.ts';
import { defaultPasswordTerms } from '../../../../src/core/model/password-policy.ts';
import { shortestPassword } from '../../../../src/core/policy/rules/password-terms.ts';
import { StoreUnavailable } from '../../../../src/errors.ts';
import { standardAttributes } from '../../../../src/policy/model/standard-attributes.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import { listUsers } from '../../../../src/users/directory/list-users.ts';
import {
  type ImportOptions,
  type ImportSummary,
  importUsers,
  type RefusedRecord,
} from '../../../../src/users/import/import-users.ts';
import type { User } from '../../../../src/users/record/user.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';

let store: Store;
let directory: Directory;
let problems: RefusedRecord[];
const numberCredential = (text: string) => (takesCodes(text) ? phoneCredential(text) : undefined);
const addressCredential = (text: string) => (mailAddress(text) === undefined ? undefined : emailCredential(text));
const passwords = passwordTools();
const now = 1_800_000_000;
const passwordRules: ImportOptions['passwordRules'] = (subject, credentials) => ({
  brand: 'Stepgate',
  issuer: 'https://id.test',
  enrolled: credentials.filter(({ authenticator }) => authenticator === 'password'),
  newPassword: {
    minLength: shortestPassword(defaultPasswordTerms, subject.enrollments),
    blocklists: ['common', 'context'],
    history: subject.groups.includes('remembering') ? 2 : 0,
  },
  warn: () => undefined,
});

beforeEach(() => {
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  directory = new Directory(store, () => now);
  problems = [];
});

afterEach(() => store.close());

async function* chunks(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function run(source: ImportOptions['source'], options: Partial<ImportOptions> = {}): Promise<ImportSummary> {
  const onRefused = (problem: RefusedRecord): number => problems.push(problem);
  return importUsers({
    directory,
    attributes: { attributes: standardAttributes, closed: false },
    passwords,
    passwordRules,
    addressCredential,
    numberCredential,
    source,
    format: 'jsonl',
    update: false,
    onRefused,
    notify: () => [],
    record: () => [],
    ...options,
  });
}

function jsonl(...records: unknown[]): AsyncGenerator<Uint8Array> {
  return chunks(records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n'));
}

async function find(identifier: string): Promise<User | undefined> {
  return (await directory.findByIdentifier(identifier))?.user;
}

async function count(): Promise<number> {
  return (await listUsers(store, { limit: 1, matches: () => true })).total;
}

const hash = '$argon2id$v=19$m=19456,t=2,p=1$Utgt9NOqrI62E+AosqRYgA$xT0sTXK2fU2qmiionh/xlLl4usJ9iUCharIBbvfEN4M';

describe('JSON Lines', () => {
  test('bring everything in that a user has', async () => {
    const summary = await run(
      jsonl({
        username: 'Alice',
        email: 'ALICE@Demo.test',
        identifiers: ['a.liddell'],
        displayName: 'Alice Liddell',
        emailVerified: true,
        phone: '+4930123456',
        locale: 'de-AT',
        groups: ['staff', 'admins'],
        userType: 'employee',
        status: 'suspended',
        passwordHash: hash.replace('t=2,p=1', 'p=1,t=2'),
        costCenter: 4711,
        remote: false,
        skills: ['tea', 'croquet'],
      }),
      { ownAttributes: ['costCenter', 'remote', 'skills'] },
    );
    expect(problems).toEqual([]);
    expect(summary).toEqual({ records: 1, created: 1, updated: 0, refused: 0 });
    const account = await directory.findByIdentifier('alice');
    expect(account?.user).toMatchObject({
      identifiers: ['a.liddell', 'alice', 'alice@demo.test'],
      status: 'suspended',
      groups: ['staff', 'admins'],
      userType: 'employee',
    });
    expect(account?.user.profile).toEqual({
      displayName: 'Alice Liddell',
      email: 'alice@demo.test',
      emailVerified: true,
      phone: '+4930123456',
      locale: 'de-AT',
      costCenter: 4711,
      remote: false,
      skills: ['tea', 'croquet'],
    });
    expect(account?.credentials).toMatchObject([
      { authenticator: 'password', secret: { hash } },
      { authenticator: 'email', address: 'alice@demo.test' },
    ]);
  });

  test('passwords are hashed, and weak ones refused', async () => {
    const summary = await run(
      jsonl(
        { username: 'one', password: 'a long enough password' },
        { username: 'two', password: 'fourteenletter' },
        { username: 'three', password: 'short' },
        { username: 'four', password: 'Password1' },
        { username: 'longusername', password: 'LongUserName1' },
      ),
    );
    expect(summary).toEqual({ records: 5, created: 1, updated: 0, refused: 4 });
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
    expect(problems[0]?.reason).toBe('password: it has fewer than 15 characters');
    const stored = (await directory.findByIdentifier('one'))?.credentials[0]?.secret.hash;
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(problems)).not.toMatch(/"short"|Password1|LongUserName1/);
  });

  test('a password is checked for the user as the account is, and former ones are kept where the policy says so', async () => {
    const key = {
      authenticator: 'totp',
      factors: ['possession'],
      characteristics: ['deviceBound'],
      secret: {},
    } as const;
    const old = await passwords.create('the password before', { enrolled: [] });
    await directory.create({ identifiers: ['keyholder'], groups: ['remembering'], credentials: [key, old] });
    const summary = await run(jsonl({ username: 'keyholder', password: 'short but ok' }), { update: true });
    expect(summary).toMatchObject({ updated: 1, refused: 0 });
    const { credentials = [] } = (await directory.findByIdentifier('keyholder')) ?? {};
    const password = credentials.find(({ authenticator }) => authenticator === 'password');
    expect(password?.secret.former).toEqual([old.secret.hash]);
  });

  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{"username":', /not valid JSON/],
    ['a list', '[]', /not a JSON object/],
    ['a text', '"alice"', /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['no identifier', { displayName: 'x' }, /none of identifiers, username, email/],
    ['an empty identifier', { username: '' }, /username: it is empty/],
    ['an impossible identifier', { username: 'a\u200bb' }, /cannot be an identifier: forbidden character/],
    ['an identifier of another type', { username: 1 }, /username: it is not a text/],
    ['mixed scripts', { email: 'аdmin@x.test' }, /mixed scripts/],
    ['an address without a domain', { email: 'alice' }, /email: it is no email address/],
    ['an unknown status', { username: 'x', status: 'locked' }, /status: "locked"/],
    ['groups that are none', { username: 'x', groups: { a: 1 } }, /groups: it is not a list/],
    ['an empty group', { username: 'x', groups: ['a', ''] }, /groups: it is empty/],
    ['a control character', { username: 'x', displayName: 'a\u001b[31mb' }, /displayName: it has control characters/],
    ['a phone that is none', { username: 'x', phone: '0123' }, /phone/],
    ['a locale that is none', { username: 'x', locale: 'not a locale' }, /locale/],
    ['emailVerified as a text', { username: 'x', emailVerified: 'yes' }, /emailVerified/],
    ['an object as attribute', { username: 'x', address: { city: 'x' } }, /unknown field `address`/],
    ['a reserved attribute', { username: 'x', sub: 'root' }, /unknown field `sub`/],
    ['a misspelled field', { username: 'x', emial: 'x@x.test' }, /unknown field `emial`; did you mean `email`\?/],
    ['a prototype', '{"username":"x","__proto__":{"admin":true}}', /unknown field `__proto__`/],
    ['an odd attribute name', { username: 'x', 'a b': 1 }, /unknown field `a b`/],
    [
      'both kinds of password',
      { username: 'x', password: 'aaaaaaaaaa', passwordHash: hash },
      /both password and passwordHash/,
    ],
    [
      'a bcrypt hash',
      { username: 'x', passwordHash: '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW' },
      /only \$argon2id\$/,
    ],
    ['an expensive hash', { username: 'x', passwordHash: hash.replace('m=19456', 'm=9999999') }, /only \$argon2id\$/],
    ['a password of another type', { username: 'x', password: 12345678901 }, /password: it is not a text/],
    ['a line without end', `{"username":"${'x'.repeat(70_000)}"}`, /too long/],
  ])('%s: the line is reported, and the others are applied', async (_what, record, reason) => {
    const summary = await run(jsonl({ username: 'before' }, record, '', '  ', { username: 'after' }));
    expect(problems).toEqual([{ line: 2, reason: expect.stringMatching(reason) }]);
    expect(summary).toMatchObject({ records: 3, created: 2, refused: 1 });
    expect([(await find('before'))?.status, (await find('after'))?.status]).toEqual(['active', 'active']);
    expect(await count()).toBe(2);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('\ufeff{"username":"b');
      yield Buffer.from([0xc3, 0x28]);
      yield Buffer.from('"}\n{"username":"\u00e9t');
      yield Buffer.from([0xc3]);
      yield Buffer.from([0xa9, 0x22, 0x7d]);
    }
    expect(await run(source())).toMatchObject({ created: 1, refused: 1 });
    expect(problems).toEqual([{ line: 1, reason: 'it is not valid UTF-8' }]);
    expect(await find('\u00e9t\u00e9')).toBeDefined();
  });
});

describe('CSV', () => {
  test('with quotes, line breaks, empty fields and a byte order mark', async () => {
    const text = [
      '\ufeffusername,displayName,groups,emailVerified,email,note',
      'alice,"Liddell, Alice",staff; admins ;,true,alice@x.test,"a ""quoted"" note"',
      'bob,,,,,""',
      '',
      '"carol","Carol",,,,last',
    ].join('\r\n');
    await run(chunks(text, 5), { format: 'csv', ownAttributes: ['note'] });
    expect(problems).toEqual([]);
    expect(await find('alice')).toMatchObject({
      groups: ['staff', 'admins'],
      profile: { displayName: 'Liddell, Alice', emailVerified: true, email: 'alice@x.test', note: 'a "quoted" note' },
    });
    expect(await find('bob')).toMatchObject({ groups: [], profile: {} });
    expect(await find('carol')).toMatchObject({ profile: { displayName: 'Carol', note: 'last' } });
  });

  test('an unknown column is refused before anything is written, with the name that was probably meant', async () => {
    const text = 'username,dispalyName,badge\nalice,Alice,1\nbob,Bob,2\n';
    expect(await run(chunks(text), { format: 'csv' })).toMatchObject({ records: 1, created: 0, refused: 1 });
    const reason =
      'unknown field `dispalyName`; did you mean `displayName`?; unknown field `badge`; --attribute NAME makes it an attribute';
    expect(problems).toEqual([{ line: 1, reason }]);
    expect(await count()).toBe(0);
  });

  test.each(['sub', 'acr', '__proto__', 'a b'])('%s is no attribute, even declared', async (name) => {
    const text = `username,${name}\nalice,x\n`;
    expect(await run(chunks(text), { format: 'csv', ownAttributes: [name] })).toMatchObject({ created: 0, refused: 1 });
  });

  test.each([';', '\t', '|'])('whose columns are separated by %j is refused, with the reason', async (separator) => {
    const text = ['username,email', 'alice,a@x.test'].join('\n').replaceAll(',', separator);
    expect(await run(chunks(text), { format: 'csv' })).toMatchObject({ created: 0, refused: 1 });
    expect(problems).toEqual([{ line: 1, reason: 'the header has one column only: columns are separated by commas' }]);
  });

  test('lines are counted as an editor does, also behind quoted line breaks', async () => {
    const text = 'username,displayName\n"a\nb",x\nalice,Alice\nbob,"Bob\n\n\nBuilder"\n\ncarol\n';
    await run(chunks(text, 3), { format: 'csv' });
    expect(problems).toEqual([
      { line: 2, reason: 'username: it has control characters' },
      { line: 5, reason: 'displayName: it has control characters' },
      { line: 10, reason: 'it has 1 fields, the header has 2' },
    ]);
    expect(await find('alice')).toBeDefined();
  });

  test.each([
    ['a quote that is not closed', 'bob,"x', 'a quote is not closed'],
    ['a quote within a field', 'bob,x"y', 'there is a quote within an unquoted field'],
    ['text behind a quote', 'bob,"x"y', 'something follows a closing quote'],
    ['too many fields', 'bob,x,y', 'it has 3 fields, the header has 2'],
    ['a field without end', `bob,${'x'.repeat(70_000)}`, 'it is too long'],
    ['a quoted field without end', `bob,"${'x'.repeat(70_000)}`, 'it is too long, or a quote is not closed'],
  ])('%s is reported', async (_what, line, reason) => {
    const closed = reason === 'a quote is not closed' ? '' : '\nafter,x';
    const summary = await run(chunks(`username,displayName\nbefore,x\n${line}${closed}`, 4096), { format: 'csv' });
    expect(problems).toEqual([{ line: 3, reason }]);
    expect(summary.created).toBe(closed === '' ? 1 : 2);
    expect(await find('bob')).toBeUndefined();
  });

  test('a quote that is not closed costs its own line, and the lines behind it are read', async () => {
    const text = 'username,displayName\nbob,"first\nsecond" third\nafter,"x"\ncarol,"never closed\ndave,x\n';
    expect(await run(chunks(text), { format: 'csv' })).toMatchObject({ created: 2, refused: 3 });
    expect(problems).toEqual([
      { line: 2, reason: 'something follows a closing quote' },
      { line: 3, reason: 'there is a quote within an unquoted field' },
      { line: 5, reason: 'a quote is not closed' },
    ]);
    expect(await find('after')).toBeDefined();
  });

  test.each([
    ['nothing closes it', ''],
    ['the quote of another line seems to', ',"x"'],
    ['an empty field in quotes seems to', ',""'],
  ])('a forgotten quote swallows no user: %s', async (_what, note) => {
    const users = Array.from(
      { length: 1000 },
      (_, index) => `user${index},Name ${index},staff${index % 50 === 7 ? note : ','}`,
    );
    users[20] = 'user20,"Name 20,staff,';
    const text = [
      'username,displayName,groups,note',
      ...users.map((line) => (line.split(',').length > 3 ? line : `${line},`)),
    ].join('\n');
    const options = { format: 'csv', ownAttributes: ['note'] } as const;
    expect(await run(chunks(text, 4096), options)).toMatchObject({ records: 1000, created: 999, refused: 1 });
    expect(problems).toEqual([{ line: 22, reason: expect.stringMatching(/quote/) }]);
  });

  test('refused rows are returned as they are in the file, below the names of the columns', async () => {
    const rejects: string[] = [];
    const text = 'username,displayName\nalice,Alice\nbob,"Bob\nBuilder",x\ncarol,"Carol\n';
    await run(chunks(text), { format: 'csv', onReject: (row) => rejects.push(row) });
    expect(rejects).toEqual(['username,displayName', 'bob,"Bob', 'Builder",x', 'carol,"Carol']);
    rejects.length = 0;
    await run(jsonl({ username: 'alice' }, { username: 'dave' }, 'x'), { onReject: (row) => rejects.push(row) });
    expect(rejects).toEqual(['{"username":"alice"}', 'x']);
  });

  test('groups that are not separated as documented are refused, not made one group', async () => {
    const text = 'username,groups\nalice,"staff, admins"\nbob,staff|admins\ncarol,staff;admins\n';
    expect(await run(chunks(text), { format: 'csv' })).toMatchObject({ created: 1, refused: 2 });
    expect(problems.map(({ reason }) => reason)).toEqual([
      'groups: "staff, admins" looks like several: separate names by ";"',
      'groups: "staff|admins" looks like several: separate names by ";"',
    ]);
  });

  test('a dry run writes nothing, and reports what would be done', async () => {
    await directory.create({ identifiers: ['old'] });
    const text = 'username,displayName,password\nold,Old,\nnew,New,a long enough password\nbad,Bad,short\n';
    const dry = { format: 'csv', dryRun: true, update: true } as const;
    expect(await run(chunks(text), dry)).toMatchObject({ created: 1, updated: 1, refused: 1 });
    expect(await count()).toBe(1);
    expect((await find('old'))?.profile).toEqual({});
  });

  test.each([
    ['username,,groups', 'the header has a column without a name'],
    ['username,groups,username', 'the header names a column twice'],
    ['username,"gro', 'the header cannot be read: a quote is not closed'],
  ])('nothing is read below the header %j', async (header, reason) => {
    expect(await run(chunks(`${header}\nalice,x,y\n`), { format: 'csv' })).toMatchObject({ created: 0, refused: 1 });
    expect(problems).toEqual([{ line: 1, reason }]);
  });
});

describe('users who are there already', () => {
  test('are reported, whatever the spelling and wherever they came from', async () => {
    await directory.create({ identifiers: ['alice'] });
    await run(
      jsonl(
        { username: 'ALICE', groups: ['g'] },
        { username: 'bob' },
        { username: ' Bob' },
        { email: 'c@x.test' },
        { username: 'x', identifiers: ['C@x.test'] },
      ),
    );
    expect(problems).toEqual([
      { line: 1, reason: 'alice is there already' },
      { line: 3, reason: 'bob was on an earlier line' },
      { line: 5, reason: 'c@x.test was on an earlier line' },
    ]);
    expect((await find('alice'))?.groups).toEqual([]);
    expect(await find('x')).toBeUndefined();
  });

  test('are changed with update: given values replace the old ones, others stay', async () => {
    const alice = await directory.create({
      identifiers: ['alice'],
      profile: { displayName: 'Old', locale: 'de', email: 'old@x.test', emailVerified: true },
      groups: ['old'],
      userType: 'employee',
    });
    const summary = await run(
      jsonl(
        { username: 'alice', email: 'new@x.test', displayName: 'New', groups: ['new'], passwordHash: hash },
        { username: 'bob' },
      ),
      { update: true },
    );
    expect(summary).toMatchObject({ created: 1, updated: 1, refused: 0 });
    const account = await directory.findByIdentifier('new@x.test');
    expect(account?.user).toMatchObject({
      id: alice.ok && alice.user.id,
      identifiers: ['alice', 'new@x.test'],
      groups: ['new'],
      userType: 'employee',
      profile: { displayName: 'New', locale: 'de', email: 'new@x.test', emailVerified: false },
    });
    expect(account?.credentials).toMatchObject([{ secret: { hash } }]);
    expect(account?.user.validAfter).toBeGreaterThan(now);
  });

  test('the same file twice changes nothing more, and does not end sessions', async () => {
    const records = [{ username: 'alice', displayName: 'A' }, { username: 'bob' }];
    await run(jsonl(...records));
    const before = await find('alice');
    expect(await run(jsonl(...records), { update: true })).toMatchObject({ created: 0, updated: 2, refused: 0 });
    expect(await find('alice')).toEqual(before);
  });

  test('a record whose identifiers belong to two users is refused as a whole', async () => {
    await directory.create({ identifiers: ['alice'] });
    await directory.create({ identifiers: ['bob'] });
    await run(jsonl({ identifiers: ['alice', 'bob', 'new'], groups: ['g'] }), { update: true });
    expect(problems).toEqual([{ line: 1, reason: 'its identifiers belong to different users' }]);
    expect([(await find('alice'))?.groups, (await find('bob'))?.groups, await find('new')]).toEqual([
      [],
      [],
      undefined,
    ]);
  });
});

test('a store that does not answer ends the import with its reason, wherever it happens', async () => {
  let commits = 0;
  const failing: Store = {
    ...store,
    async commit(ops) {
      commits += 1;
      if (commits > 40) throw new StoreUnavailable('the store went away');
      return store.commit(ops);
    },
  };
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 100; index += 1) {
      yield Buffer.from(`${JSON.stringify({ username: `u${index}` })}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  let last: ImportSummary | undefined;
  const options = { directory: new Directory(failing), onProgress: (summary: ImportSummary) => (last = summary) };
  await expect(run(source(), options)).rejects.toThrow('the store went away');
  expect(last).toMatchObject({ records: 32, created: 32 });
});

test('a hundred batches of lines: every hundredth is bad, and exactly the others are there', async () => {
  async function* source(): AsyncGenerator<string> {
    for (let index = 1; index <= 3_200; index += 1) {
      const record =
        index % 100 === 0
          ? { username: 'a b' }
          : { username: `User-${index}`, email: `u${index}@x.test`, groups: ['all'] };
      yield `${JSON.stringify(record)}\n`;
    }
  }
  const seen: number[] = [];
  const summary = await run(source(), { onProgress: ({ records }) => seen.push(records) });
  expect(summary).toEqual({ records: 3_200, created: 3_168, updated: 0, refused: 32 });
  expect(problems.map(({ line }) => line)).toEqual(Array.from({ length: 32 }, (_, index) => (index + 1) * 100));
  expect(seen).toHaveLength(100);
  expect(await count()).toBe(3_168);
  expect(await find('USER-3199')).toMatchObject({ groups: ['all'], profile: { email: 'u3199@x.test' } });
});

test('a verified address is one that codes can be sent to; an update keeps it, or puts the new one in its place', async () => {
  const addressOf = async (identifier: string) =>
    (await directory.findByIdentifier(identifier))?.credentials.map(({ id, address }) => [id, address]);
  await run(
    jsonl(
      { username: 'ann', email: 'ann@x.test', emailVerified: true },
      { username: 'bob', email: 'bob@x.test' },
      { username: 'cem', email: '"c"@x.test', emailVerified: true },
    ),
  );
  const first = await addressOf('ann');
  expect(first).toEqual([[expect.any(String), 'ann@x.test']]);
  expect(await addressOf('bob')).toEqual([]);
  expect(problems).toEqual([{ line: 3, reason: 'email: mail cannot be sent to this address' }]);
  await run(jsonl({ username: 'ann', emailVerified: true }, { username: 'bob', emailVerified: true }), {
    update: true,
  });
  expect(await addressOf('ann')).toEqual(first);
  expect(await addressOf('bob')).toEqual([[expect.any(String), 'bob@x.test']]);
  await run(jsonl({ username: 'ann', email: 'ann@y.test', emailVerified: true, password: 'a long enough password' }), {
    update: true,
  });
  const account = await directory.findByIdentifier('ann');
  expect(account?.credentials.map(({ authenticator }) => authenticator).sort()).toEqual(['email', 'password']);
  expect(account?.credentials.find(({ authenticator }) => authenticator === 'email')?.secret).toEqual({
    address: 'ann@y.test',
  });
});

test('codes can be sent to a verified number as well as to the address; a new number is not verified by the old one', async () => {
  const numbers = async (identifier: string) =>
    (await directory.findByIdentifier(identifier))?.credentials.flatMap(({ secret }) => secret.number ?? []);
  const ann = {
    username: 'ann',
    email: 'ann@x.test',
    emailVerified: true,
    phone: '+4915112345678',
    phoneVerified: 'true',
  };
  await run(
    jsonl(
      ann,
      { username: 'bob', phone: '+4915112345679' },
      { username: 'cem', phone: '+499001234567', phoneVerified: true },
      { username: 'dan', phone: '0151 12345678', phoneVerified: true },
    ),
  );
  expect([await numbers('ann'), await numbers('bob')]).toEqual([['+4915112345678'], []]);
  expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
    '3: phone: no code can be sent to this number',
    '4: phone: it is no phone number like +4930123456',
  ]);
  await run(jsonl({ username: 'ann', phone: '+4915112345600' }, { username: 'bob', phoneVerified: true }), {
    update: true,
  });
  expect((await find('ann'))?.profile).toMatchObject({ phone: '+4915112345600', phoneVerified: false });
  expect(await numbers('bob')).toEqual(['+4915112345679']);
});
