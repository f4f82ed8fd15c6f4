import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { refusalCodes } from '../../../src/authenticators/refusal-codes.ts';
import { denyReasons } from '../../../src/core/model/decision.ts';
import { noticeCodes } from '../../../src/core/step/notice-codes.ts';
import { errorTable } from '../../../src/errors.ts';
import { standardScopes } from '../../../src/policy/model/standard-scopes.ts';
import { loadTranslators, type Translator } from '../../../src/rendering/translator.ts';
import { pageStates, viewsDir } from '../../support/pages/page-states.ts';
import { sharedViews } from '../../support/shared/views.ts';
import { keyUse, quotedTexts } from './support/used-keys.ts';

const dir = join(viewsDir, 'messages');
const catalogs = readdirSync(dir).map((file) => ({
  locale: file.replace('.json', ''),
  texts: JSON.parse(readFileSync(join(dir, file), 'utf8')) as Record<string, string>,
}));
const english = catalogs.find(({ locale }) => locale === 'en')?.texts ?? {};
const others = catalogs.filter(({ locale }) => locale !== 'en');
const placeholders = (text: string): readonly string[] =>
  [...text.matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1] ?? '').sort();

test('there are texts in all twelve languages', () => {
  expect(catalogs.map(({ locale }) => locale).toSorted()).toEqual([
    'ar',
    'de',
    'en',
    'es',
    'fr',
    'it',
    'ja',
    'nl',
    'pl',
    'pt-BR',
    'tr',
    'zh-Hans',
  ]);
});

/** Words that a language has from English, or shares with it. */
const shared: Readonly<Record<string, readonly string[]>> = {
  de: [
    'account.nav.apps',
    'app_name.another',
    'attribute.optional',
    'claim.name',
    'claim.website',
    'device.label',
    'mail.details.place',
    'passcode.label',
  ],
  fr: [
    'account.nav.notifications',
    'device.label',
    'links.contact',
    'mail.details.place',
    'passcode.label',
    'question.label',
  ],
  es: ['account.profile.no', 'mail.details.place', 'message.error', 'title.error'],
  it: [
    'account.label',
    'account.profile.no',
    'authenticator.email',
    'authenticator.password',
    'identifier.label.email',
    'inbox.email',
    'links.privacy',
    'mail.details.app',
    'mail.details.place',
  ],
  'pt-BR': ['mail.details.app', 'mail.details.place'],
  nl: [
    'account.label',
    'account.nav.apps',
    'claim.website',
    'device.label',
    'links.contact',
    'links.help',
    'links.privacy',
    'mail.details.app',
    'mail.details.place',
    'passcode.label',
  ],
  pl: ['mail.details.place'],
  tr: ['mail.details.place'],
  'zh-Hans': ['mail.details.place'],
};

test.each(others)('$locale is translated', ({ locale, texts }) => {
  const hasWords = (text = '') => /[A-Za-z]/.test(text.replaceAll(/\{\w+\}/g, ''));
  const same = Object.keys(english).filter((key) => texts[key] === english[key] && hasWords(english[key]));
  expect(same.toSorted()).toEqual(shared[locale] ?? []);
});

test('no text is empty, has stray spaces', () => {
  const bad = catalogs.flatMap(({ locale, texts }) =>
    Object.entries(texts)
      .filter(([, text]) => text === '' || text !== text.trim())
      .map(([key]) => `${locale}: ${key}`),
  );
  expect(bad).toEqual([]);
});

const root = join(viewsDir, '..');
/** Where texts are made, and the tables of what they name. */
const quoted = quotedTexts(
  [
    viewsDir,
    ...['http/html', 'delivery', 'rendering', 'authenticators', 'core/step', 'core/model', 'flow'].map((folder) =>
      join(root, 'src', folder),
    ),
  ],
  ['.ts', '.ejs', '.js'],
);

/** Errors of oidc-provider that have a text of their own. */
const foreign = [
  'invalid_request',
  'invalid_client',
  'invalid_redirect_uri',
  'session_not_found',
  'server_error',
  'temporarily_unavailable',
];

const errorCodes = Object.keys(errorTable).map((code) => `error.${code}`);
const linksOfUndo = ['done', 'over', 'superseded'].map((result) => `link.undo.${result}`);
/** OpenID Connect Core 1.0 section 5.1.1. */
const addressMembers = ['street_address', 'locality', 'region', 'postal_code', 'country'];
const authenticatorKeys = authenticatorKinds.map(({ key }) => key);
const isUsed = keyUse(quoted, {
  'notice.code': [...Object.keys(noticeCodes), ...Object.keys(refusalCodes)],
  code: [...errorCodes, 'link.not_me.done', 'link.not_me.over', ...linksOfUndo],
  key: ['signed_out', 'stayed', 'logged_out'],
  'authenticator.': authenticatorKeys,
  'claim.': [...Object.values(standardScopes).flat(), ...addressMembers],
  'scope.': [...Object.keys(standardScopes), 'openid', 'groups', 'offline_access'],
  'error.': errorCodes.map((code) => code.replace('error.', '')),
  'oauth.': foreign,
  'links.': ['help', 'privacy', 'terms', 'contact'],
  // Names of inputs.
  ...Object.fromEntries(['terms.', 'scopes.', 'userProfile.', 'credentials.'].map((name) => [name, []])),
});

test('every text is used', () => {
  expect(Object.keys(english).filter((key) => !isUsed(key))).toEqual([]);
});

test('of keys that are made of parts of others, hardly any counts as used', () => {
  const parts = [...new Set(Object.keys(english).flatMap((key) => key.split('.')))];
  const partAt = (index: number) => parts[index % parts.length] ?? '';
  const made = Array.from({ length: 2_000 }, (_, at) => {
    const key = [partAt(at * 7919), partAt(at * 104_729 + 1)];
    return (at % 2 === 0 ? key : [...key, partAt(at * 1_299_709 + 2)]).join('.');
  });
  const absent = made.filter((key) => english[key] === undefined);
  expect(absent.length).toBeGreaterThan(1_900);
  expect(absent.filter(isUsed).length).toBeLessThan(absent.length / 50);
});

test.each(['challenge.pager.lead', 'error.no_such', 'select.challenge.pager', 'webauthn.no_such', 'nowhere.at_all'])(
  'a text %s would be found to be unused',
  (key) => {
    expect(isUsed(key)).toBe(false);
  },
);

test('of every text that is used there is one', () => {
  const sources = [viewsDir, join(root, 'src/http/html'), join(root, 'src/delivery')].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ejs|ts)$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const used = sources.flatMap((source) =>
    [...source.matchAll(/(?:\bsay(?:\.text)?\(|\bt\.text\(|\b(?:key|label|hint): )'([^']+)'/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  expect(used.length).toBeGreaterThan(120);
  expect(used.filter((key) => english[key] === undefined)).toEqual([]);
});

/** `test/unit/authenticators/refusal-codes.test.ts` looks for the texts of refusals. */
test('every error, denial and notice has a text, and every authenticator a name', () => {
  const codes = [
    ...Object.keys(errorTable).map((code) => `error.${code}`),
    ...denyReasons.map((reason) => `denied.${reason}`),
    ...Object.keys(noticeCodes),
    ...authenticatorKinds.map(({ key }) => `authenticator.${key}`),
  ];
  expect(codes.filter((code) => english[code] === undefined)).toEqual([]);
});

test('there is no text for a denial that no longer exists', () => {
  const named = Object.keys(english).flatMap((key) => /^denied\.([a-z_]+)$/.exec(key)?.[1] ?? []);
  // In a recovery one text stands for most reasons.
  expect(named.toSorted()).toEqual([...denyReasons, 'recovery'].toSorted());
});

test('every notice of the step loop and of authenticators has a text, and gets every value that the text needs', () => {
  const given = ['flow', 'authenticators'].flatMap((part) => {
    const folder = join(viewsDir, '../src', part);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return files.flatMap((name) =>
      [
        ...readFileSync(join(folder, name), 'utf8').matchAll(
          /(?:\bwithError\(\w+, |\brefuse(?:Response)?\(|\bwrong\(|\baboutCode\(|\bcode: )'([a-z_.]+)'/g,
        ),
      ].map((match) => match[1] ?? ''),
    );
  });
  expect(given).toEqual(
    expect.arrayContaining(['credentials.invalid', 'form.stale', 'attempts.exceeded', 'identifier.required']),
  );
  expect(given.filter((code) => english[code] === undefined)).toEqual([]);
  const valued = given.filter((code) => placeholders(english[code] ?? '').length > 0);
  expect([...new Set(valued)].toSorted()).toEqual([
    'account.changes.exceeded',
    'attempts.exceeded',
    'challenge_service.exceeded',
    'profile.exceeded',
    'requests.exceeded',
    'resend.exceeded',
    'send.exceeded',
  ]);
});

const honest = [...pageStates.keys()].filter((name) => !name.endsWith('hostile'));
const renderer = sharedViews().pages;

test.each(honest)('%s finds all its texts', (name) => {
  const html = pageStates.get(name)?.(renderer) ?? '';
  expect(html).not.toContain(english['message.unknown']);
  expect(html).not.toMatch(/\{[a-zA-Z]+\}/);
});

const translator = (locale: string): Translator => {
  const found = loadTranslators([viewsDir]).get(locale);
  if (found === undefined) throw new Error(`no ${locale}`);
  return found;
};

test.each([
  ['en', 1, 'Try again in 1 second.'],
  ['en', 59.2, 'Try again in 1 minute.'],
  ['en', 40, 'Try again in 40 seconds.'],
  ['en', 61, 'Try again in 2 minutes.'],
  ['en', 900, 'Try again in 15 minutes.'],
  ['en', 3601, 'Try again in 2 hours.'],
  ['en', 0, 'Try again in 1 second.'],
  ['de', 900, 'Versuchen Sie es in 15 Minuten noch einmal.'],
])('%s: a wait of %p seconds in words, rounded up', (locale, seconds, end) => {
  expect(translator(locale).text('attempts.exceeded', { seconds })).toMatch(
    new RegExp(`${end.replaceAll('.', '\\.')}$`),
  );
});
