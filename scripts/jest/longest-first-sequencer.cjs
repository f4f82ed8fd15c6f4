const Sequencer = require('@jest/test-sequencer').default;
const { nameOf, waiting } = require('./test-lanes.cjs');

/**
 * Seconds of CPU of the longest of those that compute, with their processes. Jest knows only what it has run before,
 * and a fresh clone or CI has run nothing: a long file that starts last would leave all cores but one idle.
 */
const computing = {
  'browser/pages': 27,
  'browser/layout': 21,
  'security/tokens/token-confusion': 18,
  'browser/demo': 17,
  'browser/webauthn': 15,
  'browser/enrollment': 13,
  'e2e/commands/bench': 12,
  'browser/email': 9,
  'e2e/commands/packaging': 8,
  'security/guessing/enumeration': 8,
  'browser/account-password-and-data': 8,
  'unit/policy/analysis/mistakes/seeded-recipes': 8,
  'security/sign-in/first-factors': 7,
  'browser/sign-in': 7,
  'contract/store-initialise': 6,
  'e2e/commands/backup': 6,
  'e2e/protocol/app-changes': 6,
  'unit/cli/policy-tests/policy-tests': 6,
  'browser/sessions-and-remembered-browsers': 6,
  'e2e/commands/cli': 5,
  'contract/upgrade': 5,
  'security/policies/disabled-during-sign-in': 5,
  'security/sign-in/first-factors-restart-refresh': 5,
  'unit/policy/analysis/mistakes/seeded-mistakes': 5,
  'browser/account-passkeys': 5,
  'contract/backup': 5,
  'browser/recovery-codes': 5,
  'unit/policy/analysis/lock-outs/newcomers': 5,
  'browser/account-recovery': 5,
  'e2e/policies/factor-matrix': 5,
  'browser/consent-and-deletion': 5,
  'browser/account': 4,
};

/**
 * What took longest comes first, by the time that it took last, else by the time that it usually takes; the others by
 * their size. What failed comes before all.
 */
module.exports = class extends Sequencer {
  sort(tests) {
    const seconds = new Map(tests.map((test) => [test, this.#secondsOf(test)]));
    const longestFirst = super.sort(tests).toSorted((a, b) => seconds.get(b) - seconds.get(a));
    const failed = longestFirst.filter((test) => this.hasFailed(test));
    return [...failed, ...longestFirst.filter((test) => !failed.includes(test))];
  }

  #secondsOf(test) {
    const known = this.time(test);
    const name = nameOf(test.path);
    return known === undefined ? (waiting[name] ?? computing[name] ?? 0) : known / 1000;
  }
};

module.exports.longest = { ...waiting, ...computing };
