// Solves the task of a page whose network sends many forms: a number with which the SHA-256 of `<challenge>.<number>`
// begins with enough zero bits. The server checks the answer. Without this script the user waits, as the page says.

const task = document.querySelector('[data-work]');
/** Hashes between two looks at the page, so that it stays usable. */
const portion = 256;

function show(state) {
  task.hidden = false;
  for (const text of task.querySelectorAll('[data-state]')) text.hidden = text.dataset.state !== state;
}

async function fits(challenge, number, bits) {
  const text = new TextEncoder().encode(`${challenge}.${number}`);
  const digest = new DataView(await crypto.subtle.digest('SHA-256', text));
  return digest.getUint32(0) >>> (32 - bits) === 0;
}

async function solve({ work: challenge, bits }) {
  for (let first = 0; ; first += portion) {
    const tries = Array.from({ length: portion }, (_, index) => fits(challenge, first + index, Number(bits)));
    const found = (await Promise.all(tries)).indexOf(true);
    if (found >= 0) return first + found;
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
  }
}

async function work() {
  const { form } = document.querySelector('[name="work.answer"]');
  let isWaiting = false;
  const wait = (event) => {
    event.preventDefault();
    isWaiting = true;
  };
  show('working');
  form.addEventListener('submit', wait);
  form.elements['work.answer'].value = String(await solve(task.dataset));
  form.removeEventListener('submit', wait);
  show('solved');
  if (isWaiting) form.requestSubmit();
}

if (task && globalThis.crypto?.subtle) void work();
