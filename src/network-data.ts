/**
 * Data about addresses from MaxMind DB files: country, place, autonomous system, anonymisers. The operator supplies the
 * files. Each is read when first needed, and again when it changes. This file promises: a file that is unreadable or of
 * another kind is a fault with a code; its addresses are never treated as unknown. Nothing replaces what is in use but
 * a file that was checked as a whole (decision 191).
 */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Reader, type Response } from 'mmdb-lib';
import { checkNetworkFile } from './network-file-check.ts';

/** The kind of a file: `country` (Country or City), `asn` (ASN or ISP), `anonymiser` (Anonymous IP). */
export type NetworkFileKind = 'country' | 'asn' | 'anonymiser';

/** The paths of the files. */
export type NetworkFilePaths = Readonly<Partial<Record<NetworkFileKind, string>>>;

/** Data about an address. Absent members are not in the files. */
export interface NetworkRecord {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** In degrees. */
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
  /** Number of the autonomous system. */
  readonly asn?: number;
  /** A VPN, a proxy, a Tor exit, or hosting. */
  readonly anonymiser?: true;
}

/** Why a file cannot be used, and what to do, as two clauses. */
export interface NetworkFileFault {
  readonly code: 'network_file_missing' | 'network_file_damaged' | 'network_file_foreign';
  readonly message: string;
  readonly advice: string;
}

/** On one line, beginning with the code. */
function faultText({ code, message, advice }: NetworkFileFault): string {
  return `${code}: ${message}: ${advice}`;
}

interface OpenFile {
  readonly kind: NetworkFileKind;
  readonly path: string;
  reader?: Reader<Response>;
  fault?: NetworkFileFault;
  /** Why the newest content is not in use. */
  refused?: NetworkFileFault;
  /** Distinguishes a changed file. Absent: it was not read yet. */
  version?: string;
}

/** How often files are looked at (milliseconds). */
const usualInterval = 2000;
/** How long a check may keep the process from anything else (milliseconds). */
const longestTurn = 5;

const typePattern: Readonly<Record<NetworkFileKind, RegExp>> = {
  country: /(Country|City|Enterprise)/,
  asn: /(ASN|ISP|Enterprise)/,
  anonymiser: /Anonymous/,
};

const whatIsNeeded: Readonly<Record<NetworkFileKind, string>> = {
  country: 'a Country or City database',
  asn: 'an ASN or ISP database',
  anonymiser: 'an Anonymous IP database',
};

/** The files of one process, by path and kind. */
export class NetworkFiles {
  readonly #open = new Map<string, OpenFile>();
  readonly #warn: (text: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  #isStopped = false;

  /** `warn`: called if a file cannot be used, or becomes unusable. Default: no warnings. */
  constructor(warn: (text: string) => void = () => undefined) {
    this.#warn = warn;
  }

  /** Looks at the files again and again, so that a node without requests follows changes as well. */
  start(interval = usualInterval): void {
    this.#timer = setTimeout(() => {
      this.#pass = this.refresh().then(() => {
        if (!this.#isStopped) this.start(interval);
      });
    }, interval);
    this.#timer.unref();
  }

  /** Breaks off what is being checked. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#pass;
  }

  /** Reads what changed. No request waits for it. */
  async refresh(): Promise<void> {
    for (const file of this.#open.values()) await this.#read(file);
  }

  /** Reads a file that nothing needed until now, so that no request has to. */
  async open(kind: NetworkFileKind, path: string): Promise<void> {
    const key = keyOf(kind, path);
    if (this.#open.has(key)) return;
    const file: OpenFile = { kind, path };
    await this.#read(file);
    if ((file.reader ?? file.fault) !== undefined && !this.#open.has(key)) this.#open.set(key, file);
  }

  /** Undefined if the file can be used. */
  fault(kind: NetworkFileKind, path: string): NetworkFileFault | undefined {
    return this.#fileOf(kind, path).fault;
  }

  /** Why the file on disk is not the one in use. Undefined if it is, or if none can be used (`fault`). */
  refused(kind: NetworkFileKind, path: string): NetworkFileFault | undefined {
    return this.#fileOf(kind, path).refused;
  }

  /** `ip`: an IP address. Undefined if the file has no data about it, or cannot be used. */
  lookup(kind: NetworkFileKind, path: string, ip: string): NetworkRecord | undefined {
    const record: unknown = readRecord(this.#fileOf(kind, path).reader, ip);
    return typeof record === 'object' && record !== null ? recordOf(kind, record) : undefined;
  }

  /** The prefix length of the block around this IP address about which the file says one thing. */
  prefix(kind: NetworkFileKind, path: string, ip: string): number {
    const { reader } = this.#fileOf(kind, path);
    return reader && holds(reader, ip) ? reader.getWithPrefixLength(ip)[1] : 0;
  }

  #fileOf(kind: NetworkFileKind, path: string): OpenFile {
    const key = keyOf(kind, path);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opened = openNow(kind, path);
    this.#open.set(key, opened);
    if (opened.fault) this.#warn(faultText(opened.fault));
    return opened;
  }

  /** What is in use stays in use until the new content is known to be good. */
  async #read(file: OpenFile): Promise<void> {
    const { kind, path } = file;
    const version = await versionOf(path);
    if (version === file.version) return;
    const content = version === unreadable ? undefined : await readFile(path).catch(() => undefined);
    const parsed = content === undefined ? { fault: missing(path) } : parseFile(kind, path, content);
    const isDamaged = content && 'reader' in parsed && !(await this.#isWhole(content, parsed.reader));
    // A file that is still being written is read again.
    if (this.#isStopped || (await versionOf(path)) !== version) return;
    file.version = version;
    if (isDamaged) this.#refuse(file, damaged(path));
    else if ('fault' in parsed) this.#refuse(file, parsed.fault);
    else {
      file.reader = parsed.reader;
      delete file.fault;
      delete file.refused;
    }
  }

  #refuse(file: OpenFile, fault: NetworkFileFault): void {
    if (file.reader !== undefined) {
      file.refused = fault;
      this.#warn(`${faultText(fault)}${previousStays}`);
    } else {
      if (file.fault?.code !== fault.code) this.#warn(faultText(fault));
      file.fault = fault;
    }
  }

  /** In short turns, between which requests are answered. Ends early when it is stopped. */
  async #isWhole(content: Buffer, { metadata }: Reader<Response>): Promise<boolean> {
    const portions = checkNetworkFile(content, metadata);
    let end = performance.now() + longestTurn;
    try {
      while (!this.#isStopped && portions.next().done !== true) {
        if (performance.now() < end) continue;
        await nextTurn();
        end = performance.now() + longestTurn;
      }
      return true;
    } catch {
      return false;
    }
  }
}

/** What follows the text of a fault of a file that does not replace another one. */
const previousStays = '; the previous version stays in use';

function keyOf(kind: NetworkFileKind, path: string): string {
  return `${kind}\n${path}`;
}

/** Reads a file and checks it as a whole; one of 60 MB takes a second. Undefined if it can be used. */
export function examineNetworkFile(kind: NetworkFileKind, path: string): NetworkFileFault | undefined {
  return openNow(kind, path).fault;
}

function openNow(kind: NetworkFileKind, path: string): OpenFile {
  try {
    const version = versionFrom(statSync(path));
    const parsed = version === unreadable ? { fault: missing(path) } : parseWhole(kind, path);
    return { kind, path, version, ...parsed };
  } catch {
    return { kind, path, version: unreadable, fault: missing(path) };
  }
}

function parseWhole(kind: NetworkFileKind, path: string): Parsed {
  const content = readFileSync(path);
  const parsed = parseFile(kind, path, content);
  if ('fault' in parsed) return parsed;
  try {
    for (const _ of checkNetworkFile(content, parsed.reader.metadata));
    return parsed;
  } catch {
    return { fault: damaged(path) };
  }
}

/** The version of a path that is not a regular file, such as a pipe, or cannot be reached. */
const unreadable = '';

async function versionOf(path: string): Promise<string> {
  return stat(path).then(versionFrom, () => unreadable);
}

function versionFrom(stats: Stats): string {
  return stats.isFile() ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : unreadable;
}

function missing(path: string): NetworkFileFault {
  return {
    code: 'network_file_missing',
    message: `${path} is not there, or this process may not read it`,
    advice: 'put the MaxMind DB file there and let the server read it, or name another one in `networkData`',
  };
}

type Parsed = { readonly reader: Reader<Response> } | { readonly fault: NetworkFileFault };

function parseFile(kind: NetworkFileKind, path: string, content: Buffer): Parsed {
  try {
    const reader = new Reader<Response>(content);
    const { databaseType } = reader.metadata;
    if (!typePattern[kind].test(databaseType)) {
      const message = `${path} is of the type ${databaseType}`;
      return { fault: { code: 'network_file_foreign', message, advice: `${whatIsNeeded[kind]} is needed` } };
    }
    return { reader };
  } catch {
    return { fault: damaged(path) };
  }
}

function damaged(path: string): NetworkFileFault {
  return { code: 'network_file_damaged', message: `${path} is no complete MaxMind DB file`, advice: 'fetch it again' };
}

function readRecord(reader: Reader<Response> | undefined, ip: string): unknown {
  return reader && holds(reader, ip) ? reader.get(ip) : undefined;
}

/** A file may contain only IPv4 addresses. */
function holds({ metadata }: Reader<Response>, ip: string): boolean {
  return metadata.treeDepth !== 32 || !ip.includes(':');
}

/** By the formats of GeoIP2 and GeoLite2. Members of another type are left out. */
function recordOf(kind: NetworkFileKind, record: object): NetworkRecord {
  const at = (...path: readonly string[]): unknown =>
    path.reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], record);
  if (kind === 'asn') {
    const asn = at('autonomous_system_number');
    return typeof asn === 'number' ? { asn } : {};
  }
  if (kind === 'anonymiser') {
    const names = ['is_anonymous', 'is_anonymous_vpn', 'is_public_proxy', 'is_tor_exit_node', 'is_hosting_provider'];
    return names.some((name) => at(name) === true) ? { anonymiser: true } : {};
  }
  const [country, latitude, longitude] = [
    at('country', 'iso_code') ?? at('registered_country', 'iso_code'),
    at('location', 'latitude'),
    at('location', 'longitude'),
  ];
  return {
    ...(typeof country === 'string' && { country }),
    ...(typeof latitude === 'number' && typeof longitude === 'number' && { coordinates: { latitude, longitude } }),
  };
}
