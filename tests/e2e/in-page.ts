/** What a person sees of a page, as functions that run inside it. Each stands for itself: nothing from here is reachable there. */

export interface Focus {
  readonly tag: string;
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly checked: boolean;
  readonly role: string;
  /** Name as it is read out, roughly: `aria-label` or the text inside. */
  readonly text: string;
  readonly href: string;
  /** The button that sends the page. */
  readonly main: boolean;
  /** An outline or a shadow shows that the focus is here. */
  readonly ring: boolean;
  /** The focus is outside the window or behind something else. */
  readonly hidden: boolean;
  /** Choices of a list. */
  readonly options: { readonly value: string; readonly label: string }[] | undefined;
  /** The choice that the arrow keys have reached in a searchable list. */
  readonly active: string | undefined;
}

export function focusInPage(): Focus {
  const element = (document.activeElement ?? document.body) as HTMLInputElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const x = Math.max(0, box.x) + Math.min(box.width / 2, 40);
  const y = (Math.max(0, box.y) + Math.min(innerHeight, box.bottom)) / 2;
  const top = document.elementFromPoint(x, y);
  const nowhere = element === document.body || element === document.documentElement;
  const list = element.role === 'combobox' ? document.getElementById(`${element.id}-select`) : element;
  const select = list instanceof HTMLSelectElement ? list : undefined;
  return {
    tag: element.tagName.toLowerCase(),
    type: element.type ?? '',
    name: select?.name ?? element.name ?? '',
    value: element.value ?? '',
    checked: element.checked === true,
    role: element.getAttribute('role') ?? '',
    text: (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\s+/g, ' ').trim(),
    href: element.getAttribute('href') ?? '',
    main: element.matches('main form button.kern-btn--primary[type=submit]'),
    ring: nowhere || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
    hidden: !nowhere && !(top !== null && (element.contains(top) || top.contains(element) || top.closest('label')?.control === element)),
    options: select && [...select.options].map((option) => ({ value: option.value, label: option.text })),
    active: document.getElementById(element.getAttribute('aria-activedescendant') ?? '')?.textContent ?? undefined,
  };
}

/** Sideways scrolling, text that leaves the window, and texts that lie over each other. */
export function layoutFaultsInPage(): string[] {
  const faults: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  const texts: { element: Element; box: DOMRect; words: string }[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement!;
    const words = node.textContent!.trim();
    if (!words || element.closest('.sr-only, .skip-link, option, script, noscript, [hidden]') || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) texts.push({ element, box, words: words.slice(0, 40) });
  }
  for (const [index, { element, box, words }] of texts.entries()) {
    if (box.left < -1 || box.right > root.clientWidth + 1) faults.push(`cut off: "${words}"`);
    for (const other of texts.slice(index + 1)) {
      if (other.element === element || element.contains(other.element) || other.element.contains(element)) continue;
      const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (width > 2 && height > 6) faults.push(`over each other: "${words}" and "${other.words}"`);
    }
  }
  return [...new Set(faults)];
}
