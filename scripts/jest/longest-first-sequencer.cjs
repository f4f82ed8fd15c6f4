const { availableParallelism } = require('node:os');
const Sequencer = require('@jest/test-sequencer').default;

/**
 * About how many seconds the files take that wait most of their time, on two calm cores: until a Redis server counts as
 * dead, or a killed process has come back. Several of them fit on one core.
 */
const waiting = {
  'contract/store-replicas': 99,
  'faults/process': 99,
  'contract/store-cluster-replicas': 96,
  'faults/acknowledged': 38,
  'contract/store-redis-faults': 38,
  'faults/store-outage': 23,
};

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

/** What a file that is in no table takes, for the plan of who comes when. */
const usual = 1;

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
    return [...failed, ...interleaved(queues, { isWaiting, workers: this.#workers })];
  }

  #secondsOf(test) {
    const known = this.time(test);
    const name = nameOf(test);
    return known === undefined ? (waiting[name] ?? computing[name] ?? 0) : known / 1000;
  }
};

/**
 * The order in which workers would take them from two queues, if each took as long as the tables say. What Jest
 * measured is no help here: where all workers compute, a file takes more than twice as long as beside some that wait.
 */
function interleaved([waits, computes], { isWaiting, workers }) {
  const most = Math.max(1, workers - availableParallelism());
  const order = [];
  let running = [];
  while (waits.length + computes.length > 0) {
    if (running.length === workers) running = running.toSorted((a, b) => a.end - b.end);
    const now = running.length === workers ? running.shift().end : 0;
    const isFree = running.filter(({ test }) => isWaiting(test)).length < most;
    const test = (waits.length > 0 && (isFree || computes.length === 0) ? waits : computes).shift();
    running.push({ test, end: now + planned(nameOf(test)) });
    order.push(test);
  }
  return order;
}

const planned = (name) => waiting[name] ?? computing[name] ?? usual;

function nameOf(test) {
  const [, name = ''] = /[/\\]test[/\\](.*)\.test\.ts$/.exec(test.path) ?? [];
  return name.replaceAll('\\', '/');
}

module.exports.longest = { ...waiting, ...computing };
