/** Policy tests and what they cover, as a part of a page. */

import { locationKey } from '../../../core/model/location-key.ts';
import { sourceLocationText } from '../../../core/model/source-location.ts';
import { findingText } from '../../../policy/model/finding.ts';
import type { Coverage } from '../../policy-tests/coverage.ts';
import type { TestResult } from '../../policy-tests/run-tests.ts';
import { markup, type PageContent, type PageMarkup } from '../../shared/output/html-page.ts';
import { quantity } from '../shared/quantities.ts';
import type { ReportedTests } from './report-contents.ts';

/** `4 of 4 passed`. */
export function passedText({ none, findings, results }: ReportedTests): string {
  if (none !== undefined) return 'none';
  if (findings.length > 0) return `not run: ${quantity(findings.length, 'finding')}`;
  return `${results.length - failedIn(results).length} of ${results.length} passed`;
}

/** For example `, 3 of 5 rules decided one`. Empty if no test ran. */
export function coverageText({ results, coverage: { rules, uncovered } }: ReportedTests): string {
  return results.length === 0 ? '' : `, ${rules - uncovered.length} of ${rules} rules decided one`;
}

export function testsSection(tests: ReportedTests): PageContent {
  const { none, findings, results, coverage } = tests;
  if (none !== undefined) return markup`<p>${none}</p>`;
  if (findings.length > 0)
    return markup`<p>The tests cannot be run:</p><ul class="plain">${findings.map(
      (finding) => markup`<li><pre>${findingText(finding)}</pre></li>`,
    )}</ul>`;
  const failed = failedIn(results);
  return markup`<p>${passedText(tests)}${coverageText(tests)}.</p>
${failed.length === 0 ? '' : markup`<ul>${failed.map(failedCard)}</ul>`}
${uncoveredTable(coverage)}`;
}

function failedIn(results: readonly TestResult[]): readonly TestResult[] {
  return results.filter(({ differences }) => differences.length > 0);
}

function failedCard(result: TestResult): PageMarkup {
  const { name, differences } = result;
  const details = differences.map(
    ({ what, expected, actual }) => markup`<dt>${what}</dt><dd>expected: ${expected}<br>actual: ${actual}</dd>`,
  );
  return markup`<li class="card worse"><p>failed: ${name}</p><dl><dt>where</dt><dd><code>${sourceLocationText(result)}</code></dd>${details}</dl></li>
`;
}

function uncoveredTable({ uncovered, withoutExpect, conditions, uncoveredConditions }: Coverage): PageContent {
  const rules = [
    ...uncovered.map((rule) => [sourceLocationText(rule), rule.rule, 'decided no test'] as const),
    ...withoutExpect.map((rule) => [sourceLocationText(rule), rule.rule, 'decided no test of one sign-in'] as const),
  ];
  const lacking = uncoveredConditions
    .filter(
      (condition) =>
        !uncovered.some((rule) => locationKey({ location: rule }) === locationKey({ location: condition })),
    )
    .map((uncoveredCondition) => {
      const { rule, condition, lacks } = uncoveredCondition;
      const what = lacks === 'both' ? 'a hit and a miss' : lacks;
      return [sourceLocationText(uncoveredCondition), rule, `${condition} lacks ${what}`] as const;
    });
  const covered = conditions - uncoveredConditions.length;
  return markup`<p>${covered} of ${quantity(conditions, 'condition')} were both hit and missed in tests.</p>
${rules.length + lacking.length === 0 ? '' : gapsTable([...rules, ...lacking])}`;
}

function gapsTable(gaps: readonly (readonly [string, string, string])[]): PageMarkup {
  return markup`<table><thead><tr><th scope="col">Where</th><th scope="col">Rule</th><th scope="col">What no test shows</th></tr></thead>
<tbody>${gaps.map(
    ([
      location,
      rule,
      what,
    ]) => markup`<tr><td><code>${location}</code></td><th scope="row">${rule}</th><td>${what}</td></tr>
`,
  )}</tbody></table>`;
}
