/** Tables of what each app asks of each group, by zone. */
import { conditionNamesText, pronounOf } from '../../explain/unanswered-conditions.ts';
import { heading, markup, type PageContent, type PageMarkup } from '../../shared/output/html-page.ts';
import { getsIn, placesLeftText, plainUserText, reasonedText } from '../questions/asked-text.ts';
import type { Outcome } from '../questions/fresh-sign-ins.ts';
import type { Matrix } from '../questions/matrix.ts';
import { type AppBlock, type AppRow, appBlocks, usersInRows } from '../questions/matrix-rows.ts';
import { namedUserText } from '../questions/named-users.ts';
import { shownInAny } from '../questions/zones-together.ts';
import { type AppPolicies, appText, shortList } from './app-policies.ts';

/** What names the policies of an app. */
interface PolicyLinks {
  readonly appPolicies: readonly AppPolicies[];
  /** By the key of a document. */
  readonly linkTo: (key: string) => PageContent;
}

/** The matrix. Groups with the same demands share a row, and apps with the same demands share a table. */
export function matrixSection(matrix: Matrix, links: PolicyLinks): PageContent {
  const { zones, table, left, isPartial, leftAside, others } = matrix;
  const user = plainUserText(matrix);
  const tables = appBlocks(table, reasonedText).map(({ clientIds, rows }) =>
    appTable({ title: shortList(clientIds), apps: appList(clientIds, links) }, rows, zones),
  );
  return markup`<p>What a fresh sign-in in a new browser asks of a user who has every authenticator that users can enroll.</p>
${tables}
${left > 0 ? markup`<p class="faint">${left} more combinations of groups are not shown.</p>` : ''}
${isPartial ? markup`<p class="faint">Not all users were counted.</p>` : ''}
${matrix.placesLeft > 0 ? markup`<p class="faint">${placesLeftText(matrix)}</p>` : ''}
${user === '' ? '' : markup`<p class="faint">${user}</p>`}
${leftAside.length > 0 ? markup`<p class="faint">Rules also ask about ${conditionNamesText(leftAside)}. The tables are about sign-ins without ${pronounOf(leftAside)}.</p>` : ''}
${others === '' ? '' : markup`<p class="faint">${others}</p>`}`;
}

/** The apps by the policies that decide about them. */
function appList(clientIds: readonly string[], { appPolicies, linkTo }: PolicyLinks): PageMarkup {
  const apps = appPolicies.filter(({ clientId }) => clientIds.includes(clientId));
  const alike = Map.groupBy(apps, ({ policies }) => JSON.stringify(policies));
  const items = [...alike.values()].map((same) => {
    const [{ policies } = { policies: [] }] = same;
    const titles = policies.map((key, index) => markup`${index === 0 ? '' : ', '}${linkTo(key)}`);
    return markup`<li>${titles}: ${same.map(appText).join(', ')}</li>`;
  });
  return markup`<ul class="apps">${items}</ul>`;
}

interface AppTable {
  readonly title: string;
  readonly apps: PageMarkup;
}

function appTable({ title, apps }: AppTable, rows: AppBlock['rows'], zones: readonly string[]): PageMarkup {
  const counted = usersInRows(rows.flat()) !== undefined;
  const columns = alikeZones(rows.flat(), zones);
  const head = ['Groups', ...(counted ? ['Users'] : []), ...columns.map(({ names }) => conditionNamesText(names))];
  return markup`<section>${heading(3, title)}
${apps}
<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>
<thead><tr>${head.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map((alike) => groupsRow(alike, columns, counted))}</tbody></table></div></section>
`;
}

/** Zones in which the demands on every group of a table are the same. */
interface Column {
  readonly names: readonly string[];
  /** Position in the outcomes. */
  readonly at: number;
}

function alikeZones(rows: readonly AppRow[], zones: readonly string[]): readonly Column[] {
  const isShown = shownInAny(
    rows.map(({ outcomes }) => outcomes),
    reasonedText,
  );
  const places = rows[0]?.outcomes ?? [];
  const shown = [...zones.keys()].filter((at) => places[at] === undefined || isShown(places[at]));
  const alike = Map.groupBy(shown, (at) =>
    JSON.stringify(rows.map(({ outcomes }) => outcomes[at] && reasonedText(outcomes[at]))),
  );
  return [...alike.values()].map((positions) => ({
    names: positions.map((at) => zones[at] ?? ''),
    at: positions[0] ?? 0,
  }));
}

function groupsRow(rows: readonly AppRow[], columns: readonly Column[], counted: boolean): PageMarkup {
  const names = rows.map((row) => namedUserText(row, '(no group)')).join(', ');
  const [{ outcomes } = { outcomes: [] }] = rows;
  return markup`<tr><th scope="row">${names}</th>${counted ? markup`<td class="count">${String(usersInRows(rows))}</td>` : ''}${columns.map(({ at }) => (outcomes[at] ? cell(outcomes[at]) : ''))}</tr>
`;
}

function cell(outcome: Outcome): PageMarkup {
  return markup`<td${getsIn(outcome) ? '' : markup` class="denied"`}>${reasonedText(outcome)}</td>`;
}
