/**
 * Finds the files of a configuration directory and reads their texts. They are small, and there may be thousands. So
 * each is read in one go: to hand every step of it to a thread takes seven times as much CPU.
 */
import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { WrittenKind } from '../model/documents.ts';
import type { Finding, FindingErrorCode } from '../model/finding.ts';

export interface ConfigurationFile {
  /** Relative to the directory, with `/`. */
  readonly file: string;
  readonly kind: WrittenKind;
  readonly text: string;
}

/** A picture or a stylesheet in `brand/`. */
export interface ConfigurationPicture {
  /** Relative to the directory, with `/`. */
  readonly file: string;
  readonly bytes: Buffer;
}

/** Largest file, in bytes. */
const maxFileSize = 1024 * 1024;
/** Directories below this depth are not looked into; that of the configuration has depth 0. */
export const deepestDirectory = 4;

type KindOfFile = WrittenKind | 'picture' | 'ignored';

const layout: readonly { readonly pattern: RegExp; readonly kind: KindOfFile }[] = [
  { pattern: /^stepgate\.yaml$/, kind: 'settings' },
  { pattern: /^invariants\.yaml$/, kind: 'invariants' },
  { pattern: /^apps\/[^/]+\.yaml$/, kind: 'app' },
  { pattern: /^policies\/session\.yaml$/, kind: 'session' },
  { pattern: /^policies\/enrollment\.yaml$/, kind: 'enrollment' },
  { pattern: /^policies\/password\.yaml$/, kind: 'password' },
  { pattern: /^policies\/recovery\.yaml$/, kind: 'recovery' },
  { pattern: /^policies\/account\.yaml$/, kind: 'account' },
  { pattern: /^policies\/sign-on\/[^/]+\.yaml$/, kind: 'sign-on' },
  { pattern: /^policies\/profile\/[^/]+\.yaml$/, kind: 'profile' },
  { pattern: /^policies\/service\/[^/]+\.yaml$/, kind: 'service' },
  { pattern: /^brand\/[^/]+\.(?:svg|png|jpe?g|webp|ico|css)$/, kind: 'picture' },
  // `config test` reads them.
  { pattern: /^tests\/[^/]+\.yaml$/, kind: 'ignored' },
  { pattern: /^schema\/[^/]+\.schema\.json$/, kind: 'ignored' },
  { pattern: /(?:^|\/)[^/]+\.md$/, kind: 'ignored' },
];

/**
 * Reads all files that belong to a configuration, in order of their names. Files and directories whose name begins with
 * a dot are ignored. Anything else that is unknown is an error: a file in the wrong folder would silently have no
 * effect.
 */
export async function readConfigurationFiles(dir: string): Promise<{
  readonly files: readonly ConfigurationFile[];
  /** In order of their names, too. */
  readonly pictures: readonly ConfigurationPicture[];
  readonly findings: readonly Finding[];
  /** Kinds of which a file could not be read. */
  readonly unreadable: ReadonlySet<WrittenKind>;
}> {
  const findings: Finding[] = [];
  const files: ConfigurationFile[] = [];
  const pictures: ConfigurationPicture[] = [];
  const unreadable = new Set<WrittenKind>();
  // On a thread: if the directory is on a network disk that hangs, nothing else waits for it.
  const status = await stat(dir).catch(() => undefined);
  if (!status?.isDirectory()) {
    const what = status === undefined ? `there is no directory ${dir}` : `${dir} is no directory`;
    const missing = fileFinding('directory_missing', '.', what);
    const advice = 'name the one that holds stepgate.yaml';
    return { files, pictures, findings: [{ ...missing, advice }], unreadable };
  }
  const root = realpathSync.native(dir);
  const { names, tooDeep, outside, closed } = listFiles(root);
  findings.push(...closed.map(({ name, error }) => fileFinding('file_unreadable', name, unreadableText(error))));
  // Any of them may be in there.
  if (closed.length > 0) for (const { kind } of layout) if (isWritten(kind)) unreadable.add(kind);
  findings.push(...tooDeep.map((file) => fileFinding('unknown_file', file, 'is nested too deeply')));
  findings.push(...outside.map(linkedOut));
  for (const name of names) {
    const outcome = readOne(root, name);
    if (outcome === undefined) continue;
    if ('kind' in outcome) files.push(outcome);
    else if ('bytes' in outcome) pictures.push(outcome);
    else {
      const kind = kindOf(outcome.file);
      findings.push(outcome);
      if (kind !== undefined && isWritten(kind)) unreadable.add(kind);
    }
  }
  return { files, pictures, findings, unreadable };
}

function kindOf(file: string): KindOfFile | undefined {
  return layout.find(({ pattern }) => pattern.test(file))?.kind;
}

function isFileName(name: string): boolean {
  const kind = kindOf(name);
  return kind !== undefined && kind !== 'ignored';
}

function isWritten(kind: KindOfFile): kind is WrittenKind {
  return kind !== 'ignored' && kind !== 'picture';
}

function unreadableText(error: unknown): string {
  return `cannot be read: ${String(error).replace(/^Error: /, '')}`;
}

function fileFinding(code: FindingErrorCode, file: string, message: string): Finding {
  return { file, line: 1, column: 1, path: '', message, code };
}

interface ListedFiles {
  /** Sorted. */
  readonly names: readonly string[];
  /** Directories that are not looked into. */
  readonly tooDeep: readonly string[];
  /** Links to directories that are not within `root`. */
  readonly outside: readonly string[];
  /** Directories that cannot be looked into. */
  readonly closed: readonly { readonly name: string; readonly error: unknown }[];
}

/**
 * All files under `root`; names are relative to it. Links to directories within it are followed: a volume from a
 * ConfigMap of Kubernetes has them.
 */
function listFiles(root: string): ListedFiles {
  const names: string[] = [];
  const tooDeep: string[] = [];
  const outside: string[] = [];
  const closed: { name: string; error: unknown }[] = [];
  const entriesIn = (under: string): readonly Dirent[] => {
    try {
      return readdirSync(join(root, under), { withFileTypes: true });
    } catch (error) {
      closed.push({ name: under === '' ? '.' : under, error });
      return [];
    }
  };
  const list = (under: string, depth: number): void => {
    for (const entry of entriesIn(under)) {
      if (entry.name.startsWith('.')) continue;
      const name = under === '' ? entry.name : `${under}/${entry.name}`;
      const linked = entry.isSymbolicLink() ? linkedDirectory(root, name) : undefined;
      // A directory that is named like a file is told when it is read.
      if (linked === 'outside') outside.push(name);
      else if ((!entry.isDirectory() && linked === undefined) || isFileName(name)) names.push(name);
      else if (depth < deepestDirectory) list(name, depth + 1);
      else tooDeep.push(name);
    }
  };
  list('', 0);
  return { names: names.sort(), tooDeep, outside, closed };
}

/** Undefined: the link leads to no directory, or to one that it is in itself. */
function linkedDirectory(root: string, name: string): 'inside' | 'outside' | undefined {
  const link = join(root, name);
  try {
    if (!statSync(link).isDirectory()) return undefined;
    const target = realpathSync.native(link);
    if (isOutside(root, target)) return 'outside';
    return isOutside(target, realpathSync.native(dirname(link))) ? 'inside' : undefined;
  } catch {
    // It is read like a file, which says what is wrong with it.
    return undefined;
  }
}

export function isOutside(root: string, target: string): boolean {
  return relative(root, target).split(sep)[0] === '..';
}

function linkedOut(file: string): Finding {
  return fileFinding('file_unreadable', file, 'is a link out of the directory of the configuration');
}

function readOne(root: string, file: string): ConfigurationFile | ConfigurationPicture | Finding | undefined {
  const kind = kindOf(file);
  if (kind === 'ignored') return undefined;
  if (kind === undefined)
    return {
      ...fileFinding('unknown_file', file, 'unknown file'),
      advice: `rename, move or remove it: ${known(file)}`,
    };
  try {
    const target = realpathSync.native(join(root, file));
    if (isOutside(root, target)) return linkedOut(file);
    const read = readBytes(target);
    if ('fault' in read) return fileFinding(read.code, file, read.fault);
    if (kind === 'picture') return { file, bytes: read.bytes };
    if (!isUtf8(read.bytes)) return fileFinding('file_unreadable', file, 'is not UTF-8 text');
    return { file, kind, text: read.bytes.toString('utf8') };
  } catch (error) {
    return fileFinding('file_unreadable', file, unreadableText(error));
  }
}

function known(file: string): string {
  const hint = /\.(?:yml|json)$/.test(file) ? 'files of the configuration end in .yaml; ' : '';
  return `${hint}known are stepgate.yaml, invariants.yaml, apps/*.yaml, policies/session.yaml, policies/enrollment.yaml, policies/password.yaml, policies/recovery.yaml, policies/account.yaml, policies/sign-on/*.yaml, policies/profile/*.yaml, policies/service/*.yaml, brand/*.{svg,png,jpg,webp,ico,css}, tests/*.yaml`;
}

function readBytes(path: string): { bytes: Buffer } | { fault: string; code: FindingErrorCode } {
  // Opening a pipe would wait for the other end.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const fault = status.isDirectory() ? 'is a directory' : 'is not a regular file';
    if (!status.isFile()) return { fault, code: 'file_unreadable' };
    if (status.size > maxFileSize) return { fault: 'is larger than 1 MiB', code: 'file_too_large' };
    return { bytes: readFileSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}
