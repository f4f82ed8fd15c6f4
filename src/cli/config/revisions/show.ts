/** `stepgate config show`. */
import type { Command } from 'commander';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Document } from '../../../policy/model/documents.ts';
import { printable } from '../../../policy/model/printable.ts';
import { schemaFor } from '../../../policy/schema/schemas.ts';
import { formatYaml } from '../../../policy/source/format-yaml.ts';
import { keyOrderOf } from '../../../policy/source/key-order.ts';
import { unknownName } from '../../../policy/source/nearest-name.ts';
import { yamlLines } from '../../../policy/source/yaml-text.ts';
import { newCommand } from '../../commands.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import { readRevision } from '../shared/quantities.ts';
import { revisionsOf } from '../shared/revisions-of.ts';
import { withRefusals } from './activate-revision.ts';
import { historyData, historyLine } from './history.ts';

export function showCommand(context: ConfigContext): Command {
  return newCommand('config show')
    .argument('<revision>', 'number of a revision')
    .argument('[documents...]', 'what to show of it, e.g. settings or sign-on/payroll (default: a list)')
    .action((text: string, keys: readonly string[], options: ResultOptions) =>
      withRefusals(context, options, () =>
        withStore(context, async (store) => {
          const revisions = revisionsOf(store, context);
          const number = readRevision(text);
          const documents = await revisions.documentsOf(number);
          const unknown = keys.find((key) => !documents.has(key));
          if (unknown !== undefined) throw refusal(unknownName('document', unknown, [...documents.keys()]));
          const info = await revisions.revision(number);
          const shown = [...documents].filter(([key]) => keys.length === 0 || keys.includes(key)).sort();
          printResult(context, options, {
            text:
              keys.length === 0
                ? `${historyLine(info)}${shown.map(([key, { file }]) => `  ${key}  ${file}\n`).join('')}`
                : shown.map(([, document]) => documentText(document, context.authenticators)).join('\n'),
            data: {
              ...historyData(info),
              documents: shown.map(([key, { file, content }]) => ({
                key,
                file,
                ...(keys.length > 0 && { content }),
              })),
            },
          });
        }),
      ),
    );
}

/** What the store has of a file: without comments, with variables filled in, in the form of `config fmt`. */
function documentText({ file, kind, content }: Document, authenticators: readonly AuthenticatorKind[]): string {
  if (kind === 'file') return `# ${file}: a file of a brand\n`;
  const text = yamlLines(content).join('\n');
  const order = keyOrderOf(schemaFor(kind, authenticators));
  const formatted = formatYaml(file, text, { order, renames: [] });
  const lines = (formatted.findings === undefined ? formatted.text : text).trimEnd().split('\n');
  return [`# ${file}`, ...lines].map((line) => `${printable(line)}\n`).join('');
}
