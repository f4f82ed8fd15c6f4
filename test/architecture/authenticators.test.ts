/** An authenticator is one folder and one line in the list: nothing else may know it by its key. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { everything, guideFor, isNamedIn, readTexts, type TextFile } from './support/documents.ts';
import { isWithin } from './support/import-rules.ts';
import { parseSource, readSources, type SourceFile } from './support/source.ts';

const root = join(import.meta.dirname, '../..');
const keys = authenticatorKinds.map(({ key }) => key);

/** Where the word means something else, or where a file names one authenticator on purpose. */
const known: Readonly<Record<string, readonly string[]>> = {
  // Other things by the same word: types and attributes of HTML inputs, claims, columns of a file, parts of a URL,
  // kinds of profile attributes.
  'http/html/fields/inputs': ['email', 'password'],
  'http/html/fields/profile-fields': ['email', 'phone'],
  // What is worth setting up next.
  'http/html/views/account-home': ['recovery_code', 'webauthn'],
  'cli/users/add': ['email', 'phone'],
  'core/model/account-policy': ['email', 'phone'],
  'core/model/attribute': ['email', 'phone'],
  'core/profile/attribute-value': ['email'],
  'policy/model/standard-attributes': ['email', 'phone'],
  'policy/model/standard-scopes': ['email'],
  'policy/schema/fields/attributes': ['email', 'phone'],
  'stores/redis/url': ['password'],
  'flow/account/identifiers': ['email', 'phone'],
  'flow/account/move-identifier': ['email'],
  'flow/account/profile': ['email', 'phone'],
  'flow/account/restore-identifier': ['email'],
  'http/account/identifier-handlers': ['email', 'phone'],
  'http/html/views/profile-view': ['email', 'phone'],
  'users/identifiers/identifier-changes': ['email'],
  'users/record/user': ['email', 'phone'],
  'users/identifiers/identifier-kinds': ['email', 'phone'],
  'users/reindex': ['phone'],
  'policy/check/check-identify': ['email'],
  'flow/actions/profile/profile-fields': ['phone'],
  'http/html/views/identifier-text': ['email', 'phone'],
  'users/directory/changes': ['password'],
  'users/import/read-user': ['email', 'password'],
  // The channel that mail goes out by; and, at the page that takes an address for news, an input and the texts about
  // its code.
  app: ['email'],
  'delivery/render-message': ['email'],
  'flow/account/addresses': ['email'],
  'flow/account/deletion': ['email'],
  'http/html/views/address-view': ['email'],
  'http/html/views/page-models': ['email'],
  'policy/analysis/standards/standard-findings': ['email'],
  'policy/model/authenticator-kind': ['email'],
  // Words of the configuration language: `primary: password`, and what the shipped `acr` value for a password stands
  // for.
  'policy/model/acr-defaults': ['password'],
  'policy/schema/policies/session-policy': ['password'],
  // The password policy, policies/password.yaml.
  'cli/config/report/policy-diagram': ['password'],
  'core/policy/rules/password-terms': ['password'],
  'policy/analysis/analysed/analysed-policies': ['password'],
  'policy/analysis/rules/user-written-findings': ['password'],
  'policy/analysis/standards/applying-passwords': ['password'],
  'policy/check/check-duplicates': ['password'],
  'policy/check/check-references': ['password'],
  'policy/model/documents': ['password'],
  'policy/revision/policy-readers': ['password'],
  'policy/revision/snapshot': ['password'],
  'policy/source/configuration-files': ['password'],
  // The notification of `stepgate users tac`, a command that is about one authenticator.
  'cli/users/tac': ['access_code'],
  'flow/actions/registration/registration-form': ['email'],
  'flow/notify/account-notification': ['access_code', 'email'],
  // The users of the demo, and what it says about the claims and scopes that it gets.
  'demo/claims-text': ['email'],
  'demo/demo-apps': ['email'],
  'demo/prepare': ['email', 'password'],
  'demo/sign-in': ['email'],
};

/** Sample data shows each of them. */
const samples = 'preview/samples';
const sources = readSources(join(root, 'src')).filter(
  ({ module }) => ![samples, 'authenticators'].some((part) => isWithin(module, part)),
);

function namedBy({ texts }: SourceFile): readonly string[] {
  return keys.filter((key) => texts.includes(key)).sort();
}

test('nothing outside of their own folders names an authenticator', () => {
  const found = sources.flatMap((file) => {
    const named = namedBy(file);
    return named.length > 0 ? [[file.module, named] as const] : [];
  });
  expect(Object.fromEntries(found)).toEqual(known);
});

test('no template belongs to one authenticator', () => {
  const files = readdirSync(join(root, 'views'), { recursive: true, encoding: 'utf8' });
  const templates = files.filter((file) => file.endsWith('.ejs'));
  expect(templates.length).toBeGreaterThan(20);
  expect(templates.filter((file) => keys.some((key) => file.split(/[/.-]/).includes(key)))).toEqual([]);
});

test('this finds keys in all kinds of quotes, and none in comments and templates', () => {
  const source = "if (key === 'totp') /* 'phone' */ return \"email\"; // 'password'\nconst x = `webauthn`;";
  expect(namedBy(parseSource('flow/x', source))).toEqual(['email', 'totp']);
});

test('"How to add" names every page, table of rules and catalogue that lists all authenticators', () => {
  const isInQuotes = (text: string, key: string) =>
    [key, key.replaceAll('_', '-')].some((name) => text.includes(`'${name}'`) || text.includes(`\`${name}\``));
  const isInWords = (text: string) =>
    (text.match(/\w+(?:, \w+)+/g) ?? []).some((list) => keys.every((key) => list.split(', ').includes(key)));
  const isList = ({ path, text }: TextFile) => {
    if (path.startsWith('views/messages/')) return keys.every((key) => text.includes(`"authenticator.${key}"`));
    if (path.startsWith('config/schema/')) return keys.every((key) => text.includes(`"${key}"`));
    const isPage = /^(?:docs|test\/architecture\/support)\//.test(path);
    return isPage && (isInWords(text) || keys.every((key) => isInQuotes(text, key)));
  };
  const lists = [...everything, ...readTexts('config/schema', ['.json'])].filter(isList).map(({ path }) => path);
  // Written by programs: `npm run docs`, and `npm run stepgate -- config schema`.
  expect(lists).toEqual(expect.arrayContaining(['docs/command-options.md', 'config/schema/sign-on.schema.json']));
  expect(lists.filter((path) => !isNamedIn(guideFor('An authenticator'), path))).toEqual([]);
});
