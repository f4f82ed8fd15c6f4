/** What is wrong with where things are on a page, whatever it says: boxes, overflow, movement, and the keyboard. */
import type { Page } from 'playwright-core';

// Scripts for the page are texts, because the types of the DOM stay out of a project that runs on a server.

/** Everything that can be pressed or filled in, and is drawn. The button in a field lies over it on purpose. */
const controls = `[...document.querySelectorAll('a[href], button:not([data-reveal]), input:not([type=hidden]), select, summary')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1)`;

const nameOf = `const nameOf = (one) => one.tagName.toLowerCase() + ' ' + (one.name || one.textContent.trim().slice(0, 40));`;

/** At the present width: what scrolls sideways, leaves the screen, is cut off, or lies over something else. */
export function layoutFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(() => {
    ${nameOf}
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push('scrolls sideways by ' + (scrollWidth - clientWidth) + ' px');
    const boxes = ${controls}.map((one) => ({ one, box: one.getBoundingClientRect() }));
    for (const { one, box } of boxes)
      if (box.left < -1 || box.right > clientWidth + 1) found.push(nameOf(one) + ' leaves the screen');
    boxes.forEach(({ one, box }, at) => {
      for (const { one: other, box: next } of boxes.slice(at + 1)) {
        const isApart = box.right <= next.left + 1 || next.right <= box.left + 1 || box.bottom <= next.top + 1 || next.bottom <= box.top + 1;
        if (!isApart && !one.contains(other) && !other.contains(one)) found.push(nameOf(one) + ' lies over ' + nameOf(other));
      }
    });
    for (const one of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, label, a, button')) {
      const { overflowX, clip, textOverflow } = getComputedStyle(one);
      const isCut = overflowX !== 'visible' && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1;
      if (isCut && clip === 'auto' && textOverflow !== 'ellipsis') found.push(nameOf(one) + ' is cut off');
    }
    // A name that the browser breaks within a word, with no hyphen, reads like a fault of the page.
    for (const one of document.querySelectorAll('.option-name')) {
      const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
      while (texts.nextNode())
        for (const { 0: word, index } of texts.currentNode.data.matchAll(/[\\p{Script=Latin}\\p{Script=Arabic}]+/gu)) {
          const range = document.createRange();
          range.setStart(texts.currentNode, index);
          range.setEnd(texts.currentNode, index + word.length);
          if (new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom))).size > 1)
            found.push(word + ' is broken in two');
        }
    }
    return found;
  })()`);
}

/** For a user who wants no movement. */
export function movingParts(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(() => {
    ${nameOf}
    const moves = (one) => ['transitionDuration', 'animationDuration'].some((name) =>
      getComputedStyle(one)[name].split(',').some((length) => parseFloat(length) > 0));
    return [...document.querySelectorAll('*')].filter(moves).map(nameOf);
  })()`);
}

/** In forced colours: buttons and fields that nothing but their colour would set apart from the page. */
export function withoutBorder(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`(() => {
    ${nameOf}
    const framed = 'button:not(.link, .time, [data-reveal]), .button, input:not([type=hidden], [type=checkbox], [type=radio]), select';
    return [...document.querySelectorAll(framed)]
      .filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).borderTopWidth) < 1)
      .map(nameOf);
  })()`);
}

/**
 * Goes through the page with Tab alone. Gives the controls that it does not reach, and those that do not show that they
 * have the focus.
 */
export async function keyboardFaults(page: Page): Promise<readonly string[]> {
  const count = await page.evaluate<number>(`(() => {
    ${nameOf}
    document.activeElement?.blur();
    globalThis.left = new Set(${controls}.filter((one) => one.tabIndex >= 0));
    globalThis.unseen = new Set();
    addEventListener('focusin', ({ target: one }) => {
      globalThis.left.delete(one);
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      const shows = outlineStyle === 'solid' && parseFloat(outlineWidth) >= 3;
      if (!shows) globalThis.unseen.add(nameOf(one) + ' does not show its focus');
    });
    return globalThis.left.size;
  })()`);
  for (let pressed = 0; pressed < count + 12; pressed += 1) await page.keyboard.press('Tab');
  return page.evaluate<readonly string[]>(`(() => {
    ${nameOf}
    const missed = [...globalThis.left].map((one) => nameOf(one) + ' cannot be reached');
    return [...globalThis.unseen, ...missed];
  })()`);
}
