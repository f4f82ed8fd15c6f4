/** What is made once for each object. */
import type { Formula } from '../../policy/theories/theory.ts';

/** The same formula each time, so that it is read once. */
export function cachedFormula<Of extends object>(make: (of: Of) => Formula): (of: Of) => Formula {
  return onceFor(make);
}

/** Made once for each object: the result depends on nothing else. */
export function onceFor<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const known = new WeakMap<Of, Made>();
  return (of) => {
    const found = known.get(of) ?? make(of);
    known.set(of, found);
    return found;
  };
}
