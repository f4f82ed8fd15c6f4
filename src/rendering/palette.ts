/**
 * The colours of a brand: the configured ones, completed to everything that pages and mail need, in both schemes.
 * Derived colours are adjusted until they are readable. Configured colours stay as they are, and `paletteFaults`
 * reports where they are unreadable.
 */
import { type Colour, contrast, formatColour, mixColours, moveUntilReadable, parseColour } from './colour.ts';

export const schemes = ['light', 'dark'] as const;

export type Scheme = (typeof schemes)[number];

/** The colours that may be configured for each scheme, as `#rrggbb`. */
export const colorNames = ['accent', 'onAccent', 'page', 'card', 'text', 'muted', 'line'] as const;

export type ColorName = (typeof colorNames)[number];

export type SchemeColors = { readonly [Name in ColorName]?: string };

/** `#rrggbb` each. */
export interface BrandColors {
  /** One colour for both schemes, adjusted for readability in each. A scheme's own colour has priority. */
  readonly accent?: string;
  readonly light?: SchemeColors;
  readonly dark?: SchemeColors;
}

/** All colours of one scheme, as `#rrggbb`. */
export type Palette = Readonly<Record<ColorName | DerivedName, string>>;

type DerivedName = 'inputLine' | 'error' | 'done' | 'notePage' | 'noteLine' | 'errorPage' | 'errorLine';

/** The colours of stepgate.css. */
export const defaultPalettes: Readonly<Record<Scheme, Palette>> = {
  light: {
    accent: '#2c4ac4',
    onAccent: '#ffffff',
    page: '#f4f5f7',
    card: '#ffffff',
    text: '#1a1d24',
    muted: '#565d6b',
    line: '#dde1e8',
    inputLine: '#7d8594',
    error: '#b3261e',
    done: '#1b6e3c',
    notePage: '#eff3fd',
    noteLine: '#c3cff4',
    errorPage: '#fdf1f0',
    errorLine: '#edc0bc',
  },
  dark: {
    accent: '#9db2ff',
    onAccent: '#141a30',
    page: '#111318',
    card: '#1c1f26',
    text: '#eceef3',
    muted: '#a5adbc',
    line: '#333945',
    inputLine: '#7b8494',
    error: '#ff9d94',
    done: '#7fd6a0',
    notePage: '#1f2740',
    noteLine: '#3b4a7c',
    errorPage: '#331d1e',
    errorLine: '#6b3735',
  },
};

/** WCAG 2.2 success criterion 1.4.3 requires 4.5 for text. The surplus allows for rounding. */
const enough = 4.6;
/** WCAG 2.2 success criterion 1.4.11 requires 3 for the borders of inputs. The surplus allows for rounding. */
const enoughForBorders = 3.1;

/** All colours of a scheme. Text colours that do not follow from a configured colour are those of stepgate.css. */
export function paletteOf(colors: BrandColors, scheme: Scheme): Palette {
  const usual = defaultPalettes[scheme];
  const own = colors[scheme] ?? {};
  const [page, card] = [own.page ?? usual.page, own.card ?? usual.card].map(parseColour) as [Colour, Colour];
  const readable = (colour: string, backgrounds: readonly Colour[], least = enough): string => {
    const start = parseColour(colour);
    if (backgrounds.every((background) => contrast(start, background) >= least)) return colour;
    return formatColour(moveUntilReadable(start, backgrounds, least));
  };
  const accent = own.accent ?? accentOf(colors, scheme, [card, page]);
  const tinted = (colour: string, share: number) => formatColour(mixColours(card, parseColour(colour), share));
  const isOwnCard = own.card !== undefined;
  const error = readable(usual.error, [card, page]);
  return {
    accent,
    onAccent: own.onAccent ?? onAccentOf(accent, colors, scheme),
    page: formatColour(page),
    card: formatColour(card),
    text: own.text ?? readable(usual.text, [card, page]),
    muted: own.muted ?? readable(usual.muted, [card, page]),
    line: own.line ?? usual.line,
    inputLine: readable(usual.inputLine, [card], enoughForBorders),
    error,
    done: readable(usual.done, [card]),
    notePage: isOwnCard ? tinted(accent, 0.07) : usual.notePage,
    noteLine: isOwnCard ? tinted(accent, 0.3) : usual.noteLine,
    errorPage: isOwnCard ? tinted(error, 0.07) : usual.errorPage,
    errorLine: isOwnCard ? tinted(error, 0.3) : usual.errorLine,
  };
}

/** The accent for both schemes, adjusted until it is readable in this one. Without it, the accent of stepgate.css. */
function accentOf(colors: BrandColors, scheme: Scheme, backgrounds: readonly Colour[]): string {
  const usual = defaultPalettes[scheme];
  const onAccent = colors[scheme]?.onAccent ?? (colors.accent === undefined ? usual.onAccent : usual.card);
  const against = [...backgrounds, parseColour(onAccent)];
  return formatColour(moveUntilReadable(parseColour(colors.accent ?? usual.accent), against, enough));
}

/** The text colour of buttons if none is configured: the scheme's, or black or white if that is unreadable. */
function onAccentOf(accent: string, colors: BrandColors, scheme: Scheme): string {
  const usual = defaultPalettes[scheme];
  const first = colors.accent === undefined && colors[scheme]?.accent === undefined ? usual.onAccent : usual.card;
  const colour = parseColour(accent);
  const ratio = (other: string) => contrast(colour, parseColour(other));
  if (ratio(first) >= enough) return first;
  return ratio('#ffffff') >= ratio('#000000') ? '#ffffff' : '#000000';
}

/** Foreground, background, and the required contrast (WCAG 2.2, success criteria 1.4.3 and 1.4.11). */
const pairs: readonly (readonly [keyof Palette, keyof Palette, number])[] = [
  ['text', 'card', 4.5],
  ['text', 'page', 4.5],
  ['text', 'notePage', 4.5],
  ['text', 'errorPage', 4.5],
  ['muted', 'card', 4.5],
  ['muted', 'page', 4.5],
  ['accent', 'card', 4.5],
  ['accent', 'page', 3],
  ['onAccent', 'accent', 4.5],
];

export interface PaletteFault {
  readonly scheme: Scheme;
  readonly front: keyof Palette;
  readonly back: keyof Palette;
  readonly message: string;
}

/** The unreadable pairs, except for pairs of two colours that were not configured. */
export function paletteFaults(colors: BrandColors): readonly PaletteFault[] {
  return schemes.flatMap((scheme) => {
    // Most apps have no colours of their own.
    if (colors[scheme] === undefined) return [];
    const palette = paletteOf(colors, scheme);
    return pairs.flatMap(([front, back, least]) => {
      const ratio = contrast(parseColour(palette[front]), parseColour(palette[back]));
      const own = [front, back].some((name) => colors[scheme]?.[name as ColorName] !== undefined);
      if (ratio >= least || !own) return [];
      const message = `cannot be read: ${front} ${palette[front]} on ${back} ${palette[back]} has a contrast of ${rounded(ratio)}, and needs ${least} (WCAG 2.2)`;
      return [{ scheme, front, back, message }];
    });
  });
}

/** Rounded down, so that a ratio just below the limit does not look sufficient. */
function rounded(ratio: number): string {
  return (Math.floor(ratio * 100) / 100).toFixed(2);
}

/** The colours as CSS custom properties. Empty if nothing was configured. */
export function paletteStyles(colors: BrandColors): string {
  const isPlain = [colors.light, colors.dark].every((own) => Object.keys(own ?? {}).length === 0);
  if (colors.accent === undefined && isPlain) return '';
  const palettes = { light: paletteOf(colors, 'light'), dark: paletteOf(colors, 'dark') };
  // A colour that only one scheme changes is written for both, because this sheet follows stepgate.css.
  const changed = (Object.keys(palettes.light) as (keyof Palette)[]).filter((name) =>
    schemes.some((scheme) => palettes[scheme][name] !== defaultPalettes[scheme][name]),
  );
  const properties = (scheme: Scheme): string =>
    changed.map((name) => `--${kebab(name)}:${palettes[scheme][name]}`).join(';');
  return `:root{${properties('light')}}\n@media (prefers-color-scheme:dark){:root{${properties('dark')}}}\n`;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
