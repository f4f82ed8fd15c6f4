/**
 * Data about addresses from MaxMind DB files: country, place, autonomous system, anonymisers. The operator supplies the
 * files. Each is read when first needed, and again when it changes. This file promises: a file that is unreadable or of
 * another kind is a fault with a code; its addresses are never treated as unknown.
 */
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Reader, type Response } from 'mmdb-lib';

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
export function faultText({ code, message, advice }: NetworkFileFault): string {
  return `${code}: ${message}: ${advice}`;
}

interface OpenFile {
  reader?: Reader<Response>;
  fault?: NetworkFileFault;
  /** Distinguishes a changed file. */
  version: string;
  /** Milliseconds since the epoch. */
  checkedAt: number;
}

/** The number of blocks of 2^20 addresses in IPv4. */
const examinedBlocks = 4096;

/** How long until a changed file is noticed (milliseconds). */
const checkAfter = 2000;

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

  /** `warn`: called if a file cannot be used, or becomes unusable. Default: no warnings. */
  constructor(warn: (text: string) => void = () => undefined) {
    this.#warn = warn;
  }

  /** Undefined if the file can be used. */
  fault(kind: NetworkFileKind, path: string): NetworkFileFault | undefined {
    return this.#fileOf(kind, path).fault;
  }

  /**
   * Like `fault`, but looks up addresses throughout the file, since missing data in its middle shows only at an address
   * that leads there. Takes some ten milliseconds.
   */
  examine(kind: NetworkFileKind, path: string): NetworkFileFault | undefined {
    for (let block = 0; block < examinedBlocks; block += 1)
      this.lookup(kind, path, `${block >> 4}.${(block & 15) << 4}.0.1`);
    return this.fault(kind, path);
  }

  /** `ip`: an IP address. Undefined if the file has no data about it, or cannot be used. */
  lookup(kind: NetworkFileKind, path: string, ip: string): NetworkRecord | undefined {
    const file = this.#fileOf(kind, path);
    try {
      const record: unknown = readRecord(file.reader, ip);
      if (record === null || record === undefined) return undefined;
      // A record of these databases is a map. Anything else means a damaged file.
      if (typeof record !== 'object') throw new TypeError('no record');
      return recordOf(kind, record);
    } catch {
      // The file is truncated at a place that only this address reaches.
      delete file.reader;
      file.fault = damaged(path);
      this.#warn(faultText(file.fault));
      return undefined;
    }
  }

  #fileOf(kind: NetworkFileKind, path: string): OpenFile {
    const key = `${kind}\n${path}`;
    const file = this.#open.get(key);
    if (file === undefined) {
      const opened = { ...openNow(kind, path), checkedAt: Date.now() };
      this.#open.set(key, opened);
      if (opened.fault) this.#warn(faultText(opened.fault));
      return opened;
    }
    if (Date.now() - file.checkedAt >= checkAfter) {
      file.checkedAt = Date.now();
      if (versionOf(path) !== file.version) void reopen(file, { kind, path, warn: this.#warn });
    }
    return file;
  }
}

/** Only the first time. Later, a changed file is read without blocking requests. */
function openNow(kind: NetworkFileKind, path: string): Omit<OpenFile, 'checkedAt'> {
  const version = versionOf(path);
  if (version === unreadable) return { fault: missing(path), version };
  try {
    return { ...parseFile(kind, path, readFileSync(path)), version };
  } catch {
    return { fault: missing(path), version };
  }
}

interface Reopened {
  readonly kind: NetworkFileKind;
  readonly path: string;
  readonly warn: (text: string) => void;
}

/** The old content stays in use until the new content is valid, because a file may be half written. */
async function reopen(file: OpenFile, { kind, path, warn }: Reopened): Promise<void> {
  file.version = versionOf(path);
  const content = file.version === unreadable ? undefined : await readFile(path).catch(() => undefined);
  const read = content === undefined ? { fault: missing(path) } : parseFile(kind, path, content);
  if ('reader' in read) {
    file.reader = read.reader;
    delete file.fault;
  } else if (file.reader === undefined) {
    if (file.fault?.code !== read.fault.code) warn(faultText(read.fault));
    file.fault = read.fault;
  } else warn(`${faultText(read.fault)}; the previous version stays in use`);
}

/** The version of a path that is not a regular file, such as a pipe, or cannot be reached. */
const unreadable = '';

function versionOf(path: string): string {
  try {
    const stats = statSync(path);
    return stats.isFile() ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : unreadable;
  } catch {
    return unreadable;
  }
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
    const { databaseType, nodeCount, treeDepth } = reader.metadata;
    if (!typePattern[kind].test(databaseType)) {
      const message = `${path} is of the type ${databaseType}`;
      return { fault: { code: 'network_file_foreign', message, advice: `${whatIsNeeded[kind]} is needed` } };
    }
    const { searchTreeSize, nodeByteSize } = reader.metadata;
    const separator = content.subarray(searchTreeSize, searchTreeSize + 16);
    // If part of the file before the metadata is missing, there is no separator after the tree.
    // Zeros would be a node that leads back to the root, which none does.
    const hasHole = content.subarray(0, searchTreeSize).includes(Buffer.alloc(2 * nodeByteSize));
    if (hasHole || nodeCount < 1 || treeDepth < 32 || separator.length < 16 || separator.some((byte) => byte !== 0))
      throw new RangeError('no tree');
    return { reader };
  } catch {
    return { fault: damaged(path) };
  }
}

function damaged(path: string): NetworkFileFault {
  return { code: 'network_file_damaged', message: `${path} is no complete MaxMind DB file`, advice: 'fetch it again' };
}

/** A file may contain only IPv4 addresses. */
function readRecord(reader: Reader<Response> | undefined, ip: string): unknown {
  return reader?.metadata.treeDepth === 32 && ip.includes(':') ? undefined : reader?.get(ip);
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
