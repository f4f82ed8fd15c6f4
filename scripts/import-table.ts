/** Renders the column "what it may import" of `docs/architecture.md` from the rules that architecture tests hold. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { importRules, type Part, storePort } from '../test/architecture/support/import-rules.ts';

const repository = join(import.meta.dirname, '..');

export const architectureFile = join(repository, 'docs/architecture.md');

const head = '| part | what it does | what it may import |\n|---|---|---|\n';

/**
 * The same page with the last column written anew; what a part does stays as it is. Throws where a part of the rules
 * has no row, or a row names no part, or parts with different rules.
 */
export function renderImportTable(page: string): string {
  const [before = '', rest] = page.split(head);
  if (rest === undefined) throw new Error('docs/architecture.md has no table of parts');
  const end = rest.indexOf('\n\n');
  const rows = rest.slice(0, end).split('\n').map(cellsOf);
  const named = rows.flatMap(([parts = '']) => namesIn(parts));
  const missing = Object.keys(importRules).filter((part) => !named.includes(pathOf(part)));
  if (missing.length > 0) throw new Error(`docs/architecture.md has no row for ${missing.map(pathOf).join(', ')}`);
  const lines = rows.map(([parts = '', what]) => `| ${parts} | ${what} | ${importsOf(parts)} |`);
  return [before, head, lines.join('\n'), rest.slice(end)].join('');
}

function cellsOf(row: string): readonly string[] {
  return row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function pathOf(part: string): string {
  return existsSync(join(repository, `src/${part}.ts`)) ? `src/${part}.ts` : `src/${part}`;
}

function importsOf(cell: string): string {
  const texts = namesIn(cell).map((path) => {
    const rule = importRules[path.replace(/^src\/|\.ts$/g, '')];
    if (rule === undefined) throw new Error(`${path} is no part of the import rules`);
    return ruleText(rule);
  });
  const [text = '', ...others] = new Set(texts);
  if (others.length > 0) throw new Error(`${cell} have different rules, so each needs a row`);
  return text;
}

function ruleText({ ours, packages }: Part): string {
  if (ours.includes('*')) return 'everything';
  const hasPort = storePort.every((module) => ours.includes(module));
  const single = ours.filter((module) => !hasPort || !storePort.includes(module));
  const parts = [...single.map((module) => `\`${module}\``), ...(hasPort ? ['the store port'] : [])];
  return [parts.length > 0 ? parts.join(', ') : 'nothing of ours', packagesText(packages)].filter(Boolean).join('; ');
}

function packagesText(packages: Part['packages']): string {
  if (packages === 'any') return 'any package';
  return packages.map((name) => `\`${name}\``).join(', ');
}
