// A page that waits for a code asks now and then whether the sign-in went on in another tab, for instance by the magic
// link. Nothing depends on this script: the form beside it does the same by hand.

const waiting = document.querySelector('[data-follow]');
const firstPause = 4000;
const longestPause = 30_000;
/** Codes count for ten minutes; after that there is nothing to wait for. */
const end = Date.now() + 600_000;

function pauseFor(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Resolves once this tab is visible. */
function inSight() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true });
  });
}

async function statusOf(address) {
  try {
    const response = await fetch(address, { headers: { accept: 'application/json' }, cache: 'no-store' });
    return response.ok ? await response.json() : undefined;
  } catch {
    // Away for a moment: the next question may be answered.
    return undefined;
  }
}

/**
 * Shows the message, then the current step, which may be the same one with a newer code. A sign-in that is over has no
 * step.
 */
function goOn({ state }) {
  const notice = document.querySelector('[data-followed]');
  const text = notice.querySelector(`[data-state="${state}"]`);
  text.dataset.message = text.dataset.says;
  text.hidden = false;
  notice.hidden = false;
  for (const part of document.querySelectorAll('main form, main .options')) part.hidden = true;
  if (state === 'open') setTimeout(() => location.replace(waiting.action), 1500);
}

async function follow() {
  const { follow: address, version } = waiting.dataset;
  for (let pause = firstPause; Date.now() < end; pause = Math.min(longestPause, pause * 1.25)) {
    await pauseFor(pause);
    await inSight();
    const status = await statusOf(address);
    if (status && (status.state === 'over' || status.version !== Number(version))) return goOn(status);
  }
}

if (waiting) void follow();
