/** The views that ship, the operator's own, and what is wrong with those: for the server and for commands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { omitUndefined } from './core/model/omit-undefined.ts';
import { messageTemplates } from './delivery/message-templates.ts';
import { loadMessageTemplates, type MessageTemplates } from './delivery/render-message.ts';
import { StepgateError } from './errors.ts';
import { pageTemplates } from './http/html/models/page-templates.ts';
import { createRenderer, type Renderer } from './http/html/render.ts';
import { type Finding, findingLine, findingText, withLines } from './policy/model/finding.ts';
import { operatorViewsFindings } from './rendering/operator-views.ts';

export const shippedViewsDir = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'views');

/** What pages and messages are drawn with. */
export interface Views {
  readonly pages: Renderer;
  readonly messages: MessageTemplates;
}

/** Those that ship, and single ones of the operator's own directory. Throws for a broken one. */
export function loadViews(operatorViewsDir?: string): Views {
  return {
    pages: createRenderer({ viewsDir: shippedViewsDir, ...omitUndefined({ operatorViewsDir }) }),
    messages: loadMessageTemplates([shippedViewsDir, ...(operatorViewsDir === undefined ? [] : [operatorViewsDir])]),
  };
}

/** Each finding names its file with the directory. Empty: a node can start with it. */
export function checkOperatorViews(dir: string): readonly Finding[] {
  const templates = { ...pageTemplates, ...messageTemplates };
  const findings = operatorViewsFindings({ viewsDir: shippedViewsDir, dir, templates }).map((finding) => ({
    ...finding,
    file: join(dir, finding.file),
    path: '',
  }));
  return withLines(findings, ownLines);
}

/** Only texts have lines. */
function ownLines(file: string): readonly string[] | undefined {
  return /\.(ejs|json)$/.test(file) ? readFileSync(file, 'utf8').split(/\r?\n/) : undefined;
}

/**
 * The directory, for a node that starts with it. Tells `warn` each finding, and throws
 * `StepgateError('not_configured')`: a template or a language that is not good would break a sign-in.
 */
export function goodViewsDir(dir: string | undefined, warn: (line: string) => void): string | undefined {
  const findings = dir === undefined ? [] : checkOperatorViews(dir);
  for (const finding of findings) warn(findingLine(finding));
  if (findings.length === 0) return dir;
  const texts = findings.map((finding) => findingText(finding)).join('');
  throw new StepgateError('not_configured', `${dir} is no good directory of views:\n${texts.trimEnd()}`);
}
