/** `config apply`, `confirm`, `rollback`, `show` and `history`: what they ask, refuse and record. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { Revisions } from '../../../../../src/policy/revision/revisions.ts';
import { auditKey, revisionConfirmationKey, revisionPointerKey } from '../../../../../src/stores/keys.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { configContext, fixedNow, openTerminal, run, type Terminal } from '../../support/harness.ts';

let terminal: Terminal;
let asked: string[];
let stderr: string;
let isUnseen: boolean;
/** What the operator types; `undefined`: there is no terminal. */
let answer: string | undefined;
beforeEach(() => {
  terminal = openTerminal();
  asked = [];
  stderr = '';
  isUnseen = false;
  answer = undefined;
});
afterEach(() => terminal.store.close());

const policy = (...rules: readonly object[]) => ({
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
});
const all = (factors: number) => ({ name: 'All', then: { allow: { factors } } });
const settings = `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`;
const one = { ...validFiles, 'stepgate.yaml': settings };
const two = { ...one, ...policy(all(2)) };
const closed = { ...one, ...policy({ name: 'Nights', when: { groups: { any: ['night'] } }, then: 'deny' }, all(1)) };

async function config(...words: readonly string[]): Promise<string> {
  const context = configContext(terminal, {
    stderr: (text) => {
      stderr += text;
    },
    isUnseen,
    openQuestions: async () => {
      const typed = answer;
      if (typed === undefined) return undefined;
      const ask = async (question: string) => {
        asked.push(question);
        return typed;
      };
      return { ask, say: () => undefined, close: () => undefined };
    },
  });
  await run(configCommand(context), ...words);
  return terminal.printed();
}

function apply(files: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<string> {
  return withConfiguration(files, (dir) => config('apply', dir, ...words));
}

async function audited(): Promise<readonly object[]> {
  const lines = await terminal.store.tail(auditKey, undefined, 100);
  return lines.map(({ value }) => JSON.parse(value) as object);
}

test('on a terminal, what changes is shown, and the operator is asked', async () => {
  answer = 'y';
  await apply(one);
  expect(asked).toEqual([]);
  await terminal.directory.create({ identifiers: ['ann'] });
  expect(await apply(two)).toBe('revision 2 is active: 1 change: sign-on/notes\n');
  expect(asked).toEqual(['Apply this, as revision 2? [y/N] ']);
  expect(stderr).toContain('What differs from revision 1, which is active:');
  expect(stderr).toContain('the one user: one factor becomes two');
  expect(await apply(two)).toBe('no change: revision 2 is active\n');
  expect(asked).toHaveLength(1);
});

test.each([[''], ['n'], ['no'], ['yeah']])('the answer "%s" changes nothing', async (typed) => {
  await apply(one);
  answer = typed;
  expect(await apply(two)).toBe('');
  expect([stderr.endsWith('nothing was changed\n'), terminal.exitCode()]).toEqual([true, 1]);
  expect(await config('history')).toMatch(/^1 .*\n$/);
});

test('with --yes, changes are shown and nothing is asked; without it, the output of a script stays as it was', async () => {
  await apply(one);
  expect(await apply(two)).toContain('revision 2 is active');
  expect(stderr).toBe('');
  answer = 'n';
  expect(await apply(one, '--yes')).toContain('revision 3 is active');
  expect(stderr).toContain('What differs from revision 2');
  stderr = '';
  expect(JSON.parse(await apply(two, '--json'))).not.toHaveProperty('diff');
  await apply(one, '--yes');
  stderr = '';
  const data = JSON.parse(await apply(two, '--yes', '--json'));
  expect([data.revision, data.diff.base, stderr, asked]).toEqual([6, 5, '', []]);
  expect(data.diff.files).toMatchObject([{ file: 'policies/sign-on/notes.yaml' }]);
});

test('on a terminal that shows no questions, nothing is applied unasked', async () => {
  await apply(one);
  isUnseen = true;
  await expect(apply(two)).rejects.toThrow('nothing can be shown or asked: use --yes to continue without a question');
  expect(await config('history')).toMatch(/^1 .*\n$/);
  expect(await apply(two, '--yes')).toContain('revision 2 is active');
});

test('with --base, only files that were compared with the active revision are applied', async () => {
  await apply(one);
  await apply(two, '--by', 'bob');
  const refused = 'revision_changed: revision 2 by bob is active, and this was compared with revision 1';
  await expect(apply(closed, '--base', '1')).rejects.toThrow(refused);
  const data = JSON.parse(await apply(closed, '--base', '1', '--json'));
  expect(data).toEqual({ ok: false, code: 'revision_changed', message: expect.stringContaining(refused) });
  expect(terminal.exitCode()).toBe(1);
  // Also where nothing would change: the operator compared with something else.
  await expect(apply(two, '--base', '1')).rejects.toThrow(refused);
  expect(await apply(closed, '--base', '2')).toContain('revision 3 is active');
  await expect(apply(one, '--base', 'two')).rejects.toThrow('--base takes the number of a revision, not two');
  const broken = { 'stepgate.yaml': 'brand: { nam: A }\n' };
  await expect(apply(broken, '--base', 'two')).rejects.toThrow('--base takes the number of a revision, not two');
});

test('what another admin applies while the operator thinks is not overwritten', async () => {
  await apply(one);
  answer = 'y';
  const ask = async (question: string) => {
    asked.push(question);
    answer = undefined;
    await apply(closed, '--by', 'bob');
    return 'y';
  };
  const context = configContext(terminal, {
    openQuestions: async () => ({ ask, say: () => undefined, close: () => undefined }),
  });
  await withConfiguration(two, async (dir) => {
    await expect(run(configCommand(context), 'apply', dir)).rejects.toThrow(/^revision_changed: revision 2 by bob/);
  });
  terminal.printed();
  expect(await config('history')).toMatch(/^2 .* bob .*\n1 /);
});

test('who and why are in the history and in the audit log', async () => {
  await apply(one, '--reason', 'first');
  await apply(two, '-m', 'two factors', '--by', 'ann');
  const [second, first] = (await config('history', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect([first.message, second.message, second.by, second.at]).toEqual(['first', 'two factors', 'ann', fixedNow]);
  expect(await audited()).toMatchObject([
    { event: 'config.applied', outcome: 'success', policyRevision: 1, message: 'first' },
    { event: 'config.applied', outcome: 'success', policyRevision: 2, message: 'two factors', by: 'ann' },
  ]);
  await expect(apply(one, '--reason', 'x'.repeat(501))).rejects.toThrow('a reason has at most 500 characters');
});

test('on an empty store no revision is active that files could have been compared with', async () => {
  await expect(apply(one, '--base', '12')).rejects.toThrow(
    'revision_changed: no revision is active, and this was compared with revision 12',
  );
  expect(await config('history')).toBe('');
  expect(await apply(one, '--base', '0')).toMatch(/^revision 1 is active/);
});

test.each(['0', 'many', '10000'])('history --limit %s is refused', async (limit) => {
  await apply(one);
  await expect(config('history', '-n', limit)).rejects.toThrow('--limit takes a number from 1 to 9999');
});

describe('with --confirm', () => {
  test('it stays once it is confirmed', async () => {
    await apply(one);
    expect(await apply(two, '--confirm', 'PT10M')).toBe(
      'revision 2 is active: 1 change: sign-on/notes\n' +
        'Unless `config confirm` comes before 2026-11-24 09:10:00 UTC, it goes back to what revision 1 was.\n',
    );
    expect((await config('history')).split('\n')[0]).toMatch(/ {2}\(not confirmed: goes back to revision 1\)$/);
    expect(await config('confirm')).toBe('revision 2 is confirmed, and stays active\n');
    expect((await config('history')).split('\n')[0]).toMatch(/sign-on\/notes$/);
    expect((await audited()).at(-1)).toMatchObject({ event: 'config.confirmed', policyRevision: 2 });
    await expect(config('confirm')).rejects.toThrow('nothing_to_confirm: revision 2 is active, and stays');
    expect(JSON.parse(await apply(one, '--confirm', '10m', '--json'))).toMatchObject({ confirmBefore: fixedNow + 600 });
    expect(JSON.parse(await config('confirm', '--json'))).toEqual({ ok: true, revision: 3 });
  });

  test.each([
    ['apply', () => apply(two)],
    ['rollback', () => config('rollback', '2')],
  ])('%s of what is active already says that it waits', async (_, again) => {
    await apply(one);
    await apply(two, '--confirm', 'PT10M');
    expect(await again()).toMatch(
      /^no change: revision 2 is active.*\nIt is not confirmed: unless `config confirm` comes in time, it goes back to what revision 1 was\.\n$/,
    );
    expect(JSON.parse(await apply(two, '--json'))).toMatchObject({ changed: [], goesBackTo: 1 });
    expect(await apply(two, '--confirm', 'PT1H')).toContain(
      'Unless `config confirm` comes before 2026-11-24 10:00:00 UTC',
    );
    await config('confirm');
    expect(await again()).not.toContain('It is not confirmed');
  });

  test('a confirmation that names a revision confirms no other one', async () => {
    await apply(one);
    await apply(two, '--confirm', 'PT10M');
    expect(await apply(closed, '--confirm', 'PT10M')).toContain('UTC, it goes back to what revision 1 was.');
    await expect(config('confirm', '2')).rejects.toThrow('revision_changed: revision 3 is active, and not revision 2');
    await expect(config('confirm', '0')).rejects.toThrow('0 is no number of a revision');
    expect(await config('confirm', '3')).toBe('revision 3 is confirmed, and stays active\n');
  });

  test('a confirmation after the rollback gets an error that says so', async () => {
    await apply(one);
    await apply(two, '--confirm', 'PT10M');
    await terminal.store.commit([{ op: 'delete', key: revisionConfirmationKey }]);
    const { entries } = await terminal.store.load([revisionPointerKey]);
    const revisions = new Revisions(terminal.store, { authenticators: authenticatorKinds });
    await revisions.expire(entries.get(revisionPointerKey), undefined);
    await expect(config('confirm')).rejects.toThrow(
      'nothing_to_confirm: revision 3 is active, and stays: revision 2 was not confirmed in time',
    );
  });

  test('it cannot be confirmed once the time is over', async () => {
    await apply(one);
    await apply(two, '--confirm', 'PT10M');
    await terminal.store.commit([{ op: 'delete', key: revisionConfirmationKey }]);
    await expect(config('confirm')).rejects.toThrow(/^confirmation_expired: .* revision 2 is over/);
  });

  test('a time that is too short, too long or none is refused, and so is the first revision', async () => {
    for (const bad of ['PT5S', 'P2D', 'soon'])
      await expect(apply(one, '--confirm', bad)).rejects.toThrow('--confirm takes a duration from 30 s to 1 d');
    await expect(apply(one, '--confirm', 'PT10M')).rejects.toThrow('this is the first revision');
    expect(await config('history')).toBe('');
  });
});

describe('rollback', () => {
  test('makes an earlier revision a new one, and asks on a terminal', async () => {
    await apply(one);
    await apply(two);
    answer = 'y';
    stderr = '';
    expect(await config('rollback', '1', '--reason', 'too much')).toBe(
      'revision 3 is active, with the content of revision 1: 1 change: sign-on/notes\n',
    );
    expect(asked).toEqual(['Go back to revision 1, as revision 3? [y/N] ']);
    expect(stderr).toContain('What differs from revision 2, which is active:');
    expect((await config('history')).split('\n')[0]).toMatch(/too much {2}sign-on\/notes {2}\(revision 1 again\)$/);
    expect((await audited()).at(-1)).toMatchObject({ event: 'config.rolled_back', policyRevision: 3, back: 1 });
    expect(await config('rollback', '1')).toBe('no change: revision 3 is active, and says the same\n');
    answer = 'n';
    await config('rollback', '2');
    expect(terminal.exitCode()).toBe(1);
  });

  test('a revision that never was is refused', async () => {
    await apply(one);
    for (const [number, message] of [
      ['7', 'unknown_revision: there is no revision 7; `config history` lists them'],
      ['last', 'last is no number of a revision'],
    ] as const) {
      await expect(config('rollback', number)).rejects.toThrow(message);
      await expect(config('show', number)).rejects.toThrow(message);
    }
    expect(JSON.parse(await config('show', '7', '--json'))).toMatchObject({ ok: false, code: 'unknown_revision' });
  });
});

test('show lists the documents of a revision, and shows them', async () => {
  await apply(one, '--reason', 'first', '--by', 'ann');
  await apply(two);
  const text = await config('show', '1');
  expect(text).toMatch(/^1 {2}\S+ {2}ann {2}first {2}app\/notes, session, settings, sign-on\/notes\n/);
  expect(text).toContain('  sign-on/notes  policies/sign-on/notes.yaml\n');
  expect(await config('show', '2', 'sign-on/notes')).toBe(
    '# policies/sign-on/notes.yaml\nname: notes\nrules:\n  - name: All\n    then:\n      allow:\n        factors: 2\n',
  );
  expect(JSON.parse(await config('show', '2', 'settings', '--json'))).toMatchObject({
    revision: 2,
    changed: ['sign-on/notes'],
    documents: [{ key: 'settings', content: { brand: { name: 'Test' } } }],
  });
  await expect(config('show', '1', 'sign-on/note')).rejects.toThrow('did you mean `sign-on/notes`?');
  // As `config fmt` writes it: in the order of the schema, which is not that of the alphabet.
  await apply(closed);
  expect(await config('show', '3', 'sign-on/notes')).toMatch(
    /- name: Nights\n {4}when:\n {6}groups:\n.*\n.*\n {4}then: deny\n/,
  );
});
