/** Numbers for what policies say, for keys of caches: equal values have equal numbers. */
import type { PolicySet } from '../../policy/rules/compile.ts';

/** Gives equal values equal numbers. The numbers live as long as the configuration. */
export class Numbering {
  readonly #ofObject = new WeakMap<object, number>();
  readonly #ofText = new Map<string, number>();
  readonly #identities = new WeakMap<object, number>();
  #objects = 0;

  /** Numbers an object by its identity, not by its content: compiled policies consist of closures. */
  identityOf(numbered: object): number {
    const known = this.#identities.get(numbered);
    if (known !== undefined) return known;
    this.#objects += 1;
    this.#identities.set(numbered, this.#objects);
    return this.#objects;
  }

  of(numbered: object): number {
    const known = this.#ofObject.get(numbered);
    if (known !== undefined) return known;
    const text = JSON.stringify(numbered);
    const found = this.#ofText.get(text) ?? this.#ofText.size;
    this.#ofText.set(text, found);
    this.#ofObject.set(numbered, found);
    return found;
  }
}

/** Cached by the configuration's authenticators: the numbers live as long as the configuration. */
const numberings = new WeakMap<PolicySet['authenticators'], Numbering>();

export function numberingFor({ authenticators }: PolicySet): Numbering {
  const numbering = numberings.get(authenticators) ?? new Numbering();
  numberings.set(authenticators, numbering);
  return numbering;
}
