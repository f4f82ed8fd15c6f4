// Puts times into the zone of the browser, where the profile of the user names no other, and shows the exact one of
// "2 minutes ago" on a click. Without this script times are in the zone of the profile or in UTC, which they name, and
// the exact one stands in the title.

const { lang } = document.documentElement;
const formats = new Map();

/** `zone`: of the profile; empty: that of the browser. */
function formatFor(zone) {
  const options = { dateStyle: 'medium', timeStyle: 'short', timeZone: zone || undefined };
  const format = formats.get(zone) ?? new Intl.DateTimeFormat(lang, options);
  formats.set(zone, format);
  return format;
}

function exactly(time) {
  return formatFor(time.dataset.local).format(new Date(time.dateTime));
}

/** In its place a button, which shows the one and the other in turn. */
function makeButton(time) {
  const words = time.textContent;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'time';
  time.replaceWith(button);
  button.append(time);
  time.title = exactly(time);
  button.addEventListener('click', () => {
    const isExact = time.textContent !== words;
    time.textContent = isExact ? words : exactly(time);
    time.title = isExact ? exactly(time) : words;
  });
}

for (const time of document.querySelectorAll('time[data-local]')) {
  // What is in the zone of the profile already names it.
  if (time.title === '') time.textContent = time.dataset.local === '' ? exactly(time) : time.textContent;
  else if (time.closest('a, button, summary')) time.title = exactly(time);
  else makeButton(time);
}
