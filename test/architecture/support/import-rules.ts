/**
 * Who may import whom: the house rules as a table. A part is a folder of `src` or a file in it; of two parts that fit,
 * the longer name counts. Every part may import from its own folder and from `errors`; `core` imports nothing at all
 * but itself.
 */
import type { SourceFile } from './source.ts';

export interface Part {
  /** Parts or modules of ours that it may import. */
  readonly ours: readonly string[];
  /** Packages that it may import besides those of Node. */
  readonly packages: readonly string[] | 'any';
}

/**
 * The store port: what a store does, its keys, and what a request reads and writes in one go. Only the roots pick a
 * store.
 */
export const storePort = ['stores/store', 'stores/key-table', 'stores/keys', 'stores/unit-of-work'];
/** Composition roots put the parts together, so they know them all. */
const root: Part = { ours: ['*'], packages: 'any' };

export const importRules: Readonly<Record<string, Part>> = {
  core: { ours: [], packages: [] },
  errors: { ours: [], packages: [] },

  // A brand is checked by the colours that pages and mail will have.
  policy: {
    ours: ['core', 'rendering/palette', 'identifier', 'network-data', ...storePort],
    packages: ['yaml', 'zod', '@marcbachmann/cel-js'],
  },
  stores: { ours: [], packages: ['ioredis', 'age-encryption'] },
  // Of the store only the type of a limit: an authenticator knows neither store nor HTTP. It says itself how it is
  // configured.
  authenticators: {
    ours: [
      'core',
      'policy/model/authenticator-kind',
      'policy/model/canonical-address',
      'policy/schema/fields/fields',
      'stores/store',
      'user-agent',
    ],
    packages: 'any',
  },
  // Texts, languages and templates: what pages and messages are made of.
  rendering: { ours: [], packages: ['ejs', 'intl-messageformat'] },
  // Credentials are kept with their user, and codes are delivered, in the shape that authenticators give them.
  // Misspelled fields of an import are told like misspelled keys of a file.
  users: {
    ours: [
      'core',
      'authenticators/authenticator',
      'identifier',
      'policy/model/canonical-address',
      'policy/source/nearest-name',
      ...storePort,
    ],
    packages: 'any',
  },
  // Channels are built from the settings as they are.
  delivery: {
    ours: ['core', 'policy/model/settings', 'rendering', 'authenticators/authenticator', ...storePort],
    packages: 'any',
  },

  flow: {
    ours: ['core', 'policy', 'users', 'authenticators', 'delivery', 'identifier', 'user-agent', ...storePort],
    packages: [],
  },
  // Back-channel logouts go through the outbox, so that none is lost with a node.
  oidc: {
    ours: ['core', 'flow', 'policy', 'users', 'delivery/outbox', ...storePort],
    packages: ['oidc-provider', 'jose'],
  },
  // The snapshot has the brand's name and colours; `oidc/pages` is what oidc-provider wants rendered. Pages read the
  // request's scope, and those of errors the request that the browser keeps.
  http: {
    ours: [
      'core',
      'flow',
      'rendering',
      'policy/model/brand',
      'policy/revision/brand',
      'policy/revision/snapshot',
      'oidc/interaction/interactions',
      'oidc/interaction/kept-request',
      'oidc/pages',
      'oidc/request-scope',
      ...storePort,
    ],
    packages: 'any',
  },

  // Commands explain, examine and change an installation; they read what flow and oidc keep, put notifications into the
  // outbox, and answer no request.
  cli: {
    ours: [
      'core',
      'authenticators/authenticator',
      'policy',
      'users',
      'identifier',
      'delivery/outbox',
      'flow/audit',
      'flow/audit-trace',
      'flow/traced-memories',
      'flow/explain',
      'flow/session-ends',
      'flow/notify/account-notification',
      'oidc/keys/keyring',
      'stores/redis/store-alone',
      'stores/store-health',
      'stores/schema',
      'stores/store-state',
      ...storePort,
    ],
    packages: ['commander'],
  },
  // What concerns a store as a whole is no matter of its port.
  'cli/backup': { ours: ['core', 'stores/backup/backup', 'stores/backup/backup-file'], packages: ['commander'] },
  'cli/restore': {
    ours: [
      'core',
      'flow/audit',
      'oidc/keys/keyring',
      'stores/backup/backup',
      'stores/backup/backup-file',
      'stores/redis/store-alone',
      ...storePort,
    ],
    packages: ['commander'],
  },
  'cli/store': {
    ours: [
      'core',
      'flow/audit',
      'oidc/keys/keyring',
      'policy/model/duration-text',
      'users',
      'stores/finish-upgrade',
      'stores/redis/store-alone',
      'stores/store-state',
      ...storePort,
    ],
    packages: ['commander'],
  },
  // What happened is in the audit log, why by the codes of authenticators, what goes on in transactions and counters.
  'cli/explain': {
    ours: [
      'core',
      'authenticators/refusal-codes',
      'policy',
      'users',
      'identifier',
      'flow/actions/guessing/lockout',
      'flow/audit-trace',
      'flow/explain',
      'flow/transaction/store',
      'stores/embedded/embedded',
      ...storePort,
    ],
    packages: ['commander'],
  },
  // A test may give the header of a browser.
  'cli/policy-tests': {
    ours: ['core', 'policy', 'flow/explain', 'flow/audit-trace', 'user-agent', ...storePort],
    packages: ['commander'],
  },
  // Every page and message on sample data, with the brands of a configuration.
  preview: {
    ours: ['core', 'policy', 'rendering', 'delivery', 'authenticators', 'flow', 'http/html'],
    packages: [],
  },
  'cli/preview': { ours: ['core', 'policy', 'preview', ...storePort], packages: ['commander'] },
  'cli/authenticator-context': root,
  'cli/base-context': root,
  'cli/program': root,

  // The demo is a relying party like any other: it knows the provider only over HTTP ...
  demo: { ours: [], packages: 'any' },
  // ... but a command has to put its users and its apps into the store.
  'demo/prepare': { ours: ['app', 'authenticators', 'delivery/outbox', 'stores/keys', 'stores/store'], packages: [] },

  log: { ours: [], packages: ['pino'] },
  // Files of the operator, read and followed by each process.
  'network-data': { ours: ['network-file-check'], packages: ['mmdb-lib'] },
  'network-file-check': { ours: [], packages: [] },
  // What users sign in with, in one form: records have it, and so do rules that name users.
  identifier: { ours: ['core/model/mail-address'], packages: [] },
  // What a User-Agent header says: rules need it, and so do the texts of authenticators.
  'user-agent': { ours: ['core/model/facts'], packages: ['bowser'] },
  'active-revision': { ours: ['core', 'policy', 'oidc', ...storePort], packages: ['oidc-provider'] },
  'background-check': root,
  'configuration-worker': root,
  'operator-files': root,
  'node-health': root,
  'operator-views': root,
  app: root,
  serve: root,
  main: root,
};

/** The parts that may touch the process: settings come in and exit codes go out here, and nowhere else. */
export const mayUseProcess = ['main', 'cli'];

/**
 * The subfolders of a folder, from the bottom up: each imports itself and what stands before it. A name may also be
 * that of a file. In `authenticators` no kind imports another kind.
 */
export const layersWithin: Readonly<Record<string, readonly string[]>> = {
  core: [
    'model',
    'policy',
    'evidence',
    'remediation',
    'enrollment',
    'profile',
    'decision',
    'queries',
    'step',
    'analysis',
  ],
  'core/analysis': ['space', 'proofs', 'simulation', 'accounts', 'comparison', 'findings'],
  'core/policy': [
    'claim-scopes',
    'values',
    'theories',
    'condition-descriptor',
    'condition-result',
    'conditions',
    'rules',
  ],
  stores: [
    'store',
    'key-rows',
    'key-table',
    'counter-table',
    'keys',
    'check-batch',
    'schema',
    'stamp',
    'store-state',
    'stamped-store',
    'durability',
    'unit-of-work',
    'embedded',
    'redis',
    'store-health',
    'data-dir',
    'open',
    'backup',
    'finish-upgrade',
  ],
  policy: ['model', 'schema', 'source', 'document-checks', 'revision', 'check', 'analysis', 'load'],
  'policy/analysis': ['analysed', 'text', 'rules', 'lock-outs', 'invariants', 'findings', 'standards'],
  'policy/schema': [
    'fields',
    'expressions',
    'conditions',
    'policies',
    'settings',
    'apps',
    'tested-user',
    'policy-tests',
    'schemas',
    'json-schemas',
  ],
  flow: [
    'server-mac',
    'audit-cause',
    'traced-memories',
    'audit-trace',
    'audit',
    'services',
    'periodic-task',
    'change-limit',
    'refusal-notice-code',
    'browser',
    'session-ends',
    'facts',
    'shadow-facts',
    'shadow',
    'transaction',
    'notify',
    'deletion-worker',
    'actions',
    'sign-in-result',
    'engine',
    'magic-link-page',
    'account',
    'explain',
  ],
  'flow/actions': [
    'verification',
    'guessing',
    'enrollment',
    'profile',
    'registration',
    'selection',
    'choices',
    'record-browser',
    'record-decision',
    'answer',
  ],
  oidc: [
    'provider-types',
    'request-scope',
    'pages',
    'keys',
    'clients',
    'storage',
    'sign-on',
    'interaction',
    'endpoints',
    'provider',
  ],
  authenticators: [
    'refusal-codes',
    'authenticator',
    'shared',
    'access-code',
    'email',
    'password',
    'phone',
    'recovery-code',
    'security-question',
    'totp',
    'webauthn',
    'index',
  ],
  cli: [
    'commands',
    'shared',
    'audit',
    'backup',
    'completion',
    'explain',
    'init',
    'policy-tests',
    'config',
    'doctor',
    'keys',
    'preview',
    'restore',
    'serve',
    'store',
    'users',
    'authenticator-context',
    'base-context',
    'program',
  ],
  'cli/shared': ['values', 'options', 'output', 'configuration', 'store'],
  'cli/config': ['shared', 'questions', 'files', 'shadow', 'diff', 'revisions', 'report', 'config'],
  'cli/config/diff': [
    'compared',
    'sign-ins',
    'count-users',
    'config-diff',
    'against-active',
    'replay',
    'output',
    'weaker',
    'diff',
  ],
  http: [
    'html',
    'answers',
    'page-context',
    'middleware',
    'language-handler',
    'sign-in',
    'account',
    'provider',
    'demo',
    'health',
    'asset-handler',
    'routes',
    'koa-app',
  ],
  'http/html': ['assets', 'fields', 'models', 'views', 'render'],
  users: ['record', 'identifiers', 'reservations', 'history', 'ports', 'directory', 'import', 'reindex'],
};

/** The part that a module belongs to. */
export function partOf(module: string): string | undefined {
  return Object.keys(importRules)
    .filter((part) => isWithin(module, part))
    .sort((a, b) => b.length - a.length)[0];
}

export function isWithin(module: string, part: string): boolean {
  return part === '*' || module === part || module.startsWith(`${part}/`);
}

/** The imports of a file that the table does not allow, as `from -> to`. */
export function brokenRules({ module, imports }: SourceFile): readonly string[] {
  const name = partOf(module);
  const part = name === undefined ? undefined : importRules[name];
  if (part === undefined) return [`${module} is in no part`];
  const folder = module.split('/')[0] ?? module;
  const always = folder === 'core' ? ['core'] : [folder, 'errors'];
  const isAllowed = (target: string, isOurs: boolean) => {
    if (isOurs) return [...always, ...part.ours].some((allowed) => isWithin(target, allowed));
    const isOfNode = target.startsWith('node:') && folder !== 'core';
    return isOfNode || part.packages === 'any' || part.packages.includes(target);
  };
  return imports
    .filter(({ target, isOurs }) => !isAllowed(target, isOurs))
    .map(({ target }) => `${module} -> ${target}`);
}

/** Imports of a file that run up within one of its folders, or to a file that has no place there, as `from -> to`. */
export function upwardImports(file: SourceFile): readonly string[] {
  const folders = Object.keys(layersWithin).filter((folder) => file.module.startsWith(`${folder}/`));
  return folders.flatMap((folder) => upwardWithin(folder, file));
}

function upwardWithin(folder: string, { module, imports }: SourceFile): readonly string[] {
  const layers = layersWithin[folder] ?? [];
  const place = (target: string) => layers.indexOf(target.slice(folder.length + 1).split('/')[0] ?? '');
  if (place(module) < 0) return [`${module} has no place in ${folder}`];
  return imports
    .filter(({ target, isOurs }) => isOurs && target.startsWith(`${folder}/`) && place(target) > place(module))
    .map(({ target }) => `${module} -> ${target}`);
}
