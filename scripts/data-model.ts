/** Renders `docs/data-model.md` from the table of store keys. */
import { join } from 'node:path';
import { oneDay } from '../src/core/model/durations.ts';
import { type CookieKind, cookieName, cookieTable } from '../src/flow/browser/cookie-table.ts';
import { type CounterRow, counterTable } from '../src/stores/counter-table.ts';
import type { KeyRow, Lifetime, TagRule } from '../src/stores/key-rows/key-row.ts';
import { type KeyKind, keyKinds, keyRow } from '../src/stores/key-table.ts';

export const dataModelFile = join(import.meta.dirname, '../docs/data-model.md');

const introduction = `# The data model

<!-- Written by \`npm run docs\` from \`src/stores/key-table.ts\`, \`src/stores/counter-table.ts\` and
     \`src/flow/browser/cookie-table.ts\`. A test checks that it is up to date. -->

Everything that Stepgate keeps is in one store: Redis, or the embedded SQLite file. This page lists every kind of key, what it leads to,
which module under \`src\` owns the value, how long it lives, and which other keys it refers to. The fields of a value are the types that
its owner writes.

- A key is \`kind:{tag}\` or \`kind:{tag}:rest\`. The tag decides the hash slot on Redis Cluster: what must change atomically shares a tag.
- A tag is a random id that the server made, the SHA-256 of a text, or a constant. What a user or a client sent never forms a key, and a
  copy of the store holds no usable cookie, code or token.
- A load brings the entries along that the loaded ones refer to, so that a request needs one round trip.
- Where Redis has replicas, a commit is acknowledged only when all have it, if it writes something *durable*, deletes something
  that is *once*, consumes or takes anything, or resets a counter. Everything else is acknowledged by the master alone (decision 32).
- Each value begins with a stamp, \`<schema version>:<epoch in base 36>:\`. A document of a version that the release does not read is refused
  (decision 52). What expires counts in its own epoch only, but for the \`jti\` that were seen, polling intervals, messages that wait, the
  operator's declaration that the store stands alone, and probes (decision 51).
- A backup holds what lives until it is deleted, counters and logs; not the state of the store, which a restore writes again.
- The suites run on a store that fails a test for a key, a reference or a lifetime that is not listed here.
`;

/** The whole file. */
export function renderDataModel(): string {
  const rows = keyKinds.map((kind) => [kind, keyRow(kind)] as const);
  const parts = [...new Set(rows.map(([, row]) => partOf(row)))];
  const sections = parts.flatMap((part) => [
    `## \`src/${part}\`\n`,
    table(
      ['key', 'holds', 'what', 'owner', 'lives', 'durability', 'refers to'],
      rows.flatMap(([kind, row]) => (row && partOf(row) === part ? [keyCells(kind, row)] : [])),
    ),
  ]);
  return [introduction, ...sections, countersIntroduction, counters(), cookiesIntroduction, cookies(), ''].join('\n');
}

function partOf(row: KeyRow | undefined): string {
  return row?.owner.split('/')[0] ?? '';
}

function keyCells(kind: KeyKind, row: KeyRow): readonly string[] {
  const rest = row.rest === undefined ? '' : `:${row.rest.replaceAll('`', '').replace(/^the (.*)$/, '<$1>')}`;
  return [
    `\`${kind}:{${tagText(row.tag)}}${rest}\``,
    row.holds,
    row.what,
    `\`${row.owner}\``,
    lifetimeText(row.lifetime),
    row.durability,
    row.references.map((reference) => `\`${reference}\``).join(', '),
  ];
}

function tagText(tag: TagRule): string {
  if (tag.rule === 'constant') return tag.tag;
  const of = tag.of.replaceAll('`', '');
  return tag.rule === 'random' ? `<${of.replace(/^the /, '')}>` : `<SHA-256 of ${of}>`;
}

function lifetimeText(lifetime: Lifetime): string {
  switch (lifetime.kind) {
    case 'lasting':
      return 'until it is deleted';
    case 'expiring':
      return `until ${lifetime.until}`;
    case 'fixed':
      return durationText(lifetime.seconds);
    case 'newest':
      return `the newest ${lifetime.lines.toLocaleString('en')} lines`;
    case 'windows':
      return 'as its windows';
  }
}

function durationText(seconds: number): string {
  return seconds % oneDay === 0 ? `${seconds / oneDay} days` : `${seconds} seconds`;
}

const countersIntroduction = `## Attempts

Attempts are counted under the key of what they are about, as \`<key>:<name>\`. A counter has a count for each of its windows. A window
closes by itself; one without an end is closed by success or by an administrator. An identifier that no user has is counted like a user,
so that both look alike, and is forgotten 30 days after the last attempt.
`;

function counters(): string {
  return table(
    ['name', 'under', 'what', 'counted by'],
    counterTable.map(({ what, of, name, owner }: CounterRow) => [
      `\`${name}\``,
      of.map((kind) => `\`${kind}\``).join(', '),
      what,
      `\`${owner}\``,
    ]),
  );
}

const cookiesIntroduction = `## Cookies

What a browser keeps. All are \`HttpOnly\` and \`SameSite=Lax\`, and \`Secure\` where the issuer is https; without https their names have no
prefix. A signed cookie has another one beside it, with the suffix \`.sig\`.
`;

function cookies(): string {
  const kinds = Object.keys(cookieTable) as CookieKind[];
  return table(
    ['name', 'what', 'path', 'lives', 'signed', 'set by'],
    kinds.map((kind) => {
      const { what, path, lifetime, isSigned, owner } = cookieTable[kind];
      return [`\`${cookieName(kind, 'https:')}\``, what, path, lifetime, isSigned ? 'yes' : 'no', `\`${owner}\``];
    }),
  );
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line), ''].join('\n');
}
