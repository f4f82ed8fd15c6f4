/**
 * The table of store keys has no row that nothing uses and names the modules that use it, and the document that is
 * written from it is up to date.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { dataModelFile, renderDataModel } from '../../scripts/data-model.ts';
import { cookieTable } from '../../src/flow/browser/cookie-table.ts';
import { counterTable } from '../../src/stores/counter-table.ts';
import { keyKinds, keyRow } from '../../src/stores/key-table.ts';
import { document } from './support/documents.ts';
import { readSources } from './support/source.ts';

const src = join(import.meta.dirname, '../../src');

test('docs/data-model.md is what `npm run docs` writes', () => {
  expect(readFileSync(dataModelFile, 'utf8')).toBe(renderDataModel());
});

test('no kind of key has a row in two files', () => {
  const files = globSync('stores/key-rows/*.ts', { cwd: src });
  const kinds = files.flatMap((file) => document(`src/${file}`).match(/^ {2}'?[\w-]+(?='?: \{$)/gm) ?? []);
  expect(kinds.length).toBe(keyKinds.length);
});

test('the owner of each kind of key and of each counter is a module', () => {
  const owners = [...keyKinds.map((kind) => keyRow(kind)?.owner ?? kind), ...counterTable.map(({ owner }) => owner)];
  expect(owners.filter((owner) => !existsSync(join(src, `${owner}.ts`)))).toEqual([]);
});

test('the owner of each cookie is a module that names it, and no other file writes the name of a cookie', () => {
  const unnamed = Object.entries(cookieTable).filter(([kind, { owner }]) => {
    const source = sources.find(({ module }) => module === owner);
    return (
      !source?.texts.includes(kind) || !source.imports.some(({ target }) => target === 'flow/browser/cookie-table')
    );
  });
  expect(unnamed).toEqual([]);
  const named = sources.filter(({ texts, templates }) =>
    [...texts, ...templates].some((text) => /^__(?:Host|Secure)-/.test(text)),
  );
  expect(named.map(({ module }) => module)).toEqual(['flow/browser/cookie-table']);
});

test('only owners of cookies set them', () => {
  const owners: readonly string[] = Object.values(cookieTable).map(({ owner }) => owner);
  const setting = sources.filter(({ code }) => /\bcookies\.set\(/.test(code)).map(({ module }) => module);
  // The demo's app is not Stepgate: its cookie is none of ours.
  expect(setting.filter((module) => !owners.includes(module))).toEqual(['demo/relying-party-app']);
});

/** By kind: what `keys.ts` exports for it. */
const exportsByKind = Map.groupBy(
  document('src/stores/keys.ts')
    .split(/^export (?:function|const) /m)
    .flatMap((part) => {
      const name = /^\w+/.exec(part)?.[0];
      const kind = /\bkeyOf\('([\w-]+)'/.exec(part)?.[1];
      return name !== undefined && kind !== undefined ? [{ name, kind }] : [];
    }),
  ({ kind }) => kind,
);

const sources = readSources(src);

/** Whether a module gets one of these names from `keys.ts`. */
function importsKey(module: string, names: readonly string[]): boolean {
  const source = sources.find((file) => file.module === module);
  const clauses = source?.code.match(/\bimport \{[^}]*\} from ''/g)?.join('\n') ?? '';
  const hasFile = source?.imports.some(({ target }) => target === 'stores/keys') ?? false;
  return hasFile && names.some((name) => new RegExp(`\\b${name}\\b`).test(clauses));
}

/** The storage of oidc-provider makes the keys of its models from the table itself. */
function namesKind(module: string, kind: string): boolean {
  const source = sources.find((file) => file.module === module);
  const hasTable = source?.imports.some(({ target }) => target === 'stores/key-table') ?? false;
  return hasTable && (source?.texts.includes(kind) ?? false);
}

/** The module makes keys of this kind. */
function makesKey(module: string, kind: string): boolean {
  const names = (exportsByKind.get(kind) ?? []).map(({ name }) => name);
  return importsKey(module, names) || namesKind(module, kind);
}

test('the owner of each kind of key makes keys of this kind', () => {
  expect(keyKinds.filter((kind) => !makesKey(keyRow(kind)?.owner ?? '', kind))).toEqual([]);
});

test('a kind of key that nothing uses would be found', () => {
  expect(sources.filter(({ module }) => makesKey(module, 'no-such-kind'))).toEqual([]);
  expect(makesKey('users/record/account', 'demo-inbox')).toBe(false);
});

test('each function of `keys.ts` is imported by another module', () => {
  const names = sources.find(({ module }) => module === 'stores/keys')?.exports ?? [];
  expect(names.length).toBeGreaterThan(25);
  expect(names.filter((name) => !sources.some(({ module }) => importsKey(module, [name])))).toEqual([]);
});

test('a counter with a name of its own is named by its owner, and each that is named is in the table', () => {
  const fixed = counterTable.filter(({ name }) => !name.includes('<') && !name.includes('.send'));
  const unnamed = fixed.filter(
    ({ name, owner }) => !sources.find((source) => source.module === owner)?.texts.includes(name),
  );
  expect(unnamed).toEqual([]);
  const calls = [...keyCalls()].filter((name) => !counterTable.some((row) => row.name === name));
  expect(calls).toEqual([]);
});

function keyCalls(): ReadonlySet<string> {
  const texts = sources.map(({ module }) => document(`src/${module}.ts`)).join('\n');
  return new Set([...texts.matchAll(/\battemptCounter\([^,]+, '([^']+)'\)/g)].map(([, name = '']) => name));
}
