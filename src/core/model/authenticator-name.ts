/** What policies call an authenticator: its key (`phone`), or the key and one of its methods (`phone.voice`). */

/** A proof by one of these methods. */
export function methodName(authenticator: string, method: string): string {
  return `${authenticator}.${method}`;
}

/** The key of the authenticator that a name is about. Keys have no dots. */
export function authenticatorIn(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}

/** The method that a name is about. Undefined: any. */
export function methodIn(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : name.slice(dot + 1);
}
