/** Colours according to WCAG 2.2: luminance, contrast, and readability. */

/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [number, number, number];

const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];

/** Takes `#rrggbb`. */
export function parseColour(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function formatColour(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** `share`: the part of the second colour, from 0 to 1. */
export function mixColours(a: Colour, b: Colour, share: number): Colour {
  const channel = (i: 0 | 1 | 2): number => Math.round(a[i] * (1 - share) + b[i] * share);
  return [channel(0), channel(1), channel(2)];
}

/**
 * Mixes `colour` with black or white, whichever contrasts more with the first background, until it contrasts enough
 * with all of them. If nothing does, returns that black or white.
 */
export function moveUntilReadable(colour: Colour, backgrounds: readonly Colour[], least: number): Colour {
  const [first = white] = backgrounds;
  const towards = contrast(black, first) > contrast(white, first) ? black : white;
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mixColours(colour, towards, share);
    if (backgrounds.every((background) => contrast(mixed, background) >= least)) return mixed;
  }
  return towards;
}

/** WCAG 2.2, "contrast ratio": 1 to 21. */
export function contrast(a: Colour, b: Colour): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
