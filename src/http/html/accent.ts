/**
 * The brand's colour as a stylesheet of its own: a page may hold no inline style. The address carries the colour, so
 * every node can answer for it without having rendered the page.
 */
import { type Asset, hashedPath, toAsset } from './assets.ts';

type Rgb = readonly [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
/** Background of the card in the dark scheme of stepgate.css. */
const darkCard: Rgb = [28, 31, 38];
/** WCAG 2.2 success criterion 1.4.3 asks 4.5; a little more covers rounding. */
const enough = 4.6;

/** The name of each of these files begins with it; the colour follows. */
const stem = 'accent-';

/** Address of the stylesheet for `accent`; undefined if it is not `#rrggbb`. */
export function accentHref(accent: string | undefined): string | undefined {
  if (accent === undefined || !/^#[0-9a-f]{6}$/i.test(accent)) return undefined;
  return hashedPath(`${stem}${accent.slice(1).toLowerCase()}.css`, accentBody(accent));
}

/** The stylesheet at `path`, if `path` is one that `accentHref` gives. */
export function accentAsset(path: string): Asset | undefined {
  const start = path.indexOf(stem) + stem.length;
  const accent = `#${path.slice(start, start + 6)}`;
  // The whole address is compared with the one that belongs to this colour.
  return accentHref(accent) === path ? toAsset('accent.css', accentBody(accent)) : undefined;
}

function accentBody(accent: string): Buffer {
  const colour = parse(accent);
  const light = moveUntilReadable(colour, black, white);
  const dark = moveUntilReadable(colour, white, darkCard);
  return Buffer.from(
    `:root{--accent:${format(light)};--on-accent:#fff}\n` +
      `@media (prefers-color-scheme:dark){:root{--accent:${format(dark)};--on-accent:${format(darkCard)}}}\n`,
  );
}

/** Mixes `colour` with `towards` until it stands out from `against`. */
function moveUntilReadable(colour: Rgb, towards: Rgb, against: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mixColours(colour, towards, share);
    if (contrast(mixed, against) >= enough) return mixed;
  }
  return towards;
}

function parse(accent: string): Rgb {
  const value = Number.parseInt(accent.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function format(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function mixColours(a: Rgb, b: Rgb, share: number): Rgb {
  const channel = (i: 0 | 1 | 2): number => Math.round(a[i] * (1 - share) + b[i] * share);
  return [channel(0), channel(1), channel(2)];
}

/** WCAG 2.2, "contrast ratio". */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
