/** What each app asks of each group, by zone, as tables. */
import { heading, markup, type PageContent, type PageMarkup } from '../../shared/html-page.ts';
import { askedWords, denialText, getsIn } from '../asked-text.ts';
import type { Outcome } from '../fresh-sign-ins.ts';
import type { AppRow, Matrix } from '../matrix.ts';

/** Groups of which the same is asked, and apps that ask for the same, stand together. */
export function matrixSection(matrix: Matrix): PageContent {
  const { zones, table, left, isPartial, leftAside } = matrix;
  const byApp = Map.groupBy(table, ({ app }) => app.clientId);
  const same = Map.groupBy(byApp, ([, rows]) =>
    JSON.stringify(rows.map(({ groups, outcomes }) => [groups, outcomes.map(cellText)])),
  );
  const tables = [...same.values()].flatMap((apps) => {
    const [[, rows] = ['', []]] = apps;
    return appTable(
      apps.map(([clientId]) => clientId),
      rows,
      zones,
    );
  });
  return markup`<p>What a fresh sign-in in a new browser asks of a user who has every authenticator that users can enroll.</p>
${tables}
${left > 0 ? markup`<p class="faint">${left} more combinations of groups are not shown.</p>` : ''}
${isPartial ? markup`<p class="faint">Not all users were counted.</p>` : ''}
${leftAside.length > 0 ? markup`<p class="faint">Rules also ask about ${leftAside.join(', ')}. The tables leave it aside.</p>` : ''}`;
}

function appTable(clientIds: readonly string[], rows: readonly AppRow[], zones: readonly string[]): PageMarkup {
  const counted = rows.some(({ users }) => users !== undefined);
  const same = [...Map.groupBy(rows, ({ outcomes }) => JSON.stringify(outcomes.map(cellText))).values()];
  const head = ['Groups', ...(counted ? ['Users'] : []), ...zones];
  return markup`<section>${heading(3, clientIds.join(', '))}
<div class="scroll" tabindex="0" role="region" aria-label="${clientIds.join(', ')}"><table>
<thead><tr>${head.map((one) => markup`<th scope="col">${one}</th>`)}</tr></thead>
<tbody>${same.map((alike) => groupsRow(alike, counted))}</tbody></table></div></section>
`;
}

function groupsRow(rows: readonly AppRow[], counted: boolean): PageMarkup {
  const names = rows.map(({ groups }) => groups.join(' + ') || '(no group)').join(', ');
  const users = rows.reduce((sum, row) => sum + (row.users ?? 0), 0);
  const [{ outcomes } = { outcomes: [] }] = rows;
  return markup`<tr><th scope="row">${names}</th>${counted ? markup`<td class="count">${users}</td>` : ''}${outcomes.map(cell)}</tr>
`;
}

function cell(outcome: Outcome): PageMarkup {
  return markup`<td${getsIn(outcome) ? '' : markup` class="denied"`}>${cellText(outcome)}</td>`;
}

function cellText(outcome: Outcome): string {
  const why = denialText(outcome);
  return why === '' ? askedWords(outcome) : `${askedWords(outcome)}: ${why}`;
}
