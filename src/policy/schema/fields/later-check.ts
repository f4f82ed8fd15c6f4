/**
 * Checks that files of an earlier release did not have to pass. What such a release applied stays in use without them
 * (decision 194).
 */

/** `areSkipped`: a document is read as releases before these checks read it. Reading is synchronous. */
const laterChecks = { areSkipped: false };

/** A refinement that no release made before. Write each new one with it, unless what it finds cannot be evaluated. */
export function laterCheck<Value>(isSound: (value: Value) => boolean): (value: Value) => boolean {
  return (value) => laterChecks.areSkipped || isSound(value);
}

/** Reads without the checks that earlier releases did not make. */
export function withoutLaterChecks<Result>(read: () => Result): Result {
  laterChecks.areSkipped = true;
  try {
    return read();
  } finally {
    laterChecks.areSkipped = false;
  }
}
