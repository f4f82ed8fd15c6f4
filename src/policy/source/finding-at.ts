/** Makes findings with a code, their line, and what to do. */
import { type AnalysisFinding, type FindingCode, findingCodes } from '../model/analysis-finding.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** A location in a file. */
export interface FileLocation {
  readonly source: YamlSource;
  readonly path: Path;
}

/** What a finding says besides its code and its location. */
export type FindingParts = Pick<AnalysisFinding, 'message' | 'advice'> &
  Partial<Pick<AnalysisFinding, 'severity' | 'rules' | 'example'>> & {
    /** The finding is about this key at its path. */
    readonly key?: string;
    /** It is about this location in the text there (UTF-16 units from its beginning). */
    readonly offset?: number;
  };

/** A finding about what stands at the path. */
export function findingAt(
  code: FindingCode,
  { source, path }: FileLocation,
  { message, key, offset, ...parts }: FindingParts,
): AnalysisFinding {
  const keyLocation = key === undefined ? source.locationOf(path) : source.locationOfKey([...path, key]);
  const location = offset === undefined ? keyLocation : source.locationWithin(path, offset);
  const text = source.lines[location.line - 1] ?? '';
  return { severity: findingCodes[code].severity, rules: [], ...parts, ...location, message, code, text };
}
