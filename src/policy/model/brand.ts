/** How the product presents itself, as `brand` in `stepgate.yaml` and in the file of an app says. */
import type { LocalizedText } from '../../core/model/attribute.ts';
import type { BrandColors } from '../../rendering/palette.ts';

export interface BrandSettings extends BrandColors {
  /** Name of the product as users know it. */
  readonly name: string;
  readonly logo?: PictureFiles;
  readonly background?: PictureFiles;
  /** Name of a file: see `PictureFiles`. */
  readonly favicon?: string;
  /** Name of a file. */
  readonly stylesheet?: string;
  readonly links?: BrandLinks;
}

/** Of an app: what it says takes the place of what the settings say, member by member. */
export type AppBrand = Partial<BrandSettings>;

/** Names of files below the directory of the configuration. Without `dark`, `light` serves in both schemes. */
export interface PictureFiles {
  readonly light: string;
  readonly dark?: string;
}

export const linkNames = ['help', 'privacy', 'terms', 'contact'] as const;

/** Addresses, one for all languages (`en`) or one for each. */
export type BrandLinks = { readonly [Name in (typeof linkNames)[number]]?: LocalizedText };

/** A picture or stylesheet of a brand as the store keeps it. */
export interface BrandFile {
  /** Content-Type */
  readonly type: string;
  /** Base64. */
  readonly data: string;
}

/** The brand of an app: colours and links are joined one by one, all else as a whole. */
export function joinBrands(brand: BrandSettings, own: AppBrand = {}): BrandSettings {
  const { light, dark, links, ...rest } = own;
  return {
    ...brand,
    ...rest,
    ...(brand.light || light ? { light: { ...brand.light, ...light } } : {}),
    ...(brand.dark || dark ? { dark: { ...brand.dark, ...dark } } : {}),
    ...(brand.links || links ? { links: { ...brand.links, ...links } } : {}),
  };
}

/** All names of files that a brand has, each with the path of its setting within the brand. */
export function filesOfBrand({ logo, background, favicon, stylesheet }: AppBrand): readonly {
  readonly path: readonly string[];
  readonly file: string;
}[] {
  const all: readonly (readonly [readonly string[], string | undefined])[] = [
    [['logo', 'light'], logo?.light],
    [['logo', 'dark'], logo?.dark],
    [['background', 'light'], background?.light],
    [['background', 'dark'], background?.dark],
    [['favicon'], favicon],
    [['stylesheet'], stylesheet],
  ];
  return all.flatMap(([path, file]) => (file === undefined ? [] : [{ path, file }]));
}
