const { laneOf } = require('./test-lanes.cjs');

/** Keeps the test files of the lane that STEPGATE_TEST_LANE names. */
module.exports = (paths) => ({ filtered: paths.filter((path) => laneOf(path) === process.env.STEPGATE_TEST_LANE) });
