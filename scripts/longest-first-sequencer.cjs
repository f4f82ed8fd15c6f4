const Sequencer = require('@jest/test-sequencer').default;

/**
 * About how many seconds the longest files take on two calm cores. Jest knows only what it has run before, and a fresh
 * clone or CI has run nothing: a long file that starts last would leave all cores but one idle.
 */
const longest = {
  'browser/pages': 75,
  'contract/store-replicas': 70,
  'faults/process': 60,
  'contract/store-redis-faults': 37,
  'browser/demo': 33,
  'e2e/cli': 31,
  'browser/email': 30,
  'security/token-confusion': 30,
  'browser/enrollment': 25,
  'faults/store-outage': 20,
  'e2e/packaging': 19,
  'browser/webauthn': 18,
  'contract/store-initialise': 16,
  'browser/account-passkeys': 15,
  'security/brute-force-codes': 15,
  'e2e/bench': 14,
  'security/enumeration': 14,
  'contract/outbox': 12,
  'browser/recovery-codes': 11,
  'e2e/signing-keys': 10,
};

/** Files by the time that they took last, else by the time that they usually take; the others by their size. */
module.exports = class extends Sequencer {
  sort(tests) {
    const seconds = new Map(tests.map((test) => [test, this.#secondsOf(test)]));
    return super
      .sort(tests)
      .toSorted((a, b) => this.hasFailed(b) - this.hasFailed(a) || seconds.get(b) - seconds.get(a));
  }

  #secondsOf(test) {
    const known = this.time(test);
    return known === undefined ? (longest[nameOf(test)] ?? 0) : known / 1000;
  }
};

function nameOf(test) {
  return /([^/\\]+)[/\\]([^/\\]+)\.test\.ts$/.exec(test.path)?.slice(1).join('/');
}

module.exports.longest = longest;
