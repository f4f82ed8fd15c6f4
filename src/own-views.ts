/** The views that ship, and what is wrong with the operator's own: for the server, and for commands that check. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageTemplates } from './delivery/message-templates.ts';
import { pageTemplates } from './http/html/page-templates.ts';
import type { Finding } from './policy/model/finding.ts';
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
