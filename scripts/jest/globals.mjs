// `@jest/globals` for tests that Node loads (shared-modules-runner.cjs): what Circus has made for the file that runs.
// A test file and its support are loaded anew for each file, and so is this module.
import { createRequire } from 'node:module';

const { equals, iterableEquality } = createRequire(import.meta.resolve('expect'))('@jest/expect-utils');
const { expect: whole, ...others } = globalThis.jestGlobals;

/** As the matchers of these names compare. */
const comparisons = {
  toBe: Object.is,
  toEqual: (received, expected) => equals(received, expected, [iterableEquality]),
};

/**
 * `expect` makes 250 functions at each call, and property tests call it a hundred thousand times. What holds needs none
 * of them; what does not hold is said by the whole one.
 */
class Expectation {
  constructor(received) {
    this.received = received;
  }

  get not() {
    return whole(this.received).not;
  }

  get resolves() {
    return whole(this.received).resolves;
  }

  get rejects() {
    return whole(this.received).rejects;
  }
}

for (const name of Object.keys(whole()).filter((key) => !['not', 'resolves', 'rejects'].includes(key))) {
  const holds = comparisons[name];
  Expectation.prototype[name] = function matcher(...args) {
    if (holds?.(this.received, args[0])) {
      const state = whole.getState();
      state.assertionCalls += 1;
      state.numPassingAsserts += 1;
      return undefined;
    }
    try {
      return whole(this.received)[name](...args);
    } catch (error) {
      // The first frame is to be that of the test.
      if (error.matcherResult !== undefined) Error.captureStackTrace(error, matcher);
      throw error;
    }
  };
}

function quickExpect(...args) {
  return args.length === 1 ? new Expectation(args[0]) : whole(...args);
}

export const expect = Object.assign(quickExpect, whole);
export const { afterAll, afterEach, beforeAll, beforeEach, describe, jest, test } = others;
