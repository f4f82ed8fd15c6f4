/** Which files belong to a configuration, and which cannot be read. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { authenticators, findingLines, validFiles, withConfiguration } from '../support/configuration-dir.ts';

const known =
  'known are stepgate.yaml, invariants.yaml, apps/*.yaml, policies/session.yaml, policies/enrollment.yaml, policies/password.yaml, policies/recovery.yaml, policies/account.yaml, policies/sign-on/*.yaml, policies/profile/*.yaml, policies/service/*.yaml, brand/*.{svg,png,jpg,webp,ico,css}, tests/*.yaml [unknown_file]';

async function linesOf(dir: string): Promise<readonly string[]> {
  const loaded = await loadConfiguration(dir, { authenticators, variables: {} });
  return loaded.ok ? [] : loaded.findings.map(findingLine);
}

test.each<[string, Record<string, string | Uint8Array | undefined>, readonly string[]]>([
  [
    'no settings',
    { 'stepgate.yaml': undefined },
    ['stepgate.yaml:1:1 is missing: it holds the settings of the whole provider [file_missing]'],
  ],
  [
    'no session policy',
    { 'policies/session.yaml': undefined },
    [
      'policies/session.yaml:1:1 is missing: it holds the policy for all sessions (see docs/policies.md) [file_missing]',
    ],
  ],
  [
    'a policy that there is not yet',
    { 'policies/profile.yaml': 'a: 1\n' },
    [`policies/profile.yaml:1:1 unknown file; rename, move or remove it: ${known}`],
  ],
  [
    'another ending',
    { 'apps/x.yml': 'a: 1\n' },
    [`apps/x.yml:1:1 unknown file; rename, move or remove it: files of the configuration end in .yaml; ${known}`],
  ],
  [
    'a directory too deep',
    { 'apps/more/x.yaml': 'a: 1\n' },
    [`apps/more/x.yaml:1:1 unknown file; rename, move or remove it: ${known}`],
  ],
  [
    'too large',
    { 'stepgate.yaml': `brand: { name: ${'x'.repeat(1024 * 1024)} }` },
    ['stepgate.yaml:1:1 is larger than 1 MiB [file_too_large]'],
  ],
  [
    'not UTF-8',
    { 'stepgate.yaml': new Uint8Array([0xff, 0xfe, 0x41]) },
    ['stepgate.yaml:1:1 is not UTF-8 text [file_unreadable]'],
  ],
  [
    'a read-me, dot files and schemas',
    { 'README.md': '#', 'apps/.notes.yaml.swp': '\0', 'schema/app.schema.json': '{}' },
    [],
  ],
])('files: %s', async (_, files, expected) => {
  expect(await findingLines(files)).toEqual(expected);
});

test('a directory that does not exist', async () => {
  expect(await linesOf('/no/such/place')).toEqual([
    'there is no directory /no/such/place; name the one that holds stepgate.yaml [directory_missing]',
  ]);
});

test('a file in place of a directory', async () => {
  await withConfiguration({ 'stepgate.yaml': '{}' }, async (dir) => {
    const file = join(dir, 'stepgate.yaml');
    expect(await linesOf(file)).toEqual([
      `${file} is no directory; name the one that holds stepgate.yaml [directory_missing]`,
    ]);
  });
});

test('what would never end to be read is no file', async () => {
  await withConfiguration(validFiles, async (dir) => {
    execFileSync('mkfifo', [join(dir, 'apps/pipe.yaml')]);
    expect(await linesOf(dir)).toEqual(['apps/pipe.yaml:1:1 is not a regular file [file_unreadable]']);
  });
});

test.each(['policies/sign-on/x.yaml', 'apps/x.yaml', 'brand/x.svg'])(
  'a directory that is named like a file, with or without content: %s',
  async (name) => {
    await withConfiguration(validFiles, async (dir) => {
      await mkdir(join(dir, name), { recursive: true });
      expect(await linesOf(dir)).toEqual([`${name}:1:1 is a directory [file_unreadable]`]);
      await writeFile(join(dir, name, 'a.yaml'), '');
      expect(await linesOf(dir)).toEqual([`${name}:1:1 is a directory [file_unreadable]`]);
    });
  },
);

/** As a user without privileges, also where root runs the tests. */
async function asUnprivileged<Result>(run: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

test('a directory that may not be looked into', async () => {
  await withConfiguration(validFiles, async (dir) => {
    await chmod(dir, 0o755);
    await chmod(join(dir, 'policies'), 0);
    try {
      expect(await asUnprivileged(() => linesOf(dir))).toContainEqual(
        expect.stringMatching(/^policies:1:1 cannot be read: EACCES.* \[file_unreadable\]$/),
      );
    } finally {
      await chmod(join(dir, 'policies'), 0o755);
    }
  });
});

test('links are followed within the directory, but not out of it', async () => {
  await withConfiguration({ 'secret.yaml': 'clientId: x\n' }, (outside) =>
    withConfiguration({ ...validFiles, '..data/b.yaml': 'clientId: b\n' }, async (dir) => {
      await writeFile(
        join(dir, '..data/b.yaml'),
        validFiles['apps/notes.yaml']?.replace('clientId: notes', 'clientId: b') ?? '',
      );
      await symlink('../..data/b.yaml', join(dir, 'apps/b.yaml'));
      expect(await linesOf(dir)).toEqual([]);
      await symlink(join(outside, 'secret.yaml'), join(dir, 'apps/c.yaml'));
      await symlink('nowhere', join(dir, 'apps/d.yaml'));
      expect(await linesOf(dir)).toEqual([
        'apps/c.yaml:1:1 is a link out of the directory of the configuration [file_unreadable]',
        expect.stringMatching(/^apps\/d\.yaml:1:1 cannot be read: ENOENT/),
      ]);
    }),
  );
});

test('a volume from a ConfigMap: links to directories are followed within the directory, but in no circle', async () => {
  const moved = Object.fromEntries(Object.entries(validFiles).map(([file, text]) => [`..2026/${file}`, text]));
  await withConfiguration({ 'stray.yaml': 'a: 1\n' }, (outside) =>
    withConfiguration(moved, async (dir) => {
      await symlink('..2026', join(dir, '..data'));
      for (const name of ['stepgate.yaml', 'apps', 'policies']) await symlink(`..data/${name}`, join(dir, name));
      expect(await linesOf(dir)).toEqual([]);
      await symlink(outside, join(dir, 'brand'));
      await symlink('.', join(dir, 'circle'));
      await symlink('loop', join(dir, 'loop'));
      expect((await linesOf(dir)).toSorted()).toEqual([
        'brand:1:1 is a link out of the directory of the configuration [file_unreadable]',
        expect.stringMatching(/^circle:1:1 unknown file/),
        expect.stringMatching(/^loop:1:1 unknown file/),
      ]);
    }),
  );
});
