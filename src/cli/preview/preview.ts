/** `stepgate preview`. */
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../policy/load.ts';
import type { Documents } from '../../policy/model/documents.ts';
import { type Finding, findingText } from '../../policy/model/finding.ts';
import type { PreviewServer, PreviewState } from '../../preview/preview-server.ts';
import type { PreviewSite } from '../../preview/preview-site.ts';
import { newCommand } from '../commands.ts';
import { refuseFindings } from '../config/shared/checked-files.ts';
import type { ConfigContext } from '../config/shared/config-context.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';

/** No store: a preview needs only the files. */
type CheckContext = Pick<
  ConfigContext,
  'configDir' | 'checkViews' | 'authenticators' | 'variables' | 'stdout' | 'stderr' | 'setExitCode'
>;

export interface PreviewContext extends CheckContext {
  /** Throws for a language without texts. */
  openPreview(documents: Documents, languages: readonly string[] | undefined): PreviewSite;
  servePreview(read: () => Promise<PreviewState>, port: number): Promise<PreviewServer>;
  /** Returns the number of files. */
  writePreview(site: PreviewSite, dir: string): Promise<number>;
  /** Aborts when the user stops the command. */
  interrupted(): AbortSignal;
}

interface PreviewOptions extends ResultOptions {
  readonly out?: string;
  readonly port: number;
  readonly language?: readonly string[];
}

const usualPort = 4000;

export function previewCommand(context: PreviewContext): Command {
  return newCommand('preview')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--out <dir>', 'write files into this directory instead of serving them')
    .option('--port <number>', 'port on this machine; 0 is any free one', readPort, usualPort)
    .option('--language <tags>', 'only these languages, separated by commas', (tags: string) => tags.split(','))
    .action(async (dir: string, options: PreviewOptions) => {
      const read = await readPreview(context, dir, options);
      if ('findings' in read) return refuseFindings(context, read.findings, options.json);
      if (options.out !== undefined) return write(context, read, { ...options, out: options.out });
      await serve(context, dir, options);
    });
}

/** Findings about the files are reported as by `config check`. No store is used. */
async function readPreview(
  context: PreviewContext,
  dir: string,
  { language }: PreviewOptions,
): Promise<PreviewSite | { readonly findings: readonly Finding[] }> {
  const loaded = await loadConfiguration(dir, context);
  const findings = [...(loaded.ok ? [] : loaded.findings), ...(await context.checkViews())];
  return loaded.ok && findings.length === 0 ? context.openPreview(loaded.documents, language) : { findings };
}

async function write(context: PreviewContext, site: PreviewSite, options: PreviewOptions & { readonly out: string }) {
  const files = await context.writePreview(site, options.out);
  printResult(context, options, {
    text: `${files} files in ${options.out}: open ${options.out}/index.html\n`,
    data: { ok: true, files, out: options.out },
  });
}

async function serve(context: PreviewContext, dir: string, options: PreviewOptions): Promise<void> {
  const stop = context.interrupted();
  const server = await context.servePreview(async () => {
    const read = await readPreview(context, dir, options);
    return 'findings' in read ? { findings: read.findings.map((finding) => findingText(finding)) } : read;
  }, options.port);
  printResult(context, options, {
    text: `Open ${server.address} (reload after a change, Ctrl-C ends)\n`,
    data: { ok: true, address: server.address },
  });
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await server.close();
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number up to 65535.');
  return port;
}
