/** The views that ship, and what is wrong with the operator's own: for the server, and for commands that check. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageTemplates } from './delivery/message-templates.ts';
import { StepgateError } from './errors.ts';
import { pageTemplates } from './http/html/page-templates.ts';
import { type Finding, findingLine } from './policy/model/finding.ts';
import { ownViewsFindings } from './rendering/own-views.ts';

export const shippedViewsDir = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'views');

/** Each finding names its file with the directory. Empty: a node can start with it. */
export function checkOwnViews(dir: string): readonly Finding[] {
  const templates = { ...pageTemplates, ...messageTemplates };
  return ownViewsFindings({ viewsDir: shippedViewsDir, dir, templates }).map((finding) => ({
    ...finding,
    file: join(dir, finding.file),
    path: '',
  }));
}

/**
 * The directory, for a node that starts with it. Tells `warn` each finding, and throws
 * `StepgateError('not_configured')`: a template or a language that is not good would break a sign-in.
 */
export function goodViewsDir(dir: string | undefined, warn: (line: string) => void): string | undefined {
  const lines = dir === undefined ? [] : checkOwnViews(dir).map(findingLine);
  for (const line of lines) warn(line);
  if (lines.length === 0) return dir;
  throw new StepgateError('not_configured', `${dir} is no good directory of views:\n${lines.join('\n')}`);
}
