// Says on a page that was left open that the sign-in ends soon, and that it has ended. Without this script the page
// says so when it is drawn near the end.

const region = document.querySelector('[data-ends-in]');
const end = Date.now() + Number(region.dataset.endsIn) * 1000;
const warned = 300_000;
const pause = 5000;

function stateNow() {
  const left = end - Date.now();
  if (left <= 0) return 'ending.over';
  return left <= warned ? 'ending.soon' : '';
}

/** A page that is drawn this near the end says so already. */
let shown = stateNow();

function show(state) {
  shown = state;
  document.querySelector('.ending-line')?.remove();
  for (const text of region.querySelectorAll('[data-says]')) {
    text.hidden = text.dataset.says !== state;
    if (!text.hidden) text.dataset.message = state;
  }
  region.firstElementChild.hidden = false;
}

/** By the clock: timers stand still while a device sleeps. */
function look() {
  const state = stateNow();
  if (state !== shown) show(state);
}

setInterval(look, pause);
document.addEventListener('visibilitychange', look);
