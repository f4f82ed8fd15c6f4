/**
 * The logos of many apps in one stylesheet, so that a list of apps needs one request for all of them. The address
 * contains the hashes of the pictures, so every node can serve it without having rendered the page. Logos that exceed
 * the size limit of a page are left out, and the page shows the app's initial instead.
 */
import { deflateRawSync } from 'node:zlib';
import type { BrandFile } from '../../../policy/model/brand.ts';
import { hashInAddress } from '../../../policy/revision/brand.ts';
import { hashedPath } from './assets.ts';
import type { BrandStyles } from './brand-styles.ts';

/** The total size of the logos on one page (bytes as sent). */
export const largestLogos = 5 * 1024;
/** The most logos requested, since the address of the sheet is part of the page. */
const mostLogos = 24;
/** Changes with the rules below, because browsers cache the sheet forever. */
const form = '.app-logo.logo-N{background:url("P")center/contain no-repeat;border-color:transparent;font-size:0}';
const address = /^\/assets\/logos((?:\.[\w-]{43})+)\.[0-9a-f]{12}\.css$/;

export interface LogoStyles {
  readonly href: string;
  /** The index of a picture in the sheet, for its class `logo-<index>`. Undefined if it is not in the sheet. */
  indexOf(picture: string): number | undefined;
}

/** `pictures`: their addresses. Undefined if none of them is a brand picture. */
export function logoStyles(pictures: readonly string[]): LogoStyles | undefined {
  const known = pictures.map(hashInAddress).filter((hash) => hash !== undefined);
  const hashes = [...new Set(known)].slice(0, mostLogos).toSorted();
  if (hashes.length === 0) return undefined;
  const positions = new Map(hashes.map((hash, index) => [hash, index]));
  return { href: hrefOf(hashes), indexOf: (picture) => positions.get(hashInAddress(picture) ?? '') };
}

/** The sheet at `path`, if it is an address that `logoStyles` produces. */
export function logoStylesAt(path: string): BrandStyles | undefined {
  const [, list = ''] = address.exec(path) ?? [];
  const hashes = list
    .split('.')
    .slice(1)
    .map((text) => Buffer.from(text, 'base64url').toString('hex'));
  // Sorted and without duplicates, so that there is only one sheet for each set of pictures.
  if (hashes.length === 0 || hashes.length > mostLogos || hrefOf([...new Set(hashes)].toSorted()) !== path)
    return undefined;
  return { files: hashes, compose: (files) => sheetOf(files) };
}

function hrefOf(hashes: readonly string[]): string {
  const list = hashes.map((hash) => `.${Buffer.from(hash, 'hex').toString('base64url')}`).join('');
  return hashedPath(`logos${list}.css`, Buffer.from(form + list));
}

/** The smallest come first, so that most apps get their logo. Undefined if a file is missing or is not a picture. */
function sheetOf(files: readonly (BrandFile | undefined)[]): string | undefined {
  const pictures = files.flatMap((file, index) => (file?.type.startsWith('image/') ? [{ file, index }] : []));
  // Browsers cache the sheet forever, so a node must not send one without a file that another node has.
  if (pictures.length < files.length) return undefined;
  const weighed = pictures.map((picture) => ({ ...picture, weight: weightOf(picture.file) }));
  let left = largestLogos;
  const rules = weighed
    .toSorted((one, other) => one.weight - other.weight)
    .flatMap(({ file, index, weight }) => {
      left -= weight;
      return left < 0 ? [] : [form.replace('N', String(index)).replace('P', () => dataAddress(file))];
    });
  return rules.join('\n');
}

/** The size after the sheet is compressed. Only SVG gets smaller. */
function weightOf({ type, data }: BrandFile): number {
  const bytes = Buffer.from(data, 'base64');
  return type === 'image/svg+xml' ? deflateRawSync(bytes).length : bytes.length;
}

/** SVG as text, because Base64 compresses poorly. */
function dataAddress({ type, data }: BrandFile): string {
  if (type !== 'image/svg+xml') return `data:${type};base64,${data}`;
  const text = Buffer.from(data, 'base64').toString('utf8').toWellFormed();
  return `data:${type},${text.replace(/[%#"\\<>]|[^ -~]/gu, (sign) => encodeURIComponent(sign))}`;
}
