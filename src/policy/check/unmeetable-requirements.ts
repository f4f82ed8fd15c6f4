/** A finding about what no user could do, with its line and what to do. */
import type { Finding, UnmeetableCode } from '../model/finding.ts';
import type { Path, YamlSource } from '../source/yaml-source.ts';

export function unmeetable(
  code: UnmeetableCode,
  { source, path }: { readonly source: YamlSource; readonly path: Path },
  { message, advice }: { readonly message: string; readonly advice: string },
): Finding {
  const finding = source.finding(code, path, message);
  return { ...finding, text: source.lines[finding.line - 1] ?? '', advice };
}
