/** What policies call an authenticator: its key (`phone`), or the key and one of its methods (`phone.voice`). */

import type { AuthenticatorDescriptor, Enrollment } from './facts.ts';
import type { ChainStep } from './policy.ts';

/** What policies call a proof by one method. */
export function methodName(authenticator: string, method: string): string {
  return `${authenticator}.${method}`;
}

/** All names of an authenticator: its key, then its methods. */
export function namesOf({ key, methods = [] }: Pick<AuthenticatorDescriptor, 'key' | 'methods'>): readonly string[] {
  return [key, ...methods.map((method) => methodName(key, method))];
}

/** The name of an enrollment: a number that takes no text messages is `phone.voice`. */
export function enrollmentName({ authenticator, methods = [] }: Pick<Enrollment, 'authenticator' | 'methods'>): string {
  const [method, ...others] = methods;
  return method !== undefined && others.length === 0 ? methodName(authenticator, method) : authenticator;
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

/** A step of a chain names the authenticator with this key, or a method of it. */
export function takesAuthenticator({ authenticators }: ChainStep, key: string): boolean {
  return authenticators.some((name) => authenticatorIn(name) === key);
}
