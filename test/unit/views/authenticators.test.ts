/**
 * Every authenticator has texts and an icon of its own, and every change of an account its mail: a new one that lacks
 * some is told here which.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Authenticator } from '../../../src/authenticators/authenticator.ts';
import { authenticatorKinds, buildAuthenticators } from '../../../src/authenticators/index.ts';
import { accountChanges } from '../../../src/flow/notify/account-notification.ts';
import { loadCatalogues } from '../../../src/rendering/catalogue.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

const authenticators = [...buildAuthenticators().values()];
const english = [...(loadCatalogues([viewsDir]).get('en')?.messages.keys() ?? [])];
const iconsDir = join(viewsDir, 'icons/authenticators');
const icons = readdirSync(iconsDir);

/**
 * Codes of the texts that an authenticator needs. Other languages have the same codes; the test of catalogues sees to
 * that.
 */
function neededTexts({ descriptor: { key, enrollable }, enrollmentStages: stages }: Authenticator): readonly string[] {
  const enrollments = stages ? stages.map((stage) => `enroll.${key}.${stage}`) : [`enroll.${key}`];
  const forms = [`challenge.${key}`, ...(enrollable ? enrollments : [])];
  return [
    `authenticator.${key}`,
    `select.challenge.${key}`,
    ...(enrollable ? [`select.enroll.${key}`] : []),
    ...forms.flatMap((form) => ['title', 'lead', 'action'].map((part) => `${form}.${part}`)),
  ];
}

test('every authenticator has a name, titles, leads and actions', () => {
  const needed = authenticators.flatMap(neededTexts);
  expect(needed.filter((code) => !english.includes(code))).toEqual([]);
});

test.each(authenticators)('$descriptor.key names the stages of its enrollment', (authenticator) => {
  const { key } = authenticator.descriptor;
  const folder = join(viewsDir, '../src/authenticators', key.replaceAll('_', '-'));
  const code = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const used = code.flatMap((text) => [...text.matchAll(/\bstage: '(\w+)'/g)].map(([, stage = '']) => stage));
  expect([...new Set(used)].toSorted()).toEqual((authenticator.enrollmentStages ?? []).toSorted());
});

test('there is no text for a stage that no longer exists', () => {
  const known = authenticators.flatMap(({ descriptor: { key }, enrollmentStages: stages = [] }) =>
    stages.map((stage) => `${key}.${stage}`),
  );
  const named = english.flatMap((code) => /^enroll\.(\w+\.\w+)\.action$/.exec(code)?.[1] ?? []);
  expect(named.toSorted()).toEqual(known.toSorted());
});

test('every change of an account that is notified has a subject and a text of its own', () => {
  const needed = accountChanges.flatMap((change) =>
    ['', '.subject'].map((part) => `mail.account-changed.${change}${part}`),
  );
  expect(needed.filter((code) => !english.includes(code))).toEqual([]);
});

test('nothing steps in for an authenticator or a change that lacks a text', () => {
  const general =
    /^(?:authenticator|(?:select\.)?(?:challenge|enroll))\.other\b|^select\.\w+\.other$|^mail\.account-changed\.subject$/;
  expect(english.filter((code) => general.test(code))).toEqual([]);
});

test('every authenticator has an icon, and every icon an authenticator', () => {
  const needed = authenticatorKinds.map(({ key }) => `${key}.svg`);
  expect(icons.toSorted()).toEqual(needed.toSorted());
});

test.each(icons)(
  '%s is a line drawing of 24 by 24 in the colour of its text, and says nothing to screen readers',
  (icon) => {
    const svg = readFileSync(join(iconsDir, icon), 'utf8');
    expect(svg).toMatch(
      /^<svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" [^>]*aria-hidden="true">(?:<(?:path|rect|circle) [^<>]*\/>)+<\/svg>\n$/,
    );
  },
);
