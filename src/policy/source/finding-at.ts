/** Makes findings with a code, their line, and what to do. */
import { type AnalysisFinding, type FindingCode, findingCodes } from '../model/analysis-finding.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** A place in a file. */
export interface FilePlace {
  readonly source: YamlSource;
  readonly path: Path;
}

/** What a finding says besides its code and its place. */
export type FindingParts = Pick<AnalysisFinding, 'message' | 'advice'> &
  Partial<Pick<AnalysisFinding, 'severity' | 'rules' | 'example'>> & {
    /** The finding is about this key at its path. */
    readonly key?: string;
    /** It is about this place in the text there (UTF-16 units from its beginning). */
    readonly offset?: number;
  };

/** A finding about what stands at the path. */
export function findingAt(
  code: FindingCode,
  { source, path }: FilePlace,
  { message, key, offset, ...parts }: FindingParts,
): AnalysisFinding {
  const of = key === undefined ? source.placeOf(path) : source.placeOfKey([...path, key]);
  const place = offset === undefined ? of : source.placeWithin(path, offset);
  const text = source.lines[place.line - 1] ?? '';
  return { severity: findingCodes[code].severity, rules: [], ...parts, ...place, message, code, text };
}
