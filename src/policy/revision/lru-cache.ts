/**
 * Keeps the values that were used last, up to a limit. Parallel calls for one key share the work. What failed is not
 * kept.
 */
export class LruCache<Value> {
  readonly #limit: number;
  readonly #values = new Map<string, Promise<Value>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const present = this.#values.get(key);
    if (present !== undefined) {
      this.#values.delete(key);
      this.#values.set(key, present);
      return present;
    }
    const made = make();
    this.#values.set(key, made);
    made.catch(() => {
      if (this.#values.get(key) === made) this.#values.delete(key);
    });
    const oldest = this.#values.keys().next();
    if (this.#values.size > this.#limit && !oldest.done) this.#values.delete(oldest.value);
    return made;
  }
}
