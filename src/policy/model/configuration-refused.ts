/** An error that says all that is wrong with the files of a directory. */
import { type ErrorCode, StepgateError } from '../../errors.ts';
import { type Finding, findingText } from './finding.ts';

/** The files are no valid configuration. The message shows every finding, on several lines. */
export class ConfigurationRefused extends StepgateError {
  /** Never empty. */
  readonly findings: readonly Finding[];

  constructor(code: ErrorCode, dir: string, findings: readonly Finding[]) {
    const texts = findings.map((finding) => findingText(finding, dir));
    super(code, `${dir} is not a good configuration:\n${texts.join('').trimEnd()}`);
    this.name = 'ConfigurationRefused';
    this.findings = findings;
  }
}
