/** `config diff` of edited configurations on a store in memory, with the users that a test adds. */

import type { AccessChange, ConfigDiff } from '../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { diffCommand } from '../../../../src/cli/config/diff/diff.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';
import { applyDemo, configContext, openTerminal, run, type Terminal } from './harness.ts';

const secret = { secret: {}, characteristics: [] };
export const password = { authenticator: 'password', factors: ['knowledge' as const], ...secret };
export const totp = { authenticator: 'totp', factors: ['possession' as const], ...secret };
export const webauthn = { authenticator: 'webauthn', factors: ['possession' as const], ...secret };

/** Contents by path. */
export type Files = Readonly<Record<string, string>>;

export const signOn = (...rules: readonly object[]): Files => ({
  'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }),
});
export const enrollment = (then: object): Files => ({
  'policies/enrollment.yaml': JSON.stringify({ rules: [{ name: 'All', then }] }),
});
export const factors = (count: number) => ({ allow: { factors: count } });
export const all = (count = 1) => ({ name: 'All', then: factors(count) });
export const two = { name: 'Editors, two factors', when: { groups: { any: ['editors'] } }, then: factors(2) };

const authenticators = 'authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }\n';
export const settings = `${validFiles['stepgate.yaml']}${authenticators}`;
/** What is active, unless a test says more. */
export const base: Files = { ...validFiles, 'stepgate.yaml': settings };

/** Edits on top of `base`, and what `config diff` says of them. */
export interface Diffs {
  readonly terminal: Terminal;
  addUsers(
    count: number,
    groups: readonly string[],
    more?: Partial<Parameters<Terminal['directory']['create']>[0]>,
  ): Promise<void>;
  /** What is printed about the files against what is active; the store keeps its users. */
  diff(next: Files, active?: Files, ...words: readonly string[]): Promise<string>;
  /** Of the files in the directory. */
  printed(dir: string, ...words: readonly string[]): Promise<string>;
  changes(next: Files, active?: Files): Promise<readonly AccessChange[]>;
  sentences(next: Files, active?: Files): Promise<readonly string[]>;
}

export function openDiffs(): Diffs {
  const terminal = openTerminal();
  let added = 0;
  const diffs: Diffs = {
    terminal,
    async addUsers(count, groups, more = {}) {
      for (const until = added + count; added < until; added += 1)
        await terminal.directory.create({ identifiers: [`${groups.join('-')}-${added}`], groups, ...more });
    },
    async diff(next, active = {}, ...words) {
      await withConfiguration({ ...base, ...active }, (dir) => applyDemo(terminal.store, dir));
      return withConfiguration({ ...base, ...active, ...next }, (dir) => diffs.printed(dir, ...words));
    },
    async printed(dir, ...words) {
      await run(diffCommand(configContext(terminal)), dir, ...words);
      return terminal.printed();
    },
    async changes(next, active = {}) {
      const data: ConfigDiff = JSON.parse(await diffs.diff(next, active, '--json'));
      return data.changes;
    },
    sentences: async (next, active = {}) => (await diffs.changes(next, active)).map(({ sentence }) => sentence),
  };
  return diffs;
}
