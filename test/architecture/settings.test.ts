/** A setting that no code reads would be accepted, described and without effect. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { document, repository } from './support/documents.ts';
import { readSources } from './support/source.ts';

const sources = readSources(join(repository, 'src'));

/** Where settings are declared and checked, which makes no difference to any sign-in. */
const declaring = /^policy\/(?:schema|model)\//;

/** Read as `settings[section]`, by the table of channels. */
const bySection = ['mail', 'sms', 'voice'];

function isReadIn(code: string, name: string): boolean {
  return (
    new RegExp(`[sS]ettings\\??\\.${name}\\b`).test(code) ||
    new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\} = [^;]*[sS]ettings\\b`).test(code) ||
    new RegExp(`[sS]ettings: \\{[^}]*\\b${name}\\b|\\{[^{}]*\\b${name}\\b[^{}]*\\}: (?:Pick<)?Settings\\b`).test(code)
  );
}

test('code reads each setting of stepgate.yaml', () => {
  const { properties } = JSON.parse(document('config/schema/settings.schema.json')) as { properties: object };
  const names = Object.keys(properties).filter((name) => !bySection.includes(name));
  expect(names.length).toBeGreaterThan(15);
  const code = sources.filter(({ module }) => !declaring.test(module)).map((source) => source.code);
  expect(names.filter((name) => !code.some((text) => isReadIn(text, name)))).toEqual([]);
});

test('the search finds members and destructured settings, and no other member of that name', () => {
  expect(isReadIn('snapshot.settings.weather', 'weather')).toBe(true);
  expect(isReadIn('const { weather, risk } = snapshot.settings;', 'weather')).toBe(true);
  expect(isReadIn('function of({ settings: { weather } }: Context) {}', 'weather')).toBe(true);
  expect(isReadIn('facts.weather', 'weather')).toBe(false);
  expect(isReadIn('const { weather } = facts; const { risk } = settings;', 'weather')).toBe(false);
});
