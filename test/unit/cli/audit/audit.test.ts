import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { auditCommand } from '../../../../src/cli/audit/audit.ts';
import type { AuditEvent } from '../../../../src/flow/audit.ts';
import { auditKey } from '../../../../src/stores/keys.ts';
import { openTerminal, run, type Terminal } from '../support/harness.ts';

let terminal: Terminal;
let controller: AbortController;
beforeEach(() => {
  terminal = openTerminal();
  controller = new AbortController();
});
afterEach(() => terminal.store.close());

let second = 0;
async function happen(...events: readonly AuditEvent[]): Promise<void> {
  await terminal.store.commit(
    events.map((event) => {
      second += 1;
      const time = new Date(second * 1000).toISOString();
      return { op: 'append', key: auditKey, value: JSON.stringify({ time, kind: 'audit', ...event }), keep: 100_000 };
    }),
  );
}

let told = '';
const contextOf = (more: object = {}) => ({
  ...terminal.context,
  interrupted: () => controller.signal,
  pollInterval: 5,
  stderr: (text: string) => {
    told += text;
  },
  ...more,
});

async function printedBy(command: 'tail' | 'query', ...words: string[]): Promise<readonly string[]> {
  told = '';
  await run(auditCommand(contextOf()), command, ...words);
  return terminal.printed().split('\n').slice(0, -1);
}

const tail = (...words: string[]) => printedBy('tail', ...words);
const query = (...words: string[]) => printedBy('query', ...words);

const completed: AuditEvent = { event: 'sign_in.completed', outcome: 'success', client: 'notes' };

function numbered(from: number, to: number): readonly AuditEvent[] {
  return Array.from({ length: to - from }, (_, index) => ({ ...completed, client: `app-${from + index}` }));
}

const clientsIn = (lines: readonly string[]) => lines.map((line) => /client=(\S+)/.exec(line)?.[1]);

test('one readable line per event, users by their identifier', async () => {
  const created = await terminal.directory.create({ identifiers: ['bob@demo.test'] });
  if (!created.ok) throw new Error(created.code);
  await happen(
    {
      ...completed,
      subject: created.user.id,
      ip: '192.0.2.1',
      factors: ['knowledge', 'possession'],
      acr: '2fa',
      amr: ['mfa', 'otp', 'pwd'],
      policyRevision: 3,
      rule: 'session: Everybody; app: Everybody else',
    },
    { event: 'authenticator.refused', outcome: 'failure', authenticator: 'password', reason: 'credentials.invalid' },
  );
  const [first, other] = await tail();
  expect(first).toMatch(
    /^\S+Z {2}sign_in\.completed +success +bob@demo\.test +client=notes {2}ip=192\.0\.2\.1 {2}factors=knowledge\+possession {2}acr=2fa {2}amr=mfa\+otp\+pwd {2}revision=3 {2}rule="session: Everybody; app: Everybody else"$/,
  );
  expect(other).toMatch(/authenticator\.refused +failure +- +authenticator=password {2}reason=credentials\.invalid$/);
});

test('a deleted user is shown and found by the id', async () => {
  const gone = 'abcdefghijklmnopqrstuv';
  await happen({ ...completed, subject: gone }, completed);
  expect((await tail()).join()).toContain(gone);
  expect(await tail('--user', gone)).toHaveLength(1);
});

test('the newest 20, or as many as wanted, over several pages', async () => {
  await happen(...numbered(0, 1500));
  await happen(...numbered(1500, 2100));
  const lines = await tail();
  expect(clientsIn(lines)).toEqual(Array.from({ length: 20 }, (_, index) => `app-${2080 + index}`));
  expect(clientsIn(await tail('-n', '1'))).toEqual(['app-2099']);
  expect(await tail('-n', '0')).toEqual([]);
  expect(await tail('-n', '5000')).toHaveLength(2100);
});

test('an empty log, and a page that is exactly full', async () => {
  expect(await tail()).toEqual([]);
  await happen(...numbered(0, 1000));
  expect(clientsIn(await tail('-n', '1'))).toEqual(['app-999']);
});

test('filters by user, app and event, before it counts', async () => {
  const created = await terminal.directory.create({ identifiers: ['bob@demo.test'] });
  if (!created.ok) throw new Error(created.code);
  const denied: AuditEvent = { event: 'sign_in.denied', outcome: 'deny', client: 'payroll', subject: created.user.id };
  await happen(denied, { ...completed, subject: created.user.id }, ...numbered(0, 30));
  expect(await tail('--user', 'BOB@demo.test')).toHaveLength(2);
  expect(clientsIn(await tail('--client', 'app-7'))).toEqual(['app-7']);
  expect(await tail('--event', 'sign_in.denied')).toHaveLength(1);
  expect(await tail('--event', 'sign_in', '-n', '100')).toHaveLength(32);
  await expect(tail('--event', 'sign')).rejects.toThrow('unknown event `sign`');
  expect(await tail('--event', 'sign_in.denied', '--client', 'notes')).toHaveLength(0);
});

test('as JSON, line by line', async () => {
  await happen({ ...completed, amr: ['pwd'] });
  const [line = ''] = await tail('--json');
  expect(JSON.parse(line)).toMatchObject({ ...completed, amr: ['pwd'], kind: 'audit' });
});

test('nothing in a line can steer the terminal', async () => {
  await happen({ ...completed, client: 'a\u001b[2Jb', rule: 'app: \u202eevil' });
  const [line = ''] = await tail();
  expect(line).toContain('client=a?[2Jb');
  expect(line).toContain('rule="app: ?evil"');
});

test('what a rule would have decided that only reports is printed, too', async () => {
  await happen({ ...completed, reported: 'app: Tried out (deny)' });
  const [line = ''] = await tail();
  expect(line).toContain('reported="app: Tried out (deny)"');
});

test('-f continues with new events until interrupted, and shows each once', async () => {
  await happen(...numbered(0, 3));
  let output = '';
  const begun = Promise.withResolvers<void>();
  const printed = Promise.withResolvers<void>();
  const context = contextOf({
    stdout: (text: string) => {
      output += text;
      begun.resolve();
      if (output.includes('app-4')) printed.resolve();
    },
  });
  const following = run(auditCommand(context), 'tail', '-f', '-n', '1', '--event', 'sign_in.completed');
  await begun.promise;
  await happen({ event: 'sign_in.cancelled', outcome: 'failure', client: 'other' }, ...numbered(3, 5));
  await printed.promise;
  controller.abort();
  await following;
  expect(clientsIn(output.trimEnd().split('\n'))).toEqual(['app-2', 'app-3', 'app-4']);
});

test.each([
  [['-n', 'many'], '-n takes a number'],
  [['-n', '100001'], '-n takes a number'],
  [['--user', 'zoe'], 'there is no user "zoe"'],
])('what cannot be meant is one sentence: %j', async (words, sentence) => {
  await expect(tail(...words)).rejects.toThrow(sentence);
});

test('a query finds events by user, app, outcome, kind and sign-in', async () => {
  const created = await terminal.directory.create({ identifiers: ['bob@demo.test'] });
  if (!created.ok) throw new Error(created.code);
  const subject = created.user.id;
  const transaction = 'a'.repeat(22);
  await happen(
    { event: 'sign_in.denied', outcome: 'deny', client: 'payroll', subject, transaction, reason: 'rule' },
    { ...completed, subject },
    { event: 'authenticator.refused', outcome: 'failure', client: 'payroll' },
    ...numbered(0, 3),
  );
  const asked = [
    ['--user', 'bob@demo.test'],
    ['--user', subject, '--outcome', 'success'],
    ['--client', 'payroll'],
    ['--outcome', 'deny'],
    ['--event', 'sign_in'],
    ['--transaction', transaction],
  ];
  const found = [];
  for (const words of asked) found.push((await query(...words)).length);
  expect(found).toEqual([2, 1, 2, 1, 5, 1]);
  expect((await query('--transaction', transaction)).join()).toContain(`transaction=${transaction}`);
  expect(await query('--client', 'other')).toEqual([]);
  const nothing = 'no such events; the store keeps the newest 100,000 lines\n';
  expect(told).toBe(`${nothing}none of them is of the app \`other\`\n`);
  await query('--client', 'payrol');
  expect(told).toBe(`${nothing}none of them is of the app \`payrol\`; did you mean \`payroll\`?\n`);
  await query('--client', 'payroll', '--outcome', 'pending');
  expect(told).toBe(nothing);
  for (const command of [query, tail])
    await expect(command('--event', 'sign_in.denyed')).rejects.toThrow('did you mean `sign_in.denied`?');
});

test('a query finds events by time: from a moment on, before another, and so long ago', async () => {
  const times = ['2026-11-22T23:59:59.999Z', '2026-11-23T00:00:00.000Z', '2026-11-24T08:59:00.000Z'];
  await terminal.store.commit(
    times.map((time, index) => {
      const line = { time, kind: 'audit', ...completed, client: `app-${index}` };
      return { op: 'append', key: auditKey, value: JSON.stringify(line), keep: 100_000 };
    }),
  );
  const found = async (...words: string[]) => clientsIn(await query(...words));
  expect(await found('--from', '2026-11-23')).toEqual(['app-1', 'app-2']);
  expect(await found('--until', '2026-11-23')).toEqual(['app-0']);
  expect(await found('--from', '2026-11-23T00:59:59+01:00', '--until', '2026-11-24')).toEqual(['app-0', 'app-1']);
  expect(await found('--from', '1h')).toEqual(['app-2']);
  expect(await found('--from', 'PT33H', '--until', '1h')).toEqual(['app-1']);
});

test('a query comes in pages that follow one another, whatever happens meanwhile', async () => {
  await happen(...numbered(0, 1005));
  const first = await query('-n', '1002');
  expect(clientsIn(first).at(-1)).toBe('app-1001');
  const [, after = ''] = /add --after (\S+), or --all\n$/.exec(told) ?? [];
  await happen(...numbered(1005, 1006));
  expect(clientsIn(await query('--after', after))).toEqual(['app-1002', 'app-1003', 'app-1004', 'app-1005']);
  expect(told).toBe('');
  expect(await query('--all', '--event', 'sign_in')).toHaveLength(1006);
});

test('a query keeps one page of the log in memory: each is printed before the next is read', async () => {
  const pages = 100;
  const seen: string[] = [];
  const line = JSON.stringify({ time: '2026-11-24T08:59:00.000Z', kind: 'audit', ...completed });
  const tailOf = async (_key: string, cursor = '0') => {
    seen.push(`read ${cursor}`);
    const from = Number(cursor);
    const length = from >= pages * 1_000 ? 0 : 1_000;
    return Array.from({ length }, (_, index) => ({ cursor: String(from + index + 1), value: line }));
  };
  const context = contextOf({
    openStore: async () => ({ ...terminal.store, tail: tailOf, close: async () => undefined }),
    stdout: () => {
      if (seen.at(-1) !== 'print') seen.push('print');
    },
  });
  await run(auditCommand(context), 'query', '--all', '--json');
  const expected = Array.from({ length: pages }, (_, page) => [`read ${page * 1_000}`, 'print']).flat();
  expect(seen).toEqual([...expected, `read ${pages * 1_000}`]);
});

test.each([
  [['-n', '0'], '--limit takes a number from 1 to 10000'],
  [['--from', 'yesterday'], '--from takes a time such as'],
  [['--from', '2026-02-30'], '--from takes a time such as'],
  [['--from', '2026-11-24T09:00:00'], '--from takes a time such as'],
  [['--from', '1h', '--until', '2h'], '--from must be before --until'],
  [['--after', 'x y'], '--after takes the value that the previous page printed'],
  [['--user', 'zoe'], 'there is no user "zoe"'],
])('a query that cannot be meant is one sentence: %j', async (words, sentence) => {
  await expect(query(...words)).rejects.toThrow(sentence);
});
