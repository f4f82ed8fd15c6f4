/**
 * The stylesheet of a brand: the shipped one, the brand's colours, the background picture and the brand's own sheet, in
 * one file, because a page may contain no inline style and should load few files. The address contains the colours and
 * the hashes of the brand's files, so every node can serve it without having rendered the page.
 */
import type { BrandFile } from '../../../policy/model/brand.ts';
import { type Brand, hashInAddress } from '../../../policy/revision/brand.ts';
import { colorNames, paletteStyles, type SchemeColors } from '../../../rendering/palette.ts';
import { hashedPath } from './assets.ts';

/** How the stylesheet at an address is composed. */
export interface BrandStyles {
  /** SHA-256 of the documents of its files. */
  readonly files: readonly string[];
  /** The CSS, from the files in that order. Undefined if one is missing, or is not a picture or sheet. */
  compose(files: readonly (BrandFile | undefined)[]): string | undefined;
}

interface StyleParts extends Pick<Brand, 'accent' | 'light' | 'dark'> {
  /** SHA-256 each. */
  readonly stylesheet?: string;
  readonly backdrop?: { readonly light: string; readonly dark?: string };
}

const stem = 'styles.';
/**
 * The address of a brand's stylesheet: its colours (six digits each, or empty), the hashes of the operator's stylesheet
 * and pictures (`0`: none), and the hash of our own stylesheet.
 */
const address =
  /^\/assets\/styles\.([0-9a-f-]+)\.([0-9a-f]{64}|0)\.([0-9a-f]{64}|0)\.([0-9a-f]{64}|0)\.[0-9a-f]{12}\.css$/;

/** Undefined if the brand changes no styles, so that `base` is enough. */
export function brandStylesHref(
  { background, ...brand }: Pick<Brand, 'accent' | 'light' | 'dark' | 'stylesheet' | 'background'>,
  base: string,
): string | undefined {
  const [light, dark] = [background?.light, background?.dark].map((path) => path && hashInAddress(path));
  return hrefOf({ ...brand, ...(light && { backdrop: dark ? { light, dark } : { light } }) }, base);
}

function hrefOf(brand: StyleParts, base: string): string | undefined {
  const { stylesheet = '0', backdrop } = brand;
  const colours = coloursText(brand);
  const hashes = [stylesheet, backdrop?.light ?? '0', backdrop?.dark ?? '0'].join('.');
  if (colours === undefined || (/^-*$/.test(colours) && hashes === '0.0.0')) return undefined;
  const content = Buffer.from(base + paletteStyles(brand) + hashes);
  return hashedPath(`${stem}${colours}.${hashes}.css`, content);
}

/** The styles at `path`, if it is an address that `brandStylesHref` produces for `base`. */
export function brandStylesAt(path: string, base: string): BrandStyles | undefined {
  const [, colours = '', ...hashes] = address.exec(path) ?? [];
  const brand = hashes.length === 0 ? undefined : partsOf(colours, hashes);
  if (brand === undefined || hrefOf(brand, base) !== path) return undefined;
  const { stylesheet, backdrop } = brand;
  const pictures = [backdrop?.light, backdrop?.dark].filter((hash) => hash !== undefined);
  return {
    files: [...pictures, ...(stylesheet === undefined ? [] : [stylesheet])],
    compose(files) {
      const shown = files.slice(0, pictures.length);
      const sheets = files.slice(pictures.length);
      const isGood =
        shown.every((file) => file?.type.startsWith('image/')) &&
        sheets.every((file) => file?.type.startsWith('text/css'));
      const own = sheets.map((file) => Buffer.from(file?.data ?? '', 'base64').toString('utf8'));
      return isGood ? base + paletteStyles(brand) + backdropStyles(shown) + own.join('') : undefined;
    },
  };
}

/** The sheet contains the pictures themselves, which saves a request. */
function backdropStyles([light, dark]: readonly (BrandFile | undefined)[]): string {
  const image = (file: BrandFile) => `.backdrop{background-image:url("data:${file.type};base64,${file.data}")}`;
  if (light === undefined) return '';
  return dark === undefined ? image(light) : `${image(light)}@media (prefers-color-scheme:dark){${image(dark)}}`;
}

/** Undefined if one of the values is not a colour. A checked configuration has no such brand. */
function coloursText({ accent, light = {}, dark = {} }: StyleParts): string | undefined {
  const all = [accent, ...[light, dark].flatMap((scheme) => colorNames.map((name) => scheme[name]))];
  if (all.some((colour) => colour !== undefined && !/^#[0-9a-f]{6}$/i.test(colour))) return undefined;
  return all.map((colour) => colour?.slice(1).toLowerCase() ?? '').join('-');
}

function partsOf(colours: string, hashes: readonly string[]): StyleParts {
  const [stylesheet, light, dark] = hashes.map((hash) => (hash === '0' ? undefined : hash));
  const [accent, ...others] = colours.split('-').map((digits) => (digits === '' ? undefined : `#${digits}`));
  const scheme = (first: number): SchemeColors =>
    Object.fromEntries(
      colorNames.flatMap((name, index) => {
        const colour = others[first + index];
        return colour === undefined ? [] : [[name, colour]];
      }),
    );
  return {
    ...(accent === undefined ? {} : { accent }),
    light: scheme(0),
    dark: scheme(colorNames.length),
    ...(stylesheet === undefined ? {} : { stylesheet }),
    ...(light === undefined ? {} : { backdrop: dark === undefined ? { light } : { light, dark } }),
  };
}
