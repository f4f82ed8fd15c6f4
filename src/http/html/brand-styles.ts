/**
 * The stylesheet of a brand: ours, its colours, and its own, in one file, because a page may hold no inline style and
 * loads as few files as it can. The address carries the colours and the hash of the brand's own sheet, so every node
 * can answer for it without having rendered the page.
 */
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Brand } from '../../policy/revision/brand.ts';
import { colorNames, paletteStyles, type SchemeColors } from '../../rendering/palette.ts';
import { hashedPath } from './assets.ts';

/** What an address stands for. */
export interface BrandStyles {
  readonly css: string;
  /** SHA-256 of the document with the sheet that comes last; absent: there is none. */
  readonly stylesheet?: string;
}

type StyleParts = Pick<Brand, 'accent' | 'light' | 'dark' | 'stylesheet'>;

const stem = 'styles.';
/** Colours as six digits each or nothing, then the hash of a sheet or `0`, then our own hash. */
const address = /^\/assets\/styles\.([0-9a-f-]+)\.([0-9a-f]{64}|0)\.[0-9a-f]{12}\.css$/;

/** `undefined`: the brand has neither colours nor a sheet, and `base` will do. */
export function brandStylesHref(brand: StyleParts, base: string): string | undefined {
  const colours = coloursText(brand);
  if (colours === undefined || (/^-*$/.test(colours) && brand.stylesheet === undefined)) return undefined;
  const { stylesheet = '0' } = brand;
  const content = Buffer.from(base + paletteStyles(brand) + stylesheet);
  return hashedPath(`${stem}${colours}.${stylesheet}.css`, content);
}

/** The styles at `path`, if it is an address that `brandStylesHref` gives for `base`. */
export function brandStylesAt(path: string, base: string): BrandStyles | undefined {
  const [, colours = '', sheet] = address.exec(path) ?? [];
  const brand = sheet === undefined ? undefined : partsOf(colours, sheet);
  if (brand === undefined || brandStylesHref(brand, base) !== path) return undefined;
  const css = base + paletteStyles(brand);
  return brand.stylesheet === undefined ? { css } : { css, stylesheet: brand.stylesheet };
}

/** `undefined`: a colour is none. The configuration has no such brand. */
function coloursText({ accent, light = {}, dark = {} }: StyleParts): string | undefined {
  const all = [accent, ...[light, dark].flatMap((scheme) => colorNames.map((name) => scheme[name]))];
  if (all.some((colour) => colour !== undefined && !/^#[0-9a-f]{6}$/i.test(colour))) return undefined;
  return all.map((colour) => colour?.slice(1).toLowerCase() ?? '').join('-');
}

function partsOf(colours: string, sheet: string): StyleParts {
  const [accent, ...others] = colours.split('-').map((digits) => (digits === '' ? undefined : `#${digits}`));
  const scheme = (first: number): SchemeColors =>
    Object.fromEntries(
      colorNames.flatMap((name, index) => {
        const colour = others[first + index];
        return colour === undefined ? [] : [[name, colour]];
      }),
    );
  return {
    ...omitUndefined({ accent }),
    light: scheme(0),
    dark: scheme(colorNames.length),
    ...(sheet === '0' ? {} : { stylesheet: sheet }),
  };
}
