/**
 * JSON of any length, in pieces. The demands of a thousand apps on a hundred groups in twenty zones exceed the longest
 * string.
 */

import { getOrMake } from '../values/get-or-make.ts';

/** Approximate length of a piece (characters). */
const pieceLength = 1 << 20;
/** Objects and arrays are split down to this depth: `matrix`, its `rows`, one row. Anything deeper is one string. */
const depthApart = 4;

/**
 * Joined, the pieces equal the result of `JSON.stringify`. An object or array that occurs several times is formatted
 * once.
 */
export function* jsonPieces(value: object): Generator<string> {
  let parts: string[] = [];
  let length = 0;
  for (const part of partsOf(value, depthApart, new WeakMap())) {
    parts.push(part);
    length += part.length;
    if (length < pieceLength) continue;
    yield parts.join('');
    parts = [];
    length = 0;
  }
  yield parts.join('');
}

function* partsOf(value: unknown, depth: number, known: WeakMap<object, string>): Generator<string> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) yield JSON.stringify(value) ?? 'null';
  else if (depth === 0) yield getOrMake(known, value, () => JSON.stringify(value));
  else if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      yield at === 0 ? '[' : ',';
      yield* partsOf(one, depth - 1, known);
    }
    yield value.length === 0 ? '[]' : ']';
  } else {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    for (const [at, [key, one]] of members.entries()) {
      yield `${at === 0 ? '{' : ','}${JSON.stringify(key)}:`;
      yield* partsOf(one, depth - 1, known);
    }
    yield members.length === 0 ? '{}' : '}';
  }
}
