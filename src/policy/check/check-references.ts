/**
 * Checks references between files. Works on data whose shape was not checked, so that all findings are reported at
 * once.
 */
import { accountIdentifiers } from '../../core/model/account-policy.ts';
import { authenticatorIn, methodIn, namesOf } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import { accountClientId } from '../model/account-client-id.ts';
import { defaultAcrLevels } from '../model/acr-defaults.ts';
import type { WrittenKind } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { standardAttributes } from '../model/standard-attributes.ts';
import { standardScopes } from '../model/standard-scopes.ts';
import { unknownName } from '../source/nearest-name.ts';
import { type FoundValue, valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource, YamlSource } from '../source/yaml-source.ts';
import { accountScopes } from './account-scopes.ts';
import { appScopeFindings } from './app-scopes.ts';

/**
 * Names that files may refer to. `undefined`: a file of that kind cannot be read, so that references to it are not
 * checked.
 */
export interface KnownNames {
  readonly zones: readonly string[] | undefined;
  readonly assurances: readonly string[] | undefined;
  readonly acrValues: readonly string[] | undefined;
  readonly scopes: readonly string[] | undefined;
  /** Those that belong to an API alone. */
  readonly apiScopes: readonly string[] | undefined;
  readonly policies: readonly string[] | undefined;
  readonly profilePolicies: readonly string[] | undefined;
  readonly servicePolicies: readonly string[] | undefined;
  /** Indicators of APIs. */
  readonly resources: readonly string[] | undefined;
  /** Also `undefined`: the configuration names no attributes, so that a profile may hold any. */
  readonly attributes: readonly string[] | undefined;
  /** Attributes that a form can ask for. */
  readonly askable: readonly string[] | undefined;
  /** Client ids. */
  readonly apps: readonly string[] | undefined;
  /** Of apps. */
  readonly labels: readonly string[] | undefined;
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

interface Reference {
  readonly kinds: readonly WrittenKind[];
  /** `when.`: in the conditions of a rule, in alternatives as well. */
  readonly pattern: string;
  readonly what: string;
  readonly known: (names: KnownNames) => readonly string[] | undefined;
}

const policyKinds = [
  'session',
  'enrollment',
  'password',
  'recovery',
  'account',
  'sign-on',
  'profile',
  'service',
  'invariants',
] as const;
const authenticatorKeys = ({ authenticators }: KnownNames) => authenticators.map(({ key }) => key);
/** Where a proof is meant, and not an enrollment, a method may be named. */
const proofs = ({ authenticators }: KnownNames) => authenticators.flatMap(namesOf);

const references: readonly Reference[] = [
  { kinds: ['app'], pattern: 'signOnPolicy', what: 'sign-on policy', known: ({ policies }) => policies },
  { kinds: ['app'], pattern: 'signOnPolicy.*', what: 'sign-on policy', known: ({ policies }) => policies },
  { kinds: ['app'], pattern: 'service.policy', what: 'service policy', known: (names) => names.servicePolicies },
  { kinds: ['app'], pattern: 'service.resources.*.indicator', what: 'API', known: ({ resources }) => resources },
  { kinds: ['app'], pattern: 'profilePolicy', what: 'profile policy', known: (names) => names.profilePolicies },
  {
    kinds: ['profile'],
    pattern: 'rules.*.then.required|optional.*',
    what: 'attribute',
    known: ({ askable }) => askable,
  },
  {
    kinds: ['profile'],
    pattern: 'rules.*.then.register.required|optional.*',
    what: 'attribute',
    known: ({ askable }) => askable,
  },
  { kinds: ['app'], pattern: 'minimumAcr', what: 'acr value', known: ({ acrValues }) => acrValues },
  { kinds: ['app'], pattern: 'client.default_acr_values.*', what: 'acr value', known: ({ acrValues }) => acrValues },
  { kinds: policyKinds, pattern: 'when.network.any|all|none.*', what: 'zone', known: ({ zones }) => zones },
  {
    kinds: policyKinds,
    pattern: 'when.device.assurance.any|all|none.*',
    what: 'device assurance',
    known: ({ assurances }) => assurances,
  },
  {
    kinds: ['enrollment', 'profile'],
    pattern: 'when.authenticated.any|all.*',
    what: 'authenticator',
    known: proofs,
  },
  {
    kinds: ['account'],
    pattern: 'rules.*.change.add|change|remove.*',
    what: 'authenticator or identifier',
    known: (names) => [...new Set([...authenticatorKeys(names), ...accountIdentifiers])],
  },
  { kinds: ['sign-on'], pattern: 'rules.*.then.grant.scopes.*', what: 'scope', known: ({ scopes }) => scopes },
  { kinds: policyKinds, pattern: 'when.scopes.any|all|none.*', what: 'scope', known: scopesInRules },
  { kinds: policyKinds, pattern: 'when.apps.any|none.*', what: 'app', known: ({ apps }) => apps },
  {
    kinds: ['invariants'],
    pattern: 'invariants.*.apps.any|none.*',
    what: 'app',
    known: ({ apps }) => apps && [...apps, accountClientId],
  },
  { kinds: ['invariants'], pattern: 'invariants.*.apps.labels.*', what: 'label', known: ({ labels }) => labels },
  {
    kinds: ['invariants'],
    pattern: 'invariants.*.always|never.**.authenticators|exclude.*',
    what: 'authenticator',
    known: proofs,
  },
  {
    kinds: ['enrollment'],
    pattern: 'rules.*.then.required|optional|disabled|useOnly.*',
    what: 'authenticator',
    known: authenticatorKeys,
  },
  {
    kinds: ['enrollment'],
    pattern: 'rules.*.then.required.*.anyOf.*',
    what: 'authenticator',
    known: authenticatorKeys,
  },
  {
    kinds: policyKinds,
    pattern: 'rules.*.then.allow.**.authenticators|exclude.*',
    what: 'authenticator',
    known: proofs,
  },
  {
    kinds: ['settings'],
    pattern: 'acrValues.*.requirement.**.authenticators|exclude.*',
    what: 'authenticator',
    known: proofs,
  },
];

/** Finds references that lead nowhere. */
export function checkReferences({ kind, source }: DocumentSource, names: KnownNames): readonly Finding[] {
  const dangling = references
    .filter(({ kinds }) => kinds.includes(kind))
    .flatMap(({ pattern, what, known }) =>
      unknownNames(source, valuesFor(source.content, pattern), { what, known: known(names) }),
    );
  return [
    ...dangling,
    ...(kind === 'settings' ? unknownKeys(source, 'authenticators', knownAuthenticators(names)) : []),
    ...(kind === 'enrollment' ? unknownKeys(source, 'rules.*.then.promote|models', knownAuthenticators(names)) : []),
    ...(kind === 'settings' || kind === 'app'
      ? []
      : unknownKeys(source, 'when.attributes', { what: 'attribute', known: names.attributes })),
    ...(kind === 'app' ? appScopeFindings(source, names) : []),
  ];
}

/** Rules may also ask about what the pages of the account ask for. */
export function scopesInRules({ scopes, authenticators }: KnownNames): readonly string[] | undefined {
  return scopes && [...scopes, ...accountScopes(authenticators)];
}

interface Names {
  readonly what: string;
  readonly known: readonly string[] | undefined;
}

function knownAuthenticators(names: KnownNames): Names {
  return { what: 'authenticator', known: authenticatorKeys(names) };
}

function unknownNames(source: YamlSource, found: readonly FoundValue[], { what, known }: Names): readonly Finding[] {
  if (known === undefined) return [];
  return found
    .filter(
      (each): each is FoundValue & { value: string } => typeof each.value === 'string' && !known.includes(each.value),
    )
    .map(({ path, value }) => {
      const fault = methodFault(value, known);
      return fault === undefined
        ? source.finding('unknown_reference', path, unknownName(what, value, known))
        : source.finding('authenticator_unfit', path, fault);
    });
}

/** Of a name with a method: why there is no such thing here. Undefined: its authenticator is unknown as well. */
function methodFault(name: string, known: readonly string[]): string | undefined {
  const [key, method] = [authenticatorIn(name), methodIn(name)];
  if (method === undefined || !known.includes(key)) return undefined;
  const methods = known.filter((candidate) => methodIn(candidate) !== undefined && authenticatorIn(candidate) === key);
  if (methods.length > 0) return `\`${key}\` has no method \`${method}\`; known: ${methods.join(', ')}`;
  const takesMethods = known.some((candidate) => methodIn(candidate) !== undefined);
  return takesMethods ? `\`${key}\` has no methods: name it alone` : `methods are not told apart here: say \`${key}\``;
}

function valuesFor(content: unknown, pattern: string): readonly FoundValue[] {
  const when = 'when.';
  return pattern.startsWith(when)
    ? valuesInConditions(content, pattern.slice(when.length))
    : valuesAt(content, pattern);
}

/** Where names are keys. */
function unknownKeys(source: YamlSource, pattern: string, { what, known }: Names): readonly Finding[] {
  if (known === undefined) return [];
  return valuesFor(source.content, `${pattern}.*`).flatMap(({ path }) => {
    const key = String(path.at(-1));
    if (known.includes(key)) return [];
    return [{ ...source.locationOfKey(path), message: unknownName(what, key, known), code: 'unknown_reference' }];
  });
}

/** The names that files may refer to, read from the files whether their content is valid or not. */
export function knownNames(
  sources: readonly DocumentSource[],
  unreadableKinds: ReadonlySet<WrittenKind>,
  authenticators: readonly AuthenticatorDescriptor[],
): KnownNames {
  const writtenNames = (of: WrittenKind) => {
    const names = sources.filter(({ kind }) => kind === of).map(({ source }) => textsAt(source.content, 'name'));
    // A file without a name has a finding of its own, and may be the one that is meant.
    return unreadableKinds.has(of) || names.some((found) => found.length === 0) ? undefined : names.flat();
  };
  const inApps = (pattern: string) =>
    unreadableKinds.has('app')
      ? undefined
      : sources.filter(({ kind }) => kind === 'app').flatMap(({ source }) => textsAt(source.content, pattern));
  const known = {
    policies: writtenNames('sign-on'),
    profilePolicies: writtenNames('profile'),
    servicePolicies: writtenNames('service'),
    apps: inApps('clientId'),
    labels: inApps('labels.*'),
    authenticators,
  };
  if (unreadableKinds.has('settings')) {
    const unknown = {
      zones: undefined,
      assurances: undefined,
      acrValues: undefined,
      scopes: undefined,
      apiScopes: undefined,
      resources: undefined,
    };
    return { ...known, ...unknown, attributes: undefined, askable: undefined };
  }
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const keysAt = (pattern: string) => valuesAt(settings, pattern).map(({ path }) => String(path.at(-1)));
  const acrValues = textsAt(settings, 'acrValues.*.value');
  const attributes = keysAt('attributes.*');
  const all = [...Object.keys(standardAttributes), ...attributes];
  const own = [...Object.keys(standardScopes), ...keysAt('scopes.*'), ...textsAt(settings, 'attributes.*.scope')];
  const apiScopes = ['resources.*.scopes.*', 'resources.*.scopes.*.scope'].flatMap((at) => textsAt(settings, at));
  return {
    ...known,
    zones: keysAt('zones.*'),
    assurances: keysAt('deviceSignals.assurances.*'),
    resources: textsAt(settings, 'resources.*.indicator'),
    acrValues: acrValues.length > 0 ? acrValues : defaultAcrLevels.map(({ value }) => value),
    scopes: [...own, ...apiScopes],
    apiScopes: apiScopes.filter((scope) => !own.includes(scope)),
    attributes: attributes.length > 0 ? all : undefined,
    askable: all,
  };
}

function textsAt(content: unknown, pattern: string): readonly string[] {
  return valuesAt(content, pattern)
    .map(({ value }) => value)
    .filter((value) => typeof value === 'string');
}
