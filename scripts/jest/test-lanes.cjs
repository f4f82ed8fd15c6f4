const { availableParallelism } = require('node:os');

/**
 * About how many seconds the files take that wait most of their time, on two calm cores: until a Redis server counts as
 * dead, or a killed process has come back.
 */
const waiting = {
  'contract/store-replicas': 99,
  'faults/process': 99,
  'contract/store-cluster-replicas': 96,
  'faults/acknowledged': 38,
  'contract/store-redis-faults': 38,
  'faults/store-outage': 23,
};

/** More cores than that are of no use: memory and the longest file set the limit. */
const cores = Math.min(availableParallelism(), 8);

/**
 * The lanes of a whole run: each is a Jest of its own, and both run at the same time. Each worker that computes beyond
 * the number of cores slows all of them down, because they take the caches of the cores from each other
 * (docs/decisions/0147-lanes-of-tests.md).
 */
const workersOfLane = {
  waiting: cores + 1,
  // Browser tests leave a core idle now and then, while they wait for Chromium.
  computing: cores + 1,
};

/** The lane of a test file, by its path. */
function laneOf(path) {
  return Object.hasOwn(waiting, nameOf(path)) ? 'waiting' : 'computing';
}

/** `core/model/scope` of `/.../test/core/model/scope.test.ts`. */
function nameOf(path) {
  const [, name = ''] = /[/\\]test[/\\](.*)\.test\.ts$/.exec(path) ?? [];
  return name.replaceAll('\\', '/');
}

module.exports = { laneOf, nameOf, waiting, workersOfLane };
