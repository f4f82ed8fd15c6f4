// `@jest/globals` for tests that Node loads (shared-modules-runner.cjs): what Circus has made for the file that runs.
// A test file and its support are loaded anew for each file, and so is this module.
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } = globalThis.jestGlobals;
