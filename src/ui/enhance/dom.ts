/** Short names for what every part of the script does with the page. */
export const one = <T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T | null =>
  root.querySelector<T>(selector);
export const all = <T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T[] => [
  ...root.querySelectorAll<T>(selector),
];

/** A portal text for the script, from the frame (`data-…` of `.site`, at the counter `.counter`), with `{n}` filled. */
export const text = (name: string, n: number | string = ''): string =>
  (one('.site, .counter')?.dataset[name] ?? '').replace('{n}', String(n));

/** Letters without case, accents and ß, so that "munchen" finds "München". */
export const fold = (value: string): string => value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss').trim();

/** A live region at the end of `parent`. */
export function statusLine(parent: Element): HTMLElement {
  const line = document.createElement('p');
  line.className = 'sr-only';
  line.role = 'status';
  parent.append(line);
  return line;
}
