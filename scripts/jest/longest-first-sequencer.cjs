const Sequencer = require('@jest/test-sequencer').default;

/**
 * About how many seconds the longest files take on two calm cores. Jest knows only what it has run before, and a fresh
 * clone or CI has run nothing: a long file that starts last would leave all cores but one idle.
 */
const longest = {
  'contract/store-cluster-replicas': 140,
  'faults/process': 100,
  'contract/store-replicas': 85,
  'faults/acknowledged': 80,
  'security/token-confusion': 80,
  'browser/pages': 75,
  'e2e/packaging': 45,
  'e2e/cli': 38,
  'contract/store-redis-faults': 37,
  'browser/demo': 33,
  'security/enumeration': 33,
  'browser/email': 32,
  'browser/webauthn': 31,
  'contract/store-initialise': 30,
  'e2e/bench': 29,
  'browser/enrollment': 28,
  'faults/store-outage': 24,
  'e2e/backup': 23,
  'security/disabled-during-sign-in': 20,
  'browser/sign-in': 19,
  'contract/upgrade': 18,
  'e2e/app-changes': 17,
  'browser/account-passkeys': 16,
  'security/brute-force-codes': 15,
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
