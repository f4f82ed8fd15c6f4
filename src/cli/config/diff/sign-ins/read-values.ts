/** What conditions that read the app and the user read of the users: known once for all apps. */
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { numbered } from '../../../shared/values/numbered.ts';
import { type Atom, isToldByReads, readOfUser, resultsAtApp, signInOfUser, type UserClass } from './user-classes.ts';

/** Values that one condition reads of users. */
export interface ReadValues {
  /** By class: the number of the value. */
  readonly numberOf: readonly number[];
  /** By number: what the condition comes to at an app. */
  readonly values: readonly ((clientId: string) => string)[];
}

type ReadValue = Parameters<ReturnType<typeof resultsAtApp>>[0];

/**
 * An expression that compares the client id with texts of the user comes to the same at all apps whose id is in none of
 * them, so it is evaluated at one app like these, and at the others. Users may have 100,000 such texts: those that come
 * to the same everywhere count as one value. `clientIds`: all apps that are asked about.
 */
export function readValues(classes: readonly UserClass[], atom: Atom, clientIds: readonly string[]): ReadValues {
  const reads = classes.map(({ subject }) => ({ subject, text: readOfUser(subject, atom) }));
  const { numberOf, values } = numbered(reads, ({ text }) => text);
  const apps = new Map<string, ReturnType<typeof resultsAtApp>>();
  const resultAt = (clientId: string, value: ReadValue) =>
    getOrMake(apps, clientId, () => resultsAtApp(atom, clientId))(value);
  const appsIn = appsNamedIn(clientIds);
  const foundFor = (value: ReadValue) => {
    const texts = textsBeside(value, atom);
    if (texts === undefined) return undefined;
    const elsewhere = resultAt(inNone(texts), value);
    const named = appsIn(texts).map((clientId) => [clientId, resultAt(clientId, value)] as const);
    return { elsewhere, others: named.filter(([, result]) => result !== elsewhere) };
  };
  const found = isToldByReads(atom) ? undefined : values.map(foundFor);
  if (found === undefined || !isComplete(found))
    return { numberOf, values: values.map((value) => (clientId) => resultAt(clientId, value)) };
  const alike = numbered(found, ({ elsewhere, others }) => JSON.stringify([elsewhere, others]));
  return {
    numberOf: numberOf.map((number) => alike.numberOf[number] ?? 0),
    values: alike.values.map(({ elsewhere, others }) => {
      const byApp = new Map(others);
      return (clientId) => byApp.get(clientId) ?? elsewhere;
    }),
  };
}

function textsBeside({ subject }: ReadValue, { comparedWithApp, signIns }: Atom): readonly string[] | undefined {
  const [first] = signIns;
  return first && comparedWithApp?.(signInOfUser(first, { subject }));
}

function isComplete<Value>(all: readonly (Value | undefined)[]): all is readonly Value[] {
  return all.every((value) => value !== undefined);
}

/** What no text contains: it is longer. */
function inNone(texts: readonly string[]): string {
  return '-'.repeat(1 + Math.max(0, ...texts.map(({ length }) => length)));
}

/** Finds the apps whose client id is in one of the texts, sorted. */
function appsNamedIn(clientIds: readonly string[]): (texts: readonly string[]) => readonly string[] {
  const ids = new Set(clientIds);
  const lengths = new Set(clientIds.map(({ length }) => length));
  return (texts) => {
    const found = new Set<string>();
    for (const text of texts)
      for (const length of lengths)
        for (let at = 0; at + length <= text.length; at += 1) {
          const part = text.slice(at, at + length);
          if (ids.has(part)) found.add(part);
        }
    return [...found].sort();
  };
}
