/**
 * Says every few seconds that a long step goes on: a step that prints nothing looks like one that hangs, on a terminal
 * and in the log of a pipeline.
 *
 * @template T
 * @param {Promise<T>} step
 * @returns {Promise<T>}
 */
export async function withProgress(step) {
  const interval = 5;
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += interval;
    process.stderr.write(`... ${seconds} s\n`);
  }, interval * 1000);
  try {
    return await step;
  } finally {
    clearInterval(timer);
  }
}
