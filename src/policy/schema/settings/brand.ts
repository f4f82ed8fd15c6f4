/** `brand` in `stepgate.yaml` and in the file of an app: how pages and mail look. */

import { z } from 'zod';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { type ColorName, colorNames } from '../../../rendering/palette.ts';
import type { AppBrand, BrandSettings } from '../../model/brand.ts';
import { languageTag } from '../fields/attributes.ts';
import { closed, closedNotEmpty, secureUrlFault, text } from '../fields/fields.ts';

const color = z.string().regex(/^#[0-9a-fA-F]{6}$/, { error: 'must be a colour such as "#1a5fb4"' });

const meanings: Readonly<Record<ColorName, string>> = {
  accent: 'Buttons and links.',
  onAccent: 'Text on buttons.',
  page: 'Behind the card.',
  card: 'The card itself.',
  text: 'Text.',
  muted: 'Text that explains.',
  line: 'Lines between parts.',
};

function schemeColors(scheme: string) {
  const shape = Object.fromEntries(colorNames.map((name) => [name, color.optional().describe(meanings[name])]));
  return closedNotEmpty(shape as Record<ColorName, z.ZodOptional<typeof color>>)
    .optional()
    .describe(`Colours of the ${scheme} scheme. What is left out follows from the others.`);
}

/** A file of the directory `brand`: pictures and stylesheets are read from nowhere else. */
function brandFile(endings: readonly string[]) {
  return z.string().regex(new RegExp(`^brand/[A-Za-z0-9][\\w.-]*\\.(?:${endings.join('|')})$`), {
    error: `must be a file in brand/ that ends in ${endings.map((ending) => `.${ending}`).join(', ')}`,
  });
}

const pictureEndings = ['svg', 'png', 'jpg', 'jpeg', 'webp'] as const;
export const picture = brandFile(pictureEndings);

function pictures(what: string) {
  return closed({
    light: picture.describe('A file in brand/.'),
    dark: picture.optional().describe('The same for the dark scheme. Default: that of the light one.'),
  })
    .optional()
    .describe(what);
}

function linkFault(value: string): string | undefined {
  if (/^mailto:[^\s@]+@[^\s@?]+$/.test(value) || /^tel:\+?[\d-]+$/.test(value)) return undefined;
  return secureUrlFault(value) === undefined ? undefined : 'must be an https, mailto or tel address';
}

const address = z.string().refine((value) => linkFault(value) === undefined, {
  error: 'must be an https, mailto or tel address',
});

function link(what: string) {
  return z
    .union([address, z.record(languageTag, address).refine((all) => Object.keys(all).length > 0)], {
      error: 'must be an https, mailto or tel address, or one for each language such as `{ en: …, de: … }`',
    })
    .transform((input) => (typeof input === 'string' ? { en: input } : input))
    .optional()
    .describe(what);
}

const links = closedNotEmpty({
  help: link('Help.'),
  privacy: link('Privacy policy.'),
  terms: link('Terms of use.'),
  contact: link('Where users get help. Also shown on pages that deny access.'),
})
  .optional()
  .describe('Links at the foot of every page: an address, or one for each language.');

const look = {
  accent: color.optional().describe('Colour of buttons and links. Both schemes move it until it can be read.'),
  light: schemeColors('light'),
  dark: schemeColors('dark'),
  logo: pictures('Shown instead of the name at the top of every page and mail.'),
  background: pictures('Fills the page behind the card on wide screens.'),
  favicon: brandFile(['svg', 'png', 'ico']).optional().describe('The icon of the page: a file in brand/.'),
  stylesheet: brandFile(['css']).optional().describe('Comes after our own styles: a file in brand/.'),
  links,
};

export const brandSchema = closed({ name: text.describe('Name of the product as users know it.'), ...look })
  .transform((input): BrandSettings => input as ExactOptional<typeof input>)
  .describe('How pages and mail look. See docs/branding.md.');

export const appBrandSchema = closedNotEmpty({
  name: text.optional().describe('Name of the product on the pages of this app.'),
  ...look,
})
  .transform((input): AppBrand => input as ExactOptional<typeof input>)
  .describe('How pages and mail look for this app: takes the place of what the settings say, member by member.');
