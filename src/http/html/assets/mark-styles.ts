/**
 * The marks of many apps in one stylesheet, for a list of apps: the page makes one request for all of them. The address
 * has the hashes of the pictures, so every node can answer for it without having drawn the page. What does not fit into
 * the weight of a page is left out, and the page shows the initial of the app there.
 */
import { deflateRawSync } from 'node:zlib';
import type { BrandFile } from '../../../policy/model/brand.ts';
import { hashInAddress } from '../../../policy/revision/brand.ts';
import { hashedPath } from './assets.ts';
import type { BrandStyles } from './brand-styles.ts';

/** What the marks of one page weigh together, in bytes as they are sent. */
export const largestMarks = 5 * 1024;
/** Marks that are asked for: the address of the sheet is part of the page. */
const mostMarks = 24;
/** Changes with the rules below, for browsers keep the sheet for good. */
const form = '.app-mark.logo-N{background:url("P")center/contain no-repeat;border-color:transparent;font-size:0}';
const address = /^\/assets\/marks((?:\.[\w-]{43})+)\.[0-9a-f]{12}\.css$/;

export interface MarkStyles {
  readonly href: string;
  /** Which mark of the sheet an address of a picture is: `logo-<index>` is its class. `undefined`: none. */
  indexOf(picture: string): number | undefined;
}

/** `pictures`: their addresses. `undefined`: none of them is a picture of a brand. */
export function markStyles(pictures: readonly string[]): MarkStyles | undefined {
  const known = pictures.map(hashInAddress).filter((hash) => hash !== undefined);
  const hashes = [...new Set(known)].slice(0, mostMarks).toSorted();
  if (hashes.length === 0) return undefined;
  const positions = new Map(hashes.map((hash, index) => [hash, index]));
  return { href: hrefOf(hashes), indexOf: (picture) => positions.get(hashInAddress(picture) ?? '') };
}

/** The sheet at `path`, if it is an address that `markStyles` gives. */
export function markStylesAt(path: string): BrandStyles | undefined {
  const [, list = ''] = address.exec(path) ?? [];
  const hashes = list
    .split('.')
    .slice(1)
    .map((text) => Buffer.from(text, 'base64url').toString('hex'));
  // One order, and each once: so there are no more sheets than sets of pictures.
  if (hashes.length === 0 || hashes.length > mostMarks || hrefOf([...new Set(hashes)].toSorted()) !== path)
    return undefined;
  return { files: hashes, compose: (files) => sheetOf(files) };
}

function hrefOf(hashes: readonly string[]): string {
  const list = hashes.map((hash) => `.${Buffer.from(hash, 'hex').toString('base64url')}`).join('');
  return hashedPath(`marks${list}.css`, Buffer.from(form + list));
}

/** The lightest first, so that most apps have their mark. `undefined`: a file is missing, or is no picture. */
function sheetOf(files: readonly (BrandFile | undefined)[]): string | undefined {
  const pictures = files.flatMap((file, index) => (file?.type.startsWith('image/') ? [{ file, index }] : []));
  // Browsers keep the sheet for good, so none goes out that lacks what another node has.
  if (pictures.length < files.length) return undefined;
  const weighed = pictures.map((one) => ({ ...one, weight: weightOf(one.file) }));
  let left = largestMarks;
  const rules = weighed
    .toSorted((one, other) => one.weight - other.weight)
    .flatMap(({ file, index, weight }) => {
      left -= weight;
      return left < 0 ? [] : [form.replace('N', String(index)).replace('P', () => dataAddress(file))];
    });
  return rules.join('\n');
}

/** Compressed as the sheet will be; a picture other than SVG is no smaller then. */
function weightOf({ type, data }: BrandFile): number {
  const bytes = Buffer.from(data, 'base64');
  return type === 'image/svg+xml' ? deflateRawSync(bytes).length : bytes.length;
}

/** An SVG as text, because its Base64 could hardly be compressed. */
function dataAddress({ type, data }: BrandFile): string {
  if (type !== 'image/svg+xml') return `data:${type};base64,${data}`;
  const text = Buffer.from(data, 'base64').toString('utf8').toWellFormed();
  return `data:${type},${text.replace(/[%#"\\<>]|[^ -~]/gu, (sign) => encodeURIComponent(sign))}`;
}
