// A page that waits for a code asks now and then whether the person went on in another tab, for instance by the link. Nothing depends on it: the form
// beside it does the same by hand.

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

/** Resolves once somebody looks at this tab. */
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

/** Says so, and shows the step of now, which may be the same one with a newer code; a sign-in that is over has none. */
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
