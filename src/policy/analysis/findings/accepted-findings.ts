/**
 * Comments that accept a finding: `# stepgate:accept shadowed until 2027-03-31: kept for the audit`, in the line of the
 * finding or above it. A comment, so that neither the revision nor an older release knows of it (decision 78).
 */
import type { Seconds } from '../../../core/model/facts.ts';
import { type AnalysisFinding, type FindingCode, findingCodes } from '../../model/analysis-finding.ts';
import { commentsOf } from '../../source/comments.ts';
import { nearestName } from '../../source/nearest-name.ts';
import type { DocumentSource, YamlSource } from '../../source/yaml-source.ts';

interface Acceptance {
  readonly source: YamlSource;
  /** The line of the comment, from 1. */
  readonly line: number;
  /** Lines whose findings it accepts. */
  readonly lines: readonly number[];
  readonly code: string;
  /** Last day on which it holds. */
  readonly until: string;
  readonly reason: string;
}

/** A finding that a comment accepts, and why. */
export interface AcceptedFinding extends Pick<Acceptance, 'until' | 'reason'> {
  readonly finding: AnalysisFinding;
}

export interface SortedFindings {
  /** Those that are left, with what is wrong with the comments. */
  readonly findings: readonly AnalysisFinding[];
  readonly accepted: readonly AcceptedFinding[];
}

/** The day in UTC, as comments write it. `now`: epoch seconds. */
export function dayOf(now: Seconds): string {
  return new Date(now * 1000).toISOString().slice(0, 10);
}

const mark = 'stepgate:accept';
const form = /#\s*stepgate:accept\s+([\w-]+)\s+until\s+(\d{4}-\d{2}-\d{2})\s*:\s*(\S.*)/;
const example = `# ${mark} shadowed until 2027-03-31: and the reason`;

/**
 * Codes whose findings may be absent from this run, so that a comment is never reported as outdated. A standard is
 * checked only on request. The others depend on the machine: its environment and files, the groups of its store, the
 * inbox of the demo.
 */
const foundElsewhere: readonly string[] = [
  'standard',
  'unknown-group',
  'changeable-user',
  'message-unsent',
  'registration-unproved',
  'secret-missing',
  'network_file_missing',
  'network_file_damaged',
  'network_file_foreign',
  'metadata_file_missing',
  'metadata_file_damaged',
  'unknown-model',
] satisfies readonly FindingCode[];

/** Removes findings that comments accept, and reports what is wrong with the comments. `today`: `YYYY-MM-DD`. */
export function sortedByComments(
  findings: readonly AnalysisFinding[],
  sources: readonly YamlSource[],
  today: string,
): SortedFindings {
  const faults = sources.flatMap(commentsIn).flatMap((comment) => {
    const fault = 'fault' in comment ? comment.fault : acceptanceFault(comment, findings, today);
    return fault === undefined ? [] : [faultFinding(comment, fault)];
  });
  const sorted = withoutAccepted(findings, sources, today);
  return { ...sorted, findings: [...sorted.findings, ...faults] };
}

/** Removes findings that comments accept. `today`: `YYYY-MM-DD`. */
export function withoutAccepted(
  findings: readonly AnalysisFinding[],
  sources: readonly YamlSource[],
  today: string,
): SortedFindings {
  const acceptances = sources
    .flatMap(commentsIn)
    .filter((comment): comment is Acceptance => 'until' in comment && today <= comment.until);
  const sorted = findings.map((finding) => ({
    finding,
    by: acceptances.find((acceptance) => accepts(acceptance, finding)),
  }));
  return {
    findings: sorted.flatMap(({ finding, by }) => (by ? [] : [finding])),
    accepted: sorted.flatMap(({ finding, by }) => (by ? [{ finding, until: by.until, reason: by.reason }] : [])),
  };
}

/** Warnings of the checks before the analysis: without notes, and without those that comments accept. */
export function warningsLeft(
  { warnings, sources }: { readonly warnings: readonly AnalysisFinding[]; readonly sources: readonly DocumentSource[] },
  now: Seconds,
): readonly AnalysisFinding[] {
  const files = sources.map(({ source }) => source);
  return withoutAccepted(warnings, files, dayOf(now)).findings.filter(({ severity }) => severity !== 'note');
}

function accepts({ source, lines, code }: Acceptance, finding: AnalysisFinding): boolean {
  return finding.file === source.file && finding.code === code && lines.includes(finding.line);
}

type Comment = Acceptance | (Pick<Acceptance, 'source' | 'line'> & { readonly fault: string });

function commentsIn(source: YamlSource): readonly Comment[] {
  const text = source.lines.join('\n');
  if (!text.includes(mark)) return [];
  return commentsOf(text).flatMap((comment): readonly Comment[] => {
    if (!comment.text.includes(mark)) return [];
    const index = text.slice(0, comment.offset).split('\n').length - 1;
    const line = index + 1;
    const [, code, until, reason] = form.exec(comment.text) ?? [];
    if (code === undefined || until === undefined || reason === undefined)
      return [{ source, line, fault: `must be written like \`${example}\`` }];
    if (!isDay(until)) return [{ source, line, fault: `there is no day ${until}` }];
    return [{ source, line, lines: [line, lineBelow(source, index)], code, until, reason: reason.trim() }];
  });
}

/** Whether there is such a day. `Date.parse` takes February 31 for a day in March. */
function isDay(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && dayOf(at / 1000) === text;
}

/** The next line that is neither empty nor a comment. */
function lineBelow({ lines }: YamlSource, index: number): number {
  return lines.findIndex((text, below) => below > index && !/^\s*(?:#.*)?$/.test(text)) + 1;
}

function acceptanceFault(
  acceptance: Acceptance,
  findings: readonly AnalysisFinding[],
  today: string,
): string | undefined {
  const { code, until } = acceptance;
  if (!Object.hasOwn(findingCodes, code)) {
    const near = nearestName(code, Object.keys(findingCodes));
    return `there is no finding \`${code}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`;
  }
  if (!foundElsewhere.includes(code) && !findings.some((finding) => accepts(acceptance, finding)))
    return `there is no finding \`${code}\` here any more`;
  return today > until ? `the finding was accepted until ${until}` : undefined;
}

function faultFinding({ source, line }: Pick<Acceptance, 'source' | 'line'>, message: string): AnalysisFinding {
  const text = source.lines[line - 1] ?? '';
  return {
    file: source.file,
    line,
    column: Math.max(0, text.indexOf('#')) + 1,
    path: '',
    message,
    code: 'acceptance',
    severity: findingCodes.acceptance.severity,
    text,
    rules: [],
    advice: 'correct the comment, or remove it',
  };
}
