/** `stepgate config schema`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { jsonSchemas } from '../../../policy/schema/json-schemas.ts';
import { newCommand } from '../../commands.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import type { ConfigContext } from '../shared/config-context.ts';

export function schemaCommand(context: ConfigContext): Command {
  return newCommand('config schema')
    .option('--out <dir>', 'directory to write to', join(context.configDir, 'schema'))
    .action(async ({ out, ...options }: ResultOptions & { readonly out: string }) => {
      await mkdir(out, { recursive: true });
      const schemas = jsonSchemas(context.authenticators);
      for (const [file, text] of schemas) await writeFile(join(out, file), text);
      const files = [...schemas.keys()];
      printResult(context, options, { text: `wrote ${files.join(', ')} to ${out}\n`, data: { directory: out, files } });
    });
}
