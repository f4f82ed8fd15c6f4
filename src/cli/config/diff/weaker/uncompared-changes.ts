/**
 * Changes that may let users in with less and are not compared rule by rule. Any difference is reported as undecided.
 */
import { withMethodsApart } from '../../../../core/evidence/proof-names.ts';
import type { Seconds } from '../../../../core/model/facts.ts';
import type { AcrLevel } from '../../../../core/model/policy.ts';
import { sourceLocationText } from '../../../../core/model/source-location.ts';
import type { AuthenticatorSettings } from '../../../../policy/model/authenticator-kind.ts';
import type { Document, DocumentKind } from '../../../../policy/model/documents.ts';
import type { Settings } from '../../../../policy/model/settings.ts';
import { canonicalJson, changedKeys } from '../../../../policy/revision/document-store.ts';
import { endOfRefreshTokens } from '../../../../policy/revision/refresh-tokens.ts';
import { type LocationOf, partsBetween } from '../compared/changed-files.ts';
import type { ComparedConfiguration } from '../compared/compared-configuration.ts';
import type { PartChange } from '../compared/configuration-changes.ts';

/** Documents that are compared by their rules, or that do not affect how users get in. All others might affect it. */
const compared: readonly DocumentKind[] = [
  ...(['settings', 'app', 'session', 'sign-on', 'enrollment', 'recovery', 'account', 'file'] as const),
];

/** Settings that determine the effect of an address, a device or a signal of risk. */
const settings = [
  'trustedProxies',
  'clientCertificates',
  'deviceSignals',
  'networkData',
  'risk',
  'attributes',
] as const;

/** Returns sentences, each with what was written and where. Rejects like `ComparedConfiguration.document`. */
export async function uncomparedChanges(
  active: ComparedConfiguration,
  next: ComparedConfiguration,
  locationOf: LocationOf,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  let inSettings: DetailsOf = () => '';
  for (const key of changedKeys(active.hashes, next.hashes)) {
    const [before, after] = await Promise.all([active.document(key), next.document(key)]);
    const document = after ?? before;
    if (document === undefined || canonicalJson(before?.content) === canonicalJson(after?.content)) continue;
    const detailsOf = before && after ? detailsIn(after, partsBetween(before, after, locationOf)) : () => '';
    if (document.kind === 'settings') inSettings = detailsOf;
    if (!compared.includes(document.kind)) sentences.push(`${document.file} differs${detailsOf([])}`);
    if (document.kind !== 'app' || before === undefined || after === undefined) continue;
    sentences.push(
      ...ofApp(document.file, before.content, after.content).map(
        (sentence) => `${sentence}${detailsOf(requestDefaults)}`,
      ),
    );
    const [then, now] = await Promise.all([active, next].map(({ snapshot }) => snapshot.app(document.name)));
    if (then && now?.signOnPolicies && !endOfRefreshTokens(then) && endOfRefreshTokens(now))
      sentences.push(
        `${document.file} lets the app have refresh tokens, and did not${detailsOf(['client.grant_types'])}`,
      );
    if (then?.signOnPolicies === undefined && now?.signOnPolicies !== undefined)
      sentences.push(`${document.file} lets users sign in, and did not`);
  }
  return [...sentences, ...ofSettings(active.snapshot.settings, next.snapshot.settings, inSettings)];
}

/** What is written at these paths now and before, and where. No paths: anywhere in the document. */
type DetailsOf = (paths: readonly string[]) => string;

function detailsIn({ file }: Document, parts: readonly PartChange[]): DetailsOf {
  return (paths) => {
    const isMeant = ({ path = '' }: PartChange) =>
      paths.length === 0 ||
      paths.some((meant) => path === meant || path.startsWith(`${meant}.`) || meant.startsWith(`${path}.`));
    const details = parts.filter(isMeant).map((part) => partText(file, part));
    return details.length === 0 ? '' : `: ${details.join('; ')}`;
  };
}

function partText(file: string, { rule, path, line, column, from, to }: PartChange): string {
  const what = [...(rule === undefined ? [] : [`rule "${rule}"`]), ...(path === undefined ? [] : [`\`${path}\``])];
  const values = [from, to].flatMap((value) => value ?? []).join(' -> ');
  // A revision of before has no locations of keys.
  const isKnown = rule !== undefined || line > 1 || column > 1;
  return `${what.join(' ')}${values === '' ? '' : ` ${values}`}${isKnown ? ` (${sourceLocationText({ file, line, column })})` : ''}`;
}

const requestDefaults = [
  ...['client.default_acr_values', 'client.default_max_age', 'firstParty', 'ownAccount', 'service', 'profilePolicy'],
];

/** The defaults of an app's requests, what the app asks users for, and who may register. */
function ofApp(file: string, before: unknown, after: unknown): readonly string[] {
  const own = (content: unknown) => {
    const { client, firstParty, ownAccount, service, profilePolicy } = content as Readonly<Record<string, unknown>>;
    const { default_acr_values, default_max_age } = (client ?? {}) as Readonly<Record<string, unknown>>;
    const rest = [default_acr_values ?? [], firstParty ?? false, ownAccount, service, profilePolicy];
    const maxAge = Number(default_max_age ?? Number.POSITIVE_INFINITY);
    return { rest: canonicalJson(rest), maxAge };
  };
  const [then, now] = [own(before), own(after)];
  if (then.rest === now.rest && now.maxAge <= then.maxAge) return [];
  return [`${file} differs in what its requests ask for, or what users are asked`];
}

function ofSettings(before: Settings, after: Settings, detailsOf: DetailsOf): readonly string[] {
  const changed = settings.filter((key) => canonicalJson(before[key]) !== canonicalJson(after[key]));
  const acr = after.acrValues.filter(({ value, requirement }) => differs({ value, requirement }, before.acrValues));
  const gone = before.acrValues.filter(({ value }) => !after.acrValues.some((acrValue) => acrValue.value === value));
  return [
    ...[...authenticatorsThatDiffer(before, after).map((key) => `authenticators.${key}`), ...changed].map(
      (path) => `\`${path}\` of stepgate.yaml differs${detailsOf([path])}`,
    ),
    // A rule may name a username that a user could then take.
    ...(before.account.username === 'admin' && after.account.username === 'user'
      ? [`users may choose their user names (\`account.username\`)${detailsOf(['account.username'])}`]
      : []),
    ...longerTokens(before, after).map((name) => `\`${name}\` of stepgate.yaml is longer${detailsOf([name])}`),
    ...[...acr, ...gone].map(({ value }) => `the acr value ${value} differs${detailsOf(['acrValues'])}`),
  ];
}

/** The names of lifetimes that became longer: a proof counts for as long as the tokens issued on its basis. */
function longerTokens(before: Settings, after: Settings): readonly string[] {
  const then = lifetimesIn(before);
  return [...lifetimesIn(after)].flatMap(([name, now]) => (now > (then.get(name) ?? now) ? [name] : []));
}

function lifetimesIn({ tokens, resources }: Settings): ReadonlyMap<string, Seconds> {
  const { refreshToken, accessToken, idToken, interaction } = tokens;
  return new Map([
    ['tokens.accessToken', accessToken],
    ['tokens.idToken', idToken],
    ['tokens.refreshToken.idle', refreshToken.idle],
    ['tokens.refreshToken.absolute', refreshToken.absolute],
    ['tokens.interaction', interaction],
    ...resources.map(
      (resource) => [`resources.${resource.indicator}.accessToken.lifetime`, resource.accessToken.lifetime] as const,
    ),
  ]);
}

/**
 * Authenticators whose other settings differ. Rules already cover which authenticators and methods are enabled, and one
 * that is disabled afterwards makes no difference. A voluntary `acr` value becomes impossible without a method that it
 * distinguishes.
 */
function authenticatorsThatDiffer(before: Settings, after: Settings): readonly string[] {
  const rest = ({ enabled: _, methods: __, ...others }: AuthenticatorSettings) => canonicalJson(others);
  const apart = withMethodsApart(after.acrValues.map(({ requirement }) => requirement));
  return Object.entries(after.authenticators).flatMap(([key, now]) => {
    const then = before.authenticators[key];
    if (!now.enabled || then?.enabled !== true) return [];
    const isLess = apart.has(key) && listOf(then.methods).some((method) => !listOf(now.methods).includes(method));
    return isLess || rest(now) !== rest(then) ? [key] : [];
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** No app requested a value that is new. */
function differs({ value, requirement }: AcrLevel, before: readonly AcrLevel[]): boolean {
  const same = before.find((acrValue) => acrValue.value === value);
  return same !== undefined && canonicalJson(same.requirement) !== canonicalJson(requirement);
}
