/** Valid configurations for tests, and what their checks find. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../../../src/policy/load.ts';
import type { AuthenticatorKind } from '../../../../src/policy/model/authenticator-kind.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';

export const authenticators: readonly AuthenticatorKind[] = kindsOf('password', 'totp', 'webauthn');

/** Some of the authenticators that there are. */
export function kindsOf(...keys: readonly string[]): readonly AuthenticatorKind[] {
  return authenticatorKinds.filter(({ key }) => keys.includes(key));
}

/** A small valid configuration. */
export const validFiles: Readonly<Record<string, string>> = {
  'stepgate.yaml': 'brand:\n  name: Test\nzones:\n  office:\n    cidrs: [192.0.2.0/24]\n',
  'apps/notes.yaml':
    'clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient:\n  redirect_uris: [https://notes.test/cb]\n',
  'policies/session.yaml':
    'rules:\n  - name: All\n    then:\n      allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D }\n',
  'policies/sign-on/notes.yaml': 'name: notes\nrules:\n  - name: All\n    then:\n      allow:\n        factors: 1\n',
};

/**
 * Writes the files into a directory of their own (`undefined`: the file is left out), and removes it after `use`. Small
 * files are written at once: thousands of tests would wait for Node's threads longer than for the disk.
 */
export async function withConfiguration<T>(
  files: Readonly<Record<string, string | Uint8Array | undefined>>,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'stepgate-config-'));
  try {
    const written = Object.entries(files).filter(([, content]) => content !== undefined);
    for (const folder of new Set(written.map(([file]) => dirname(file))))
      if (folder !== '.') mkdirSync(join(dir, folder), { recursive: true });
    for (const [file, content = ''] of written) writeFileSync(join(dir, file), content);
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Loads the valid configuration with these files added or replaced. */
export function load(
  files: Readonly<Record<string, string | Uint8Array | undefined>> = {},
  variables: Readonly<Record<string, string>> = {},
  kinds: readonly AuthenticatorKind[] = authenticators,
): Promise<LoadedConfiguration> {
  return withConfiguration({ ...validFiles, ...files }, (dir) =>
    loadConfiguration(dir, { authenticators: kinds, variables }),
  );
}

/** The findings as they are printed. */
export async function findingLines(...given: Parameters<typeof load>): Promise<readonly string[]> {
  const loaded = await load(...given);
  return loaded.ok ? [] : loaded.findings.map(findingLine);
}
