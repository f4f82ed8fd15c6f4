/** Checks which identifiers count, for the settings and each app. Works on a configuration that is otherwise valid. */
import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Document, type Documents, documentKey } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import type { IdentifyPage, Settings } from '../model/settings.ts';
import { readApp, readProfilePolicy, readSettings } from '../revision/read-document.ts';
import { identifyPageOf } from '../revision/snapshot.ts';
import { findingAt } from '../source/finding-at.ts';
import { unknownName } from '../source/nearest-name.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource, YamlSource } from '../source/yaml-source.ts';

/** The file whose first page it is about, and what the page asks for. */
interface CheckedPage {
  readonly source: YamlSource;
  readonly settings: Settings;
  readonly page: IdentifyPage;
  readonly app?: ReturnType<typeof readApp>;
}

/** Finds identifiers that identify no user, and pages that have no words for what they ask. */
export function checkIdentify(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly Finding[] {
  return checkedPages(sources, documents, all).flatMap((checked) => [
    ...notUnique(checked),
    ...identifyNoUser(checked),
    ...missingLabels(checked),
  ]);
}

/** Warns of numbers that must be typed with their country code, and of new users who could not sign in. */
export function identifyWarnings(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly AnalysisFinding[] {
  return checkedPages(sources, documents, all).flatMap((checked) => [
    ...withoutCountry(checked),
    ...newUsersLockedOut(checked, documents),
  ]);
}

function checkedPages(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly CheckedPage[] {
  const settingsDocument = documents.get(documentKey('settings', 'settings'));
  if (settingsDocument === undefined) return [];
  const settings = readSettings(settingsDocument, all);
  const byFile = new Map([...documents.values()].map((document): [string, Document] => [document.file, document]));
  return sources.flatMap(({ kind, source }): readonly CheckedPage[] => {
    if (kind === 'settings') return [{ source, settings, page: identifyPageOf(settings, {}) }];
    const document = kind === 'app' ? byFile.get(source.file) : undefined;
    if (document === undefined) return [];
    const app = readApp(document);
    return [{ source, settings, page: identifyPageOf(settings, app), app }];
  });
}

function isOwn({ verifiedBy, identifies }: AttributeSchema['attributes'][string]): boolean {
  return identifies === true && verifiedBy === undefined;
}

function notUnique({ source, settings, app }: CheckedPage): readonly Finding[] {
  if (app) return [];
  return Object.entries(settings.attributes.attributes).flatMap(([name, attribute]) => {
    if (!isOwn(attribute) || attribute.unique) return [];
    return [
      source.finding(
        'setting_missing',
        ['attributes', name, 'identifies'],
        'needs `unique: true`: it must lead to one user',
      ),
    ];
  });
}

function attributesThatIdentify({ attributes }: Settings): readonly string[] {
  return Object.entries(attributes.attributes).flatMap(([name, { identifies }]) => (identifies ? [name] : []));
}

function identifyNoUser({ source, settings }: CheckedPage): readonly Finding[] {
  const known = ['email', 'username', ...attributesThatIdentify(settings)];
  const declared = Object.keys(settings.attributes.attributes);
  return valuesAt(source.content, 'identify.by.*').flatMap(({ path, value }) => {
    const name = String(value);
    if (known.includes(name)) return [];
    if (!declared.includes(name))
      return [source.finding('unknown_reference', path, unknownName('identifier', name, known))];
    const message = `\`${name}\` identifies no user: ${name === 'phone' ? 'name it in `identify.by` of stepgate.yaml, or ' : ''}set \`attributes.${name}.identifies: true\` there`;
    return [source.finding('setting_missing', path, message)];
  });
}

/** The texts name mail addresses, user names and numbers. What attributes are called only the configuration knows. */
function missingLabels({ source, settings, page }: CheckedPage): readonly Finding[] {
  const hasOwn = valuesAt(source.content, 'identify.by').length > 0;
  const named = (page.by ?? []).filter((name) => {
    const attribute = settings.attributes.attributes[name];
    return attribute !== undefined && isOwn(attribute);
  });
  if (!hasOwn || named.length === 0 || page.label !== undefined) return [];
  const message = `needs \`identify.label\`: the page has no words for ${named.map((name) => `\`${name}\``).join(' and ')}`;
  return [source.finding('setting_missing', ['identify', 'by'], message)];
}

function withoutCountry({ source, settings, page, app }: CheckedPage): readonly AnalysisFinding[] {
  const isHere = !app && settings.attributes.attributes.phone?.identifies === true;
  if (!isHere || settings.identify.defaultCountry !== undefined) return [];
  const path = page.by?.includes('phone') ? ['identify', 'by'] : ['attributes', 'phone', 'identifies'];
  const message = 'takes phone numbers with their country code only';
  const advice = 'let `identify.defaultCountry` say whose numbers are typed without';
  return [findingAt('country-code', { source, path }, { message, advice })];
}

function newUsersLockedOut({ source, app, page }: CheckedPage, documents: Documents): readonly AnalysisFinding[] {
  if (!app || page.by === undefined || page.by.includes('email')) return [];
  const policy = documents.get(documentKey('profile', app.profilePolicy ?? 'default'));
  const registers = policy && readProfilePolicy(policy).rules.some(({ then }) => then.registration !== undefined);
  if (!registers) return [];
  const hasOwn = valuesAt(source.content, 'identify.by').length > 0;
  const message =
    'takes no email address, and new users can register here: they have an address and no other identifier';
  const advice = 'add `email` to `identify.by`, or name a profile policy without registration in `profilePolicy`';
  return [
    findingAt('newcomer-identifier', { source, path: hasOwn ? ['identify', 'by'] : ['clientId'] }, { message, advice }),
  ];
}
