/** Files that pages link to. Each is read once and named by its content, so that browsers may cache it forever. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { compactScript, compactStyles } from './compact.ts';

export interface Asset {
  /** Content-Type */
  readonly type: string;
  readonly body: Buffer;
  /** The compressed body, computed once. Undefined if it would not be smaller. */
  encoded(encoding: AssetEncoding): Buffer | undefined;
  /** With quotes, as in the header (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

/**
 * Best first. Pages themselves are never compressed, because they contain secrets next to text that an attacker may
 * have chosen.
 */
export const assetEncodings = ['br', 'gzip'] as const;

export type AssetEncoding = (typeof assetEncodings)[number];

/** For every asset, since its address changes with its content. */
export const assetCacheControl = 'public, max-age=31536000, immutable';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.js': 'text/javascript; charset=utf-8',
};

/** `stepgate.css` becomes `/assets/stepgate.<hash>.css`. */
export function hashedPath(name: string, body: Buffer): string {
  const extension = extname(name);
  return `/assets/${name.slice(0, -extension.length)}.${digest(body).slice(0, 12)}${extension}`;
}

function toAsset(name: string, body: Buffer): Asset {
  const type = types[extname(name)];
  if (type === undefined) throw new Error(`no content type for the asset ${name}`);
  return assetOf(type, body);
}

export function assetOf(type: string, body: Buffer): Asset {
  const made = new Map<AssetEncoding, Buffer>();
  const isText = /^text\/|svg/.test(type);
  return {
    type,
    body,
    etag: `"${digest(body).slice(0, 32)}"`,
    encoded(encoding) {
      const known = made.get(encoding) ?? (isText ? encode(encoding, body) : body);
      made.set(encoding, known);
      return known.length < body.length ? known : undefined;
    },
  };
}

function encode(encoding: AssetEncoding, body: Buffer): Buffer {
  return encoding === 'br' ? brotliCompressSync(body) : gzipSync(body, { level: 9 });
}

/** All files of `dir` by address, and their addresses by file name. */
export function loadAssets(dir: string): {
  readonly byPath: ReadonlyMap<string, Asset>;
  readonly hrefs: Readonly<Record<string, string>>;
} {
  const byPath = new Map<string, Asset>();
  const hrefs: Record<string, string> = {};
  for (const name of readdirSync(dir).sort()) {
    const body = compacted(name, readFileSync(join(dir, name)));
    const path = hashedPath(name, body);
    byPath.set(path, toAsset(name, body));
    hrefs[name] = path;
  }
  return { byPath, hrefs };
}

function compacted(name: string, body: Buffer): Buffer {
  if (name.endsWith('.css')) return Buffer.from(compactStyles(body.toString('utf8')));
  return name.endsWith('.js') ? Buffer.from(compactScript(body.toString('utf8'))) : body;
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
