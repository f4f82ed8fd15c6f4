const { availableParallelism } = require('node:os');
const Sequencer = require('@jest/test-sequencer').default;

/**
 * About how many seconds the files take that wait most of their time, on two calm cores: until a Redis server counts as
 * dead, or a killed process has come back. Several of them fit on one core.
 */
const waiting = {
  'contract/store-cluster-replicas': 140,
  'faults/process': 100,
  'contract/store-replicas': 85,
  'faults/acknowledged': 80,
  'contract/store-redis-faults': 37,
  'faults/store-outage': 24,
};

/**
 * The same for the longest of those that compute. Jest knows only what it has run before, and a fresh clone or CI has
 * run nothing: a long file that starts last would leave all cores but one idle.
 */
const computing = {
  'browser/pages': 40,
  'e2e/packaging': 40,
  'security/token-confusion': 35,
  'e2e/cli': 32,
  'security/enumeration': 30,
  'contract/store-initialise': 28,
  'e2e/bench': 27,
  'browser/layout': 25,
  'browser/demo': 24,
  'e2e/backup': 22,
  'browser/webauthn': 20,
  'browser/enrollment': 19,
  'browser/email': 18,
  'e2e/app-changes': 17,
  'core/properties': 16,
  'security/first-factors': 15,
  'contract/upgrade': 14,
  'contract/backup': 13,
  'security/disabled-during-sign-in': 13,
  'security/first-factors-restart-refresh': 13,
  'security/one-time-values': 12,
  'unit/policy/seeded-mistakes': 12,
  'security/two-nodes': 12,
  'security/brute-force': 11,
  'browser/account-passkeys': 11,
  'e2e/commands': 11,
  'browser/recovery-codes': 10,
  'contract/outbox': 10,
  'e2e/phone': 10,
  'e2e/protocol-logout': 10,
  'security/request-order': 10,
  'browser/sign-in': 9,
  'core/random-walks': 9,
  'security/brute-force-codes': 9,
  'unit/cli/doctor': 9,
  'unit/users/import': 8,
  'core/decision/waiver': 8,
  'e2e/email': 8,
  'e2e/signing-keys': 7,
};

/** What a file of unknown length takes, for the plan of who comes when. */
const usual = 2;

/**
 * Files that compute and files that wait, side by side: as many workers as there are cores compute, the others wait. In
 * each kind what took longest comes first, by the time that it took last, else by the time that it usually takes; the
 * others by their size. What failed comes before all.
 */
module.exports = class extends Sequencer {
  #workers;

  constructor(options) {
    super(options);
    this.#workers = options?.globalConfig?.maxWorkers ?? 1;
  }

  sort(tests) {
    const seconds = new Map(tests.map((test) => [test, this.#secondsOf(test)]));
    const longestFirst = super.sort(tests).toSorted((a, b) => seconds.get(b) - seconds.get(a));
    const failed = longestFirst.filter((test) => this.hasFailed(test));
    const others = longestFirst.filter((test) => !failed.includes(test));
    const isWaiting = (test) => Object.hasOwn(waiting, nameOf(test));
    const queues = [others.filter(isWaiting), others.filter((test) => !isWaiting(test))];
    return [...failed, ...interleaved(queues, { seconds, isWaiting, workers: this.#workers })];
  }

  #secondsOf(test) {
    const known = this.time(test);
    const name = nameOf(test);
    return known === undefined ? (waiting[name] ?? computing[name] ?? 0) : known / 1000;
  }
};

/** The order in which workers would take them from two queues, if each took as long as is known. */
function interleaved([waits, computes], { seconds, isWaiting, workers }) {
  const most = Math.max(1, workers - availableParallelism());
  const order = [];
  let running = [];
  while (waits.length + computes.length > 0) {
    if (running.length === workers) running = running.toSorted((a, b) => a.end - b.end);
    const now = running.length === workers ? running.shift().end : 0;
    const isFree = running.filter(({ test }) => isWaiting(test)).length < most;
    const test = (waits.length > 0 && (isFree || computes.length === 0) ? waits : computes).shift();
    running.push({ test, end: now + (seconds.get(test) || usual) });
    order.push(test);
  }
  return order;
}

function nameOf(test) {
  const [, name = ''] = /[/\\]test[/\\](.*)\.test\.ts$/.exec(test.path) ?? [];
  return name.replaceAll('\\', '/');
}

module.exports.longest = { ...waiting, ...computing };
