/** Names made-up users by what they have. */
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import { type Description, shortestStatement } from './shortest-statement.ts';

/** What a made-up user has. */
export interface Having {
  /** Different for each of them. */
  readonly name: string;
  /** Keys of authenticators. */
  readonly keys: readonly string[];
  /** Only one of each, although rules ask for several. */
  readonly isOneOfEach?: true;
  readonly mark?: MarkOfPassword;
}

/** Why the password must be replaced. */
export interface MarkOfPassword {
  /** The key of its authenticator. */
  readonly key: string;
  /** Absent: it is on a list. */
  readonly age?: PasswordAge;
}

/** From one age at which passwords must be replaced up to the next one, in words. */
export interface PasswordAge {
  readonly from: string;
  /** Absent: no age is higher. */
  readonly to?: string;
}

/** Cached by the users among whom some are named, and by these: few sets occur at many apps. */
const known = new Map<string, Map<string, { readonly words: string | undefined }>>();

/**
 * What such users have, among all of which is spoken: for example `without totp`, or `except those with nothing but
 * password`. It is true of these users and of none of the others. Undefined: it makes no difference. `madeUp`: all that
 * were made up, who have every authenticator between them.
 */
export function havingText(
  own: readonly Having[],
  all: readonly Having[],
  madeUp: readonly Having[] = all,
): string | undefined {
  const keys = [...new Set(madeUp.flatMap((having) => having.keys))];
  const inAll = getOrMake(
    known,
    JSON.stringify([namesOf(all), keys]),
    () => new Map<string, { readonly words: string | undefined }>(),
  );
  return getOrMake(inAll, namesOf(own), () => ({ words: textOf({ own, all, keys }) })).words;
}

function namesOf(some: readonly Having[]): string {
  return some
    .map(({ name }) => name)
    .toSorted()
    .join('\n');
}

interface Named {
  readonly own: readonly Having[];
  readonly all: readonly Having[];
  /** Of every authenticator. */
  readonly keys: readonly string[];
}

function textOf({ own, all, keys }: Named): string | undefined {
  if (all.every((having) => own.includes(having))) return undefined;
  const { within, named, isExcepted } = shortestStatement({ own, all, descriptions: descriptionsIn(all, keys) });
  const words = named.join(', or ');
  if (!isExcepted) return words;
  return `${within === undefined ? '' : `${within}, `}except those ${words}`;
}

/** Each is a kind of set of authenticators, a kind of password, or both. The shortest are of single users, too. */
function descriptionsIn(all: readonly Having[], keys: Named['keys']): readonly Description<Having>[] {
  const [sets, passwords] = [setsIn(keys), passwordsIn(all)];
  const parts = [...passwords, ...sets, ...sets.flatMap((set) => passwords.map((password) => both(set, password)))];
  return parts.map(({ words, facts, isMeant }) => ({ words, facts, of: all.filter(isMeant) }));
}

interface Part {
  /** The words that follow "users". */
  readonly words: string;
  /** How many facts the words state. */
  readonly facts: number;
  readonly isMeant: (having: Having) => boolean;
}

interface SetPart extends Part {
  /** The only authenticator. */
  readonly only?: string;
}

interface PasswordPart extends Part {
  readonly key: string;
  /** The words that follow "that is". */
  readonly is: string;
}

function both(set: SetPart, password: PasswordPart): Part {
  const words =
    set.only === password.key ? `${set.words} that is ${password.is}` : `${set.words} and ${password.words}`;
  return {
    words,
    facts: set.facts + password.facts,
    isMeant: (having) => set.isMeant(having) && password.isMeant(having),
  };
}

function setsIn(keys: Named['keys']): readonly SetPart[] {
  const one = (words: string, isMeant: Part['isMeant']): SetPart => ({ words, facts: 1, isMeant });
  const size = (having: Having) => having.keys.length;
  const lacking = keys.map((key) => one(`without ${key}`, (having) => !having.keys.includes(key)));
  const owning = keys.map((key) => one(`with ${key}`, (having) => having.keys.includes(key)));
  const pairs = (some: readonly SetPart[], others: readonly SetPart[]) =>
    some.flatMap((part, at) =>
      others.flatMap((other, otherAt) => (some === others && otherAt <= at ? [] : [twoOf(part, other)])),
    );
  return [
    ...lacking,
    one('with every authenticator', (having) => size(having) === keys.length),
    ...keys.map((key) =>
      one(`with all but ${key}`, (having) => size(having) === keys.length - 1 && !having.keys.includes(key)),
    ),
    ...keys.map((key): SetPart => {
      return { ...one(`with nothing but ${key}`, (having) => having.keys.join() === key), only: key };
    }),
    ...owning,
    one('with one of each authenticator', ({ isOneOfEach }) => isOneOfEach === true),
    one(
      'with every authenticator and several of some',
      (having) => size(having) === keys.length && having.isOneOfEach === undefined,
    ),
    ...pairs(lacking, lacking),
    ...pairs(owning, lacking),
    ...pairs(owning, owning),
  ];
}

function twoOf(one: Part, other: Part): Part {
  const isWithBoth = [one, other].every(({ words }) => words.startsWith('with '));
  return {
    words: `${one.words} and ${isWithBoth ? other.words.slice('with '.length) : other.words}`,
    facts: one.facts + other.facts,
    isMeant: (having) => one.isMeant(having) && other.isMeant(having),
  };
}

/** Those of ages that follow each other, on a list, or either; and those that need not be replaced. */
function passwordsIn(all: readonly Having[]): readonly PasswordPart[] {
  const marks = all.flatMap(({ mark }) => mark ?? []);
  return [...new Set(marks.map(({ key }) => key))].flatMap((key) => {
    const own = marks.filter((mark) => mark.key === key);
    const ages = [...new Map(own.flatMap(({ age }) => (age ? [[age.from, age] as const] : []))).values()];
    const lists = own.some(({ age }) => age === undefined) ? [[], [onList]] : [[]];
    const ranges = ages.flatMap((_, first) =>
      ages.slice(first).map((_last, more) => ages.slice(first, first + more + 1)),
    );
    const part = (is: string, isMeant: Part['isMeant']): PasswordPart => {
      return { key, is, words: `whose ${key} is ${is}`, facts: 1, isMeant };
    };
    const kinds = [[], ...ranges].flatMap((range) => lists.map((list) => ({ range, list })));
    const marked = kinds
      .filter(({ range, list }) => range.length + list.length > 0)
      .map(({ range, list }) =>
        part([...ageText(range), ...list].join(' or '), ({ mark }) =>
          mark?.age ? range.some(({ from }) => from === mark.age?.from) : mark?.key === key && list.length > 0,
        ),
      );
    const none = [...ageText(ages), ...(lists.at(-1) ?? [])];
    const notMarked = part(
      `${none.length > 1 ? 'neither' : 'not'} ${none.join(' nor ')}`,
      ({ keys, mark }) => mark === undefined && keys.includes(key),
    );
    return [...marked, notMarked];
  });
}

const onList = 'on a blocklist';

/** For example `30 d old` or `between 30 d and 90 d old`. Empty if there are no ages. */
function ageText(range: readonly PasswordAge[]): readonly string[] {
  const [first, last] = [range[0], range.at(-1)];
  if (first === undefined) return [];
  return [last?.to === undefined ? `${first.from} old` : `between ${first.from} and ${last.to} old`];
}
