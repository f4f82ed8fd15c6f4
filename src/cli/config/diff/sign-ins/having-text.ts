/** Names made-up users by what they have. */

/** What a made-up user has. */
export interface Having {
  /** The words that follow "users": what exactly the user has. */
  readonly words: string;
  /** Keys of authenticators. */
  readonly keys: readonly string[];
  /** The words that follow "users", if the password must be replaced. */
  readonly mark?: string;
}

interface Description {
  readonly words: string;
  readonly of: readonly Having[];
}

/**
 * What such users have, among all that were made up: for example `without totp`, or `except those with nothing but
 * password`. Undefined: it makes no difference.
 */
export function havingText(own: readonly Having[], all: readonly Having[]): string | undefined {
  const others = all.filter((having) => !own.includes(having));
  if (others.length === 0) return undefined;
  const descriptions = descriptionsIn(all);
  const [named, excepted] = [fewestFor(own, descriptions), fewestFor(others, descriptions)];
  return named.length <= excepted.length ? named.join(', or ') : `except those ${excepted.join(', or ')}`;
}

/** Those of more users first. */
function descriptionsIn(all: readonly Having[]): readonly Description[] {
  const keys = [...new Set(all.flatMap((having) => having.keys))];
  const marks = [...new Set(all.flatMap(({ mark }) => mark ?? []))];
  const described = (words: string, isMeant: (having: Having) => boolean) => ({ words, of: all.filter(isMeant) });
  return [
    ...marks.map((words) => described(words, ({ mark }) => mark === words)),
    ...keys.map((key) => described(`without ${key}`, (having) => !having.keys.includes(key))),
    ...keys.map((key) => described(`with ${key}`, (having) => having.keys.includes(key))),
    ...keys.map((key) => described(`with nothing but ${key}`, (having) => having.keys.join() === key)),
    ...all.map((having) => ({ words: having.words, of: [having] })),
  ].toSorted((one, other) => other.of.length - one.of.length);
}

function fewestFor(some: readonly Having[], descriptions: readonly Description[]): readonly string[] {
  const left = new Set(some);
  return descriptions.flatMap(({ words, of }) => {
    if (!of.some((having) => left.has(having)) || !of.every((having) => some.includes(having))) return [];
    for (const having of of) left.delete(having);
    return [words];
  });
}
