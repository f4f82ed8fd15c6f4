/**
 * Templates: EJS files in one or more view folders. `loadTemplates` promises that
 * - a template in a later folder replaces the one of the same name in an earlier folder, so a brand can change single
 *   templates;
 * - each template of the table exists and compiles, so that a broken one stops the start and not a sign-in;
 * - a template sees only its model and the helpers: no settings, no texts of another language, no disk;
 * - `<%= %>` escapes in HTML, and leaves text unchanged in templates whose name ends with `.txt`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { escapeHtml } from './escape-html.ts';
import type { MessageDescriptor, MomentValue } from './message-descriptor.ts';
import { unlessMissing } from './optional-file.ts';
import type { Translator } from './translator.ts';

/** An entry of the table for one template. Changing the template's model changes both members. */
export interface TemplateVersion {
  /** Counted from 1. A brand's template was written for one version of the model. */
  readonly version: number;
  /** Of the declaration of the model. A test computes it. */
  readonly fingerprint: string;
}

/** `Models` maps each template name (the path in the view folder, without `.ejs`) to its model. */
export type TemplateTable<Models> = Readonly<Record<TemplateName<Models>, TemplateVersion>>;

export type TemplateName<Models> = keyof Models & string;

/** A key of the catalogue, or a message with values. */
export type TemplateText = string | MessageDescriptor;

/**
 * What a template may use besides its model; a model has no members of these names. In a `.txt` template, each helper
 * returns plain text.
 */
export interface TemplateHelpers<Models> {
  /** A catalogue text as HTML. `say.text` is the same without markup, for attributes. */
  readonly say: { (text: TemplateText): string; text(text: TemplateText): string };
  /** Several values, joined by the rules of the language. */
  list(items: readonly string[]): string;
  /** A moment (epoch seconds). */
  time(at: number, style?: MomentValue['style']): string;
  /** The start tag of a form and its hidden inputs. The template closes it. */
  form(model: Models extends { readonly 'partials/form': infer Form } ? Form : never): string;
  /** An input with its label and hint. */
  field(model: Models extends { readonly 'partials/field': infer Field } ? Field : never): string;
  /** Includes another template. */
  part<N extends TemplateName<Models>>(name: N, model: Models[N]): string;
  /** The SVG `icons/<name>.svg`, in the colour of its text. Throws for an unknown name. */
  icon(name: string): string;
}

export interface Templates<Models> {
  draw<N extends TemplateName<Models>>(name: N, model: Models[N], translator: Translator): string;
}

type Draw = (locals: object) => string;

/** The template's scope inherits nothing: an unknown name is `undefined`, whatever else the process contains. */
const nothing: object = Object.freeze(Object.create(null));

export interface TemplateOptions {
  /** Called with the name of each rendered template. */
  readonly drawn?: (name: string) => void;
}

/** Throws if a template of the table is missing, or any template does not compile. */
export function loadTemplates<Models>(
  dirs: readonly string[],
  table: TemplateTable<Models>,
  { drawn }: TemplateOptions = {},
): Templates<Models> {
  const views = new Map(Object.keys(table).map((name) => [name, compileTemplate(dirs, name)]));
  const icons = loadIcons(dirs);
  // By translator and not by language, because one language has several, one for each reader's time zone.
  const helpers = { text: new WeakMap<Translator, object>(), html: new WeakMap<Translator, object>() };
  const draw = (name: string, model: object, translator: Translator): string => {
    const view = views.get(name);
    if (view === undefined) throw new Error(`there is no template ${name}`);
    drawn?.(name);
    const isText = isPlain(name);
    const made = helpers[isText ? 'text' : 'html'];
    const known = made.get(translator) ?? helpersFor({ translator, isText, icons, draw });
    made.set(translator, known);
    return view(Object.assign(Object.create(nothing), model, known));
  };
  return { draw: (name, model, translator) => draw(name, model as object, translator) };
}

function isPlain(name: string): boolean {
  return name.endsWith('.txt');
}

interface HelperContext {
  readonly translator: Translator;
  readonly isText: boolean;
  readonly icons: ReadonlyMap<string, string>;
  readonly draw: (name: string, model: object, translator: Translator) => string;
}

function helpersFor({ translator: t, isText, icons, draw }: HelperContext): object {
  const plain = (text: TemplateText): string =>
    typeof text === 'string' ? t.text(text) : t.text(text.key, text.params);
  const html = (text: TemplateText): string => t.html(typeof text === 'string' ? { key: text } : text);
  const part = (name: string, model: object): string => draw(name, model, t);
  return {
    say: Object.assign(isText ? plain : html, { text: plain }),
    list: (items: readonly string[]) => (isText ? t.list({ items }) : t.listHtml({ items })),
    time: (seconds: number, style?: MomentValue['style']) => {
      const moment = style === undefined ? { at: seconds } : { at: seconds, style };
      return isText ? t.moment(moment) : t.momentHtml(moment);
    },
    form: (model: object) => part('partials/form', model),
    field: (model: object) => part('partials/field', model),
    part,
    icon: (name: string) => {
      const svg = icons.get(name);
      if (svg === undefined) throw new Error(`there is no icon ${name}`);
      return svg;
    },
  };
}

/** `unsafePrototypeLocals`: EJS would copy its input to remove inherited names, but ours has none. */
const templateLanguage = { strict: true, _with: false, localsName: 'l', unsafePrototypeLocals: true } as const;

function compileTemplate(dirs: readonly string[], name: string): Draw {
  for (const dir of dirs.toReversed()) {
    const filename = join(dir, `${name}.ejs`);
    const source = readIfThere(filename);
    if (source === undefined) continue;
    const escapeFor = isPlain(name) ? (value: unknown) => String(value ?? '') : escapeHtml;
    return ejs.compile(source, { ...templateLanguage, filename, escape: escapeFor });
  }
  throw new Error(`there is no template ${name}.ejs in ${dirs.join(', ')}`);
}

/** Inline SVG, which takes the colour of its text. */
function loadIcons(dirs: readonly string[]): ReadonlyMap<string, string> {
  const icons = new Map<string, string>();
  for (const dir of dirs.map((base) => join(base, 'icons')))
    for (const name of namesIn(dir))
      if (name.endsWith('.svg')) icons.set(name.slice(0, -'.svg'.length), readFileSync(join(dir, name), 'utf8').trim());
  return icons;
}

function readIfThere(file: string): string | undefined {
  return unlessMissing(() => readFileSync(file, 'utf8'));
}

function namesIn(dir: string): readonly string[] {
  return unlessMissing(() => readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted()) ?? [];
}
