/**
 * What the pictures and stylesheets of a brand may hold. Pages show them as they are, so a picture is what its name
 * says, and neither runs a script nor loads anything from elsewhere.
 */

export interface FileFault {
  /** Offset of the location in the text of the file; 0 for a file that is no text. */
  readonly offset: number;
  readonly message: string;
}

/** Content-Type by the ending of the name. */
const types: Readonly<Record<string, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  css: 'text/css; charset=utf-8',
};

/** `undefined`: a brand can have no such file. */
export function contentTypeOf(file: string): string | undefined {
  return types[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
}

/** Empty: the file is what its name says, and harmless. */
export function brandFileFaults(file: string, bytes: Buffer): readonly FileFault[] {
  const type = contentTypeOf(file) ?? '';
  if (type === 'image/svg+xml') return svgFaults(bytes.toString('utf8'));
  if (type.startsWith('text/css')) return styleFaults(bytes.toString('utf8'));
  const real = pictureType(bytes);
  if (real === type) return [];
  const message = real === undefined ? 'is no picture' : `is ${real}, and its name says ${type}`;
  return [{ offset: 0, message }];
}

/** By the first bytes of the file (WHATWG MIME Sniffing, section 6.1). */
function pictureType(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  return head.startsWith('\x00\x00\x01\x00') ? 'image/x-icon' : undefined;
}

/** Elements that run something, or show what is no drawing. */
const forbiddenElements =
  /^(?:script|foreignobject|iframe|object|embed|audio|video|canvas|handler|listener|link|meta|animate|animatemotion|animatetransform|set|a)$/i;
const tag = /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/y;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Reads it as strictly as XML: what a browser might read otherwise is refused. */
function svgFaults(text: string): readonly FileFault[] {
  const faults: FileFault[] = [];
  let root: string | undefined;
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf('<', at);
    if (start < 0) break;
    const skipped = afterComment(text, start);
    if (skipped !== undefined) {
      at = skipped;
      continue;
    }
    tag.lastIndex = start;
    const found = tag.exec(text);
    if (found === null) return [...faults, { offset: start, message: unreadable(text.slice(start)) }];
    const [whole, , name = '', attributes = ''] = found;
    root ??= name;
    faults.push(...elementFaults(name, attributes).map((message) => ({ offset: start, message })));
    at = start + whole.length;
  }
  if (root !== 'svg') return [{ offset: 0, message: 'is no SVG' }];
  return [...faults, ...styleFaults(text)];
}

function unreadable(rest: string): string {
  return /^<!DOCTYPE/i.test(rest) ? 'has a document type: leave it out' : 'is no SVG that can be read from here on';
}

/** Where a comment, a CDATA section or an XML declaration that begins here ends. `undefined`: none begins here. */
function afterComment(text: string, start: number): number | undefined {
  const known = [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?xml', '?>'],
  ] as const;
  const found = known.find(([opens]) => text.startsWith(opens, start));
  if (found === undefined) return undefined;
  const end = text.indexOf(found[1], start);
  return end < 0 ? undefined : end + found[1].length;
}

function elementFaults(name: string, attributes: string): readonly string[] {
  const local = name.slice(name.indexOf(':') + 1);
  const faults = forbiddenElements.test(local) ? [`has the element <${name}>: a picture only draws`] : [];
  for (const [, key = '', double, single] of attributes.matchAll(attribute)) {
    const value = (double ?? single ?? '').trim();
    if (/^on/i.test(key)) faults.push(`has the attribute ${key}: a picture runs no script`);
    const isLink = /^(?:.*:)?(?:href|src)$/i.test(key);
    if (isLink && !/^(?:#|data:image\/(?:png|jpeg|webp);base64,)/i.test(value))
      faults.push(`loads ${value.slice(0, 60)}: a picture holds all that it shows`);
  }
  return faults;
}

/** What styles load from elsewhere: our content security policy would keep it out anyway. */
const loading =
  /@import|expression\s*\(|javascript:|url\((?!\s*["']?(?:#|data:image\/(?:png|jpeg|webp|svg\+xml)[;,]))/gi;

function styleFaults(text: string): readonly FileFault[] {
  return [...text.matchAll(loading)].map(({ 0: word, index }) => ({
    offset: index,
    message: `has \`${word.replaceAll(/\s+/g, ' ')}\`: styles load nothing and begin no script; pictures in them are \`data:\``,
  }));
}
