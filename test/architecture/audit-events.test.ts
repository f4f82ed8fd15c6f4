/** Each audit event is caused somewhere, and a test that really emits it asks for it by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { auditEvents } from '../../src/flow/audit.ts';
import { eventsEmittedIn } from '../support/values/emitted-events.ts';

/** Names that the sources compose: `account.` and the change. */
const composed = (name: string): string | undefined => /^account\.(\w+)$/.exec(name)?.[1];

function textsIn(folder: string, except: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith(except))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

const sources = textsIn('src', 'flow/audit.ts').join('\n');
/** In quotes: alone, or followed by what a test puts behind the name (`event authenticator`, `event:authenticator`). */
const isAskedFor = (name: string, text: string): boolean =>
  new RegExp(`['"\`]${name.replace('.', '\\.')}['"\`: ]`).test(text);

test('each event is caused by the sources', () => {
  const names = Object.keys(auditEvents);
  const missing = names.filter((name) => {
    const change = composed(name);
    return !sources.includes(`'${name}'`) && !(change !== undefined && sources.includes(`'${change}'`));
  });
  expect(missing).toEqual([]);
});

test('each event has a test file that emits it; the file itself fails when it no longer does', () => {
  expect(Object.values(eventsEmittedIn).flat().toSorted()).toEqual(Object.keys(auditEvents).toSorted());
});

test('each of these files asks for its events', () => {
  const missing = Object.entries(eventsEmittedIn).flatMap(([file, names]) => {
    const text = readFileSync(join('test', file), 'utf8');
    return names.filter((name) => !isAskedFor(name, text)).map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test('each field of the log is that of an event', () => {
  const members = /interface AuditFields \{\n([\s\S]*?)\n\}/.exec(readFileSync('src/flow/audit.ts', 'utf8'))?.[1] ?? '';
  const fields = [...members.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name = '']) => name);
  const used = new Set<string>(Object.values(auditEvents).flatMap((row) => row.fields));
  expect(fields.toSorted()).toEqual([...used].toSorted());
});

test('the sources cause no event that the table does not have', () => {
  const prefixes = [...new Set(Object.keys(auditEvents).map((name) => name.split('.')[0]))];
  const caused = sources.matchAll(new RegExp(`event: '((?:${prefixes.join('|')})\\.\\w+)'`, 'g'));
  const names = [...caused].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !Object.hasOwn(auditEvents, name ?? ''))).toEqual([]);
});
