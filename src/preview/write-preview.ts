/** Writes a preview to files, which can be viewed without a server or kept as build output. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PreviewSite } from './preview-site.ts';

/**
 * Writes all pages and the files that they load. Returns the number of files. Existing files of the same names are
 * overwritten.
 */
export async function writePreview(site: PreviewSite, dir: string): Promise<number> {
  const waiting = [...site.pages, 'preview.css', 'preview.js'];
  const written = new Set<string>();
  while (waiting.length > 0) {
    const path = waiting.pop() ?? '';
    if (written.has(path)) continue;
    written.add(path);
    const file = site.file(path);
    if (file === undefined) continue;
    await mkdir(join(dir, dirname(path)), { recursive: true });
    await writeFile(join(dir, path), file.body);
    if (path.endsWith('.html')) waiting.push(...site.loadedBy(file));
  }
  return written.size;
}
