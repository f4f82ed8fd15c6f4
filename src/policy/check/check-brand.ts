/**
 * Looks at brands as a whole: colours that cannot be read, and files that are missing, too large, or not what their
 * names say. Each brand of an app is looked at as its pages show it, joined with that of the settings.
 */
import type { z } from 'zod';
import { paletteFaults } from '../../rendering/palette.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { type AppBrand, type BrandFile, type BrandSettings, filesOfBrand, joinBrands } from '../model/brand.ts';
import type { Document } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import { appBrandSchema, brandSchema } from '../schema/settings/brand.ts';
import { brandFileFaults, contentTypeOf } from '../source/brand-pictures.ts';
import type { ConfigurationPicture } from '../source/configuration-files.ts';
import { findingAt } from '../source/finding-at.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource, YamlSource } from '../source/yaml-source.ts';

/** What one page loads of a brand, in bytes: with our own part it stays below 30 KB. */
export const largestBrand = 10 * 1024;

export interface CheckedBrand {
  readonly findings: readonly Finding[];
  readonly warnings: readonly AnalysisFinding[];
  /** Of the files that a brand uses. */
  readonly documents: readonly Document[];
}

/** A brand with its location: `path` leads to it in `source`. */
interface OwnBrand {
  readonly source: YamlSource;
  readonly own: AppBrand;
  /** As pages show it. */
  readonly joined: BrandSettings;
  /** Name of the file with the logo of the app. */
  readonly appLogo?: string;
}

/** Works on data whose shape was not checked: what a schema refuses is skipped here. */
export function checkBrand(
  sources: readonly DocumentSource[],
  pictures: readonly ConfigurationPicture[],
): CheckedBrand {
  const byName = new Map(pictures.map(({ file, bytes }) => [file, bytes]));
  const brands = brandsOf(sources);
  const used = new Set(
    brands.flatMap(({ own, appLogo }) => [...filesOfBrand(own).map(({ file }) => file), appLogo ?? '']),
  );
  const findings = brands.flatMap((brand) => [
    ...missingFiles(brand, byName),
    ...weightFindings(brand, byName),
    ...colourFindings(brand),
  ]);
  return {
    findings: [...findings, ...pictures.flatMap(contentFindings)],
    warnings: pictures.filter(({ file }) => !used.has(file)).flatMap(({ file }) => unusedPicture(file, sources)),
    documents: pictures.filter(({ file }) => used.has(file)).map(documentOf),
  };
}

function brandsOf(sources: readonly DocumentSource[]): readonly OwnBrand[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source;
  const main = settings && parsed(brandSchema, settings);
  if (settings === undefined || main === undefined) return [];
  const apps = sources.flatMap(({ kind, source }): OwnBrand[] => {
    if (kind !== 'app') return [];
    const [appLogo] = valuesAt(source.content, 'logo').map(({ value }) => value);
    const own = parsed(appBrandSchema, source) ?? {};
    return [{ source, own, joined: joinBrands(main, own), ...(typeof appLogo === 'string' ? { appLogo } : {}) }];
  });
  return [{ source: settings, own: main, joined: main }, ...apps];
}

function parsed<Schema extends z.ZodType>(schema: Schema, source: YamlSource): z.output<Schema> | undefined {
  const [found] = valuesAt(source.content, 'brand');
  const result = schema.safeParse(found?.value);
  return result.success ? result.data : undefined;
}

function missingFiles({ source, own, appLogo }: OwnBrand, files: ReadonlyMap<string, Buffer>): readonly Finding[] {
  const named = filesOfBrand(own).map(({ path, file }) => ({ path: ['brand', ...path], file }));
  const all = appLogo === undefined ? named : [...named, { path: ['logo'], file: appLogo }];
  return all
    .filter(({ file }) => !files.has(file))
    .map(({ path, file }) => source.finding('file_missing', path, `there is no file ${file}`));
}

function weightFindings({ source, own, joined, appLogo }: OwnBrand, files: ReadonlyMap<string, Buffer>) {
  const weightOf = (file: string | undefined): number => (file === undefined ? 0 : (files.get(file)?.length ?? 0));
  const limit = `the pictures and the stylesheet of a page have ${kibibytes(largestBrand)} at most`;
  const tooLarge = [
    ...filesOfBrand(own).map(({ path: keys, file }) => ({ path: ['brand', ...keys], file })),
    ...(appLogo === undefined ? [] : [{ path: ['logo'], file: appLogo }]),
  ].filter(({ file }) => weightOf(file) > largestBrand);
  if (tooLarge.length > 0) {
    return tooLarge.map(({ path: keys, file }) =>
      source.finding('brand_too_large', keys, `${file} is too large (${kibibytes(weightOf(file))}): ${limit}`),
    );
  }
  const { logo, background, favicon, stylesheet } = joined;
  // The stylesheet holds both pictures of the background; of a logo, a page loads one.
  const heavier = (pair: { readonly light: string; readonly dark?: string } | undefined): number =>
    Math.max(weightOf(pair?.light), weightOf(pair?.dark));
  const total =
    heavier(logo) +
    weightOf(background?.light) +
    weightOf(background?.dark) +
    weightOf(favicon) +
    weightOf(stylesheet) +
    weightOf(appLogo);
  const isOwn = filesOfBrand(own).length > 0 || appLogo !== undefined;
  if (total <= largestBrand || !isOwn) return [];
  const path = appLogo === undefined ? ['brand'] : ['logo'];
  return [source.finding('brand_too_large', path, `is too large: a page would load ${kibibytes(total)}, and ${limit}`)];
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

/** The check of the settings reports colours that only the settings have. */
function colourFindings({ source, own, joined }: OwnBrand): readonly Finding[] {
  if (Object.keys(own).length === 0) return [];
  return paletteFaults(joined).flatMap(({ scheme, front, back, message }) => {
    const name = [front, back].find(
      (color) => (own[scheme] as Record<string, unknown> | undefined)?.[color] !== undefined,
    );
    return name === undefined ? [] : [source.finding('colours_unreadable', ['brand', scheme, name], message)];
  });
}

function contentFindings({ file, bytes }: ConfigurationPicture): readonly Finding[] {
  return brandFileFaults(file, bytes).map(({ offset, message }) => {
    const before = bytes.toString('utf8').slice(0, offset).split('\n');
    return {
      file,
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
      path: '',
      message,
      code: 'brand_file_invalid',
    };
  });
}

/** A picture has no line to show and no comment, so the finding stands where the brand is. */
function unusedPicture(file: string, sources: readonly DocumentSource[]): readonly AnalysisFinding[] {
  const message = `no brand uses ${file}, and it is not served`;
  const parts = { severity: 'warning', message, advice: 'remove the file, or name it in a brand' } as const;
  return sources.flatMap(({ kind, source }) =>
    kind === 'settings' ? [findingAt('unused', { source, path: ['brand'] }, parts)] : [],
  );
}

function documentOf({ file, bytes }: ConfigurationPicture): Document {
  const content: BrandFile = { type: contentTypeOf(file) ?? '', data: bytes.toString('base64') };
  return { kind: 'file', name: file, file, ruleLines: [], content };
}
