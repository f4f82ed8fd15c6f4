/** How commands report that files are not a valid configuration: the same for all commands, as text or as data. */
import { ConfigurationRefused } from '../../../policy/model/configuration-refused.ts';
import { type Finding, findingsData, findingText } from '../../../policy/model/finding.ts';
import type { ResultOptions } from './print-result.ts';

interface PrintContext {
  stdout(text: string): void;
  setExitCode(code: 0 | 1): void;
}

/** Prints each finding with its line and advice; with `--json`, one JSON object on one line. The command then ends. */
export function printFindings(
  context: PrintContext & { stderr(text: string): void },
  findings: readonly Finding[],
  { json }: ResultOptions,
): void {
  if (json) {
    printData(context, findings);
    return;
  }
  context.setExitCode(1);
  for (const finding of findings) context.stderr(findingText(finding));
}

function printData(context: PrintContext, findings: readonly Finding[]): void {
  context.setExitCode(1);
  context.stdout(`${JSON.stringify({ ok: false, findings: findingsData(findings) })}\n`);
}

/** With `--json`, findings about the files are printed as data. Rejects with any other error of `run`. */
export async function withPrintedFindings(
  context: PrintContext,
  { json }: ResultOptions,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!json || !(error instanceof ConfigurationRefused)) throw error;
    printData(context, error.findings);
  }
}
