/** Messages in words: one template per name and channel, texts from the catalogs, everything in HTML escaped. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import type { Delivery } from '../authenticators/authenticator.ts';
import type { MessageValues } from '../rendering/message-descriptor.ts';
import type { Translator } from '../rendering/translator.ts';
import type { ChannelKind } from './channel.ts';
import type { About } from './outbox.ts';

type Params = MessageValues;

export interface MessageRendererOptions {
  readonly viewsDir: string;
  /** The texts in the language that fits the wishes best. */
  textsFor(languages: About['languages']): Translator;
  /** How the product is called and coloured at the moment. */
  brand(): { readonly name: string; readonly accent?: string };
  /** Where people look after their account: said in news about it. */
  readonly accountUrl: string;
}

export interface RenderedMessage {
  readonly brand: string;
  /** BCP 47. */
  readonly locale: string;
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
}

/** Throws for a template that there is not: no other try will find it. */
export type MessageRenderer = (delivery: Delivery, languages: About['languages']) => RenderedMessage;

/**
 * `<template>.txt.ejs` in the folder of the channel, with the texts that begin with its name; mail also takes `<template>.html.ejs` and the
 * text `mail.<template>.subject`, or a more exact one for the parameter `event`: `mail.<template>.<event>.subject`.
 */
const folders: Readonly<Record<ChannelKind, string>> = { email: 'mail', sms: 'sms', voice: 'voice' };

/** Reads and compiles all templates, so that a broken one stops the start and not a message. */
export function createMessageRenderer({
  viewsDir,
  textsFor,
  brand,
  accountUrl,
}: MessageRendererOptions): MessageRenderer {
  const views = new Map(Object.values(folders).flatMap((folder) => compileFolder(viewsDir, folder)));
  const draw = (name: string, locals: Readonly<Record<string, unknown>>): string => {
    const view = views.get(name);
    if (!view) throw new Error(`there is no template ${name}`);
    return view({ ...locals, part: (other: string, more: object) => draw(other, { ...locals, ...more }) });
  };
  return ({ channel, template, params: given }, languages) => {
    const { name, accent = '#1a5fb4' } = brand();
    const texts = textsFor(languages);
    const { tag: locale } = texts.locale;
    const params: Params = { brand: name, accountUrl, ...withoutControls(given) };
    const say = (key: string, more: Params = {}): string =>
      texts.text(`${folders[channel]}.${key}`, { ...params, ...more });
    const nameOf = (key: string): string =>
      texts.text(texts.pick(`authenticator.${key}`, 'authenticator.other'), { key });
    const when = (at: number): string => momentIn(locale, at);
    const locals = {
      say,
      name: nameOf,
      when,
      params,
      accent,
      onAccent: textOn(accent),
      brand: name,
      locale,
    };
    const view = `${folders[channel]}/${template}`;
    const text = `${draw(`${view}.txt`, locals).trim()}\n`;
    if (channel !== 'email') return { brand: name, locale, text };
    const exact = `mail.${template}.${params.event}.subject`;
    const named = params.authenticator ? { ...params, authenticator: nameOf(String(params.authenticator)) } : params;
    const subject = texts.text(texts.pick(exact, `mail.${template}.subject`), named).replace(/[\r\n]+/g, ' ');
    return { brand: name, locale, subject, text, html: draw(`${view}.html`, { ...locals, subject }) };
  };
}

/** A moment (epoch seconds) in words: where the reader is, nobody knows. */
function momentIn(locale: string, at: number): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(at * 1000)} UTC`;
}

/** Black or white, whichever has more contrast (WCAG 2.2, relative luminance). */
function textOn(colour: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#000000' : '#ffffff';
}

/** A name with a line break in it must not become a line of its own. */
function withoutControls(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ') : value,
    ]),
  );
}

function compileFolder(viewsDir: string, folder: string): readonly (readonly [string, ejs.TemplateFunction])[] {
  const dir = join(viewsDir, folder);
  return filesOf(dir).map((file) => {
    const name = file.slice(0, -'.ejs'.length);
    const options = { filename: join(dir, file), strict: true, _with: false, localsName: 'l' } as const;
    const plain = name.endsWith('.txt') ? { escape: (value: unknown) => String(value ?? '') } : {};
    return [`${folder}/${name}`, ejs.compile(readFileSync(join(dir, file), 'utf8'), { ...options, ...plain })] as const;
  });
}

/** A channel without templates has no folder. */
function filesOf(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((file) => file.endsWith('.ejs'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
