/** `config apply` and `rollback` on a terminal: what stands there before the question, and what each answer does. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { terminalQuestions } from '../../../../../src/cli/init/questions.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { configContext, openTerminal, run, type Terminal } from '../../support/harness.ts';

let terminal: Terminal;
beforeEach(async () => {
  terminal = openTerminal();
  await onTerminal(undefined, 'apply', one);
});
afterEach(() => terminal.store.close());

const one = validFiles;
const two = {
  ...validFiles,
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { totp: { enabled: true } }\n`,
  'policies/sign-on/notes.yaml': 'name: notes\nrules:\n  - name: All\n    then: { allow: { factors: 2 } }\n',
};

const enter = '\r';
const interrupt = '\u0003';
const endOfInput = '\u0004';

/** What the terminal shows. `keys`: what is typed once a question stands there; absent: there is no terminal. */
async function onTerminal(
  keys: string | undefined,
  ...[command, what, ...options]: readonly [string, Readonly<Record<string, string>> | string, ...(readonly string[])]
): Promise<string> {
  const [keyboard, screen] = [new PassThrough(), new PassThrough()];
  let shown = '';
  screen.on('data', (text: Buffer) => {
    const asked = !shown.includes('[y/N]');
    shown += text.toString();
    if (asked && shown.includes('[y/N]')) keyboard.write(keys);
  });
  const print = (text: string) => void screen.write(text);
  const context = configContext(terminal, {
    stdout: print,
    stderr: print,
    openQuestions: async () => (keys === undefined ? undefined : terminalQuestions(keyboard, screen)),
  });
  const used = (dir: string) => run(configCommand(context), command, dir, ...options);
  await (typeof what === 'string' ? used(what) : withConfiguration(what, used)).catch((error: Error) =>
    print(`${error.message}\n`),
  );
  // What moves the cursor, or clears a line, is no text.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with Escape
  return shown.replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, '');
}

async function revisions(): Promise<number> {
  await run(configCommand(configContext(terminal)), 'history');
  return terminal.printed().trim().split('\n').length;
}

test.each([`y${enter}`, `yes${enter}`, `Y${enter}`])(
  'apply shows the changes, asks, and continues after %j',
  async (keys) => {
    const shown = await onTerminal(keys, 'apply', two);
    expect(shown).toMatch(/factors: 1 -> 2.*Apply this, as revision 2\? \[y\/N\] y(es)?.*revision 2 is active/is);
    expect(await revisions()).toBe(2);
  },
);

test.each([enter, `n${enter}`, `yep${enter}`, interrupt, endOfInput])(
  'apply changes nothing after %j',
  async (keys) => {
    expect(await onTerminal(keys, 'apply', two)).toMatch(
      /Apply this, as revision 2\? \[y\/N\] .*(stopped: )?nothing was changed\n$/s,
    );
    expect(await revisions()).toBe(1);
  },
);

test('typed text is shown, and can be corrected', async () => {
  expect(await onTerminal(`n\u007fy${enter}`, 'apply', two)).toContain('revision 2 is active');
});

test.each<[string, number, RegExp]>([
  [`y${enter}`, 3, /revision 3 is active, with the content of revision 1/],
  [enter, 2, /nothing was changed\n$/],
])('rollback shows what changes, and asks: %j', async (keys, count, said) => {
  await onTerminal(undefined, 'apply', two, '--yes');
  const shown = await onTerminal(keys, 'rollback', '1');
  expect(shown).toMatch(/factors: 2 -> 1.*Go back to revision 1, as revision 3\? \[y\/N\]/s);
  expect(shown).toMatch(said);
  expect(await revisions()).toBe(count);
});

test('--yes and --json ask nothing', async () => {
  for (const [at, option] of ['--yes', '--json'].entries()) {
    const shown = await onTerminal(`n${enter}`, 'apply', at === 0 ? two : one, option);
    expect([shown.includes('[y/N]'), await revisions()]).toEqual([false, at + 2]);
  }
});
