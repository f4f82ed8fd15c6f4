/** Warns of rules that follow names which their users change themselves, and of consent without words. */
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import type { Settings } from '../model/settings.ts';
import { standardScopes } from '../model/standard-scopes.ts';
import { readApp, readSettings } from '../revision/read-document.ts';
import { refusedScopes } from '../revision/refused-scopes.ts';
import { comparedNames } from '../schema/expressions/compared-names.ts';
import { findingAt } from '../source/finding-at.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';

export interface UserWarningOptions {
  readonly authenticators: readonly AuthenticatorKind[];
  /** Messages that cannot be sent go into an inbox. */
  readonly inbox?: boolean;
}

/** In no order. Works on a configuration that is otherwise valid. */
export function userWarnings(
  sources: readonly DocumentSource[],
  documents: Documents,
  { authenticators, inbox = false }: UserWarningOptions,
): readonly AnalysisFinding[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) return [];
  const settings = readSettings(document, authenticators);
  const byFile = new Map([...documents.values()].map((written) => [written.file, written]));
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'settings') return [];
    if (kind !== 'app') return movableUsers(source, { settings, inbox });
    const app = byFile.get(source.file);
    return app === undefined ? [] : scopesWithoutText(source, readApp(app), settings);
  });
}

/**
 * A rule that names an address applies to the account that has it: after a move, to the next one. So does a rule that
 * names a user name.
 */
function movableUsers(
  source: YamlSource,
  { settings, inbox }: { readonly settings: Settings; readonly inbox: boolean },
): readonly AnalysisFinding[] {
  const canMail = inbox || settings.mail !== undefined;
  const movesAddress = canMail && settings.attributes.attributes.email?.write === 'user';
  const movesName = settings.account.username === 'user';
  return namedUsers(source).flatMap(({ name, path, ...where }) => {
    if (isUserId(name)) return [];
    const isAddress = name.includes('@');
    if (!(isAddress ? movesAddress : movesName)) return [];
    const what = isAddress ? 'an address' : 'a user name';
    const message = `\`${name}\` is ${what}, which users change themselves`;
    const advice = 'name the user by id (`users show`), or a group';
    return [findingAt('changeable-user', { source, path }, { message, advice, ...where })];
  });
}

interface NamedIdentifier {
  readonly name: string;
  readonly path: Path;
  /** In an expression: UTF-16 units from its beginning. */
  readonly offset?: number;
}

function namedUsers({ content }: YamlSource): readonly NamedIdentifier[] {
  const listed = valuesInConditions(content, 'users.any|none.*').flatMap(({ path, value }) =>
    typeof value === 'string' ? [{ path, name: value }] : [],
  );
  const compared = valuesInConditions(content, 'expression').flatMap(({ path, value }) =>
    comparedNames(typeof value === 'string' ? value : '').flatMap(({ thing, part, name, offset }) =>
      thing === 'identifier' && part === undefined ? [{ path, name, offset }] : [],
    ),
  );
  return [...listed, ...compared];
}

/** 128 bits in base64url. */
function isUserId(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}

/** Scopes of third-party apps that the consent page can show only by name. */
function scopesWithoutText(
  source: YamlSource,
  app: ReturnType<typeof readApp>,
  { scopes, resources, scopeTexts }: Settings,
): readonly AnalysisFinding[] {
  if (app.firstParty || app.signOnPolicies === undefined) return [];
  const all = [...Object.keys(scopes), ...resources.flatMap((resource) => resource.scopes)];
  const refused = refusedScopes(app, scopes);
  const asked = all.filter((scope) => !refused.includes(scope));
  const bare = asked.filter((scope) => !Object.hasOwn(standardScopes, scope) && !Object.hasOwn(scopeTexts, scope));
  if (bare.length === 0) return [];
  const path = valuesAt(source.content, 'client.scope').length > 0 ? ['client', 'scope'] : ['firstParty'];
  const names = [...new Set(bare)].map((scope) => `\`${scope}\``).join(', ');
  const message = `asks users for ${names}, and no \`label\` says in words what that is`;
  const advice = 'give each a `label` where stepgate.yaml declares it';
  return [findingAt('scope-without-label', { source, path }, { message, advice })];
}
