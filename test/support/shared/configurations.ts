/**
 * Configurations of test nodes. Many tests use the same few, so each is read and checked once for a process: that takes
 * a quarter of the start of a node.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Document as ParsedDocument, parseDocument } from 'yaml';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import type { Documents } from '../../../src/policy/model/documents.ts';
import { findingLine } from '../../../src/policy/model/finding.ts';

/** Texts of files by their path below the directory of a configuration. */
export type ConfigurationFiles = Readonly<Record<string, string>>;

type Variables = Readonly<Record<string, string>>;

export interface BaseOptions {
  /**
   * Those that are enabled, without an enrollment policy; `demo`: as the demo has them, with its policy. Default:
   * password and totp, so that a new one changes no test about others.
   */
  readonly authenticators?: readonly string[] | 'demo' | undefined;
  /** `signing.algorithms`. Default: those of the demo. */
  readonly algorithms?: readonly string[] | undefined;
  /** Mail has a transport. Nothing goes out: this node sends only what is in the demo. */
  readonly mail?: boolean | undefined;
}

/** Documents that are kept, by a digest of what they were read from; the oldest go first. */
const checked = new Map<string, Promise<Documents>>();
const mostKept = 60;

const bases = new Map<string, Promise<ConfigurationFiles>>();

/** The configuration of the demo, changed as the options say. */
export function baseFiles({ authenticators, mail, algorithms }: BaseOptions): Promise<ConfigurationFiles> {
  const key = JSON.stringify([authenticators, mail, algorithms]);
  const files = bases.get(key) ?? readBase({ authenticators, mail, algorithms });
  bases.set(key, files);
  return files;
}

async function readBase({ authenticators, mail, algorithms }: BaseOptions): Promise<ConfigurationFiles> {
  const { 'stepgate.yaml': text = '', ...others } = await demoFiles();
  const settings = parseDocument(text);
  // All users of a test come from one address.
  settings.setIn(['authenticators', 'email', 'limits'], { network: 100_000 });
  settings.setIn(['proofOfWork', 'free'], 100_000);
  settings.setIn(['proofOfWork', 'wrongPasswords'], 100_000);
  if (mail) settings.set('mail', { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } });
  if (algorithms) settings.setIn(['signing', 'algorithms'], algorithms);
  const enabled = authenticators ?? ['password', 'totp'];
  const files = enabled === 'demo' ? others : withOnly(enabled, { settings, files: others });
  return { ...files, 'stepgate.yaml': settings.toString() };
}

/** The policy of an app that takes any proof. */
const openTo = (app: string) => `name: ${app}\nrules:\n  - name: All\n    then: { allow: { factors: 1 } }\n`;

/** What the policies of the demo need one of: a policy that no user could meet is refused. */
const neededByDemo = { shop: ['email', 'webauthn'], payroll: ['totp', 'webauthn'] } as const;

/** Enables these in the settings, and leaves the policies that go with them. */
function withOnly(
  authenticators: readonly string[],
  { settings, files }: { readonly settings: ParsedDocument; readonly files: ConfigurationFiles },
): ConfigurationFiles {
  const { 'policies/enrollment.yaml': _, ...others } = files;
  for (const { key } of authenticatorKinds)
    settings.setIn(['authenticators', key, 'enabled'], authenticators.includes(key));
  const open = Object.entries(neededByDemo).filter(([, needed]) => !needed.some((key) => authenticators.includes(key)));
  return { ...others, ...Object.fromEntries(open.map(([app]) => [`policies/sign-on/${app}.yaml`, openTo(app)])) };
}

/** Without the invariants of the demo: tests change its policies at will, and so break what it promises. */
async function demoFiles(): Promise<ConfigurationFiles> {
  const names = (await readdir('config', { recursive: true })).filter(
    (name) => name.endsWith('.yaml') && !name.endsWith('invariants.yaml'),
  );
  const texts = await Promise.all(names.map((name) => readFile(join('config', name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

/** As `checkedDocuments`: the same for a directory, as long as nothing in it changes. */
export async function documentsIn(dir: string, variables: Variables): Promise<Documents> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = names.map((name) => readFileSync(name));
  const written = names.map((name, at) => [relative(dir, name), contents[at]?.toString('base64')]);
  return kept([written, variables], () => loadedDocuments(dir, variables));
}

/** Throws, with the findings, for a configuration that could not be applied. */
export function checkedDocuments(files: ConfigurationFiles, variables: Variables): Promise<Documents> {
  return kept([files, variables], () => readDocuments(files, variables));
}

function kept(readFrom: unknown, read: () => Promise<Documents>): Promise<Documents> {
  const key = createHash('sha256').update(JSON.stringify(readFrom)).digest('base64');
  const documents = checked.get(key) ?? read();
  checked.delete(key);
  checked.set(key, documents);
  const [oldest = ''] = checked.keys();
  if (checked.size > mostKept) checked.delete(oldest);
  return documents;
}

async function readDocuments(files: ConfigurationFiles, variables: Variables): Promise<Documents> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-config-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), text);
    }
    return await loadedDocuments(dir, variables);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function loadedDocuments(dir: string, variables: Variables): Promise<Documents> {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  return loaded.documents;
}
