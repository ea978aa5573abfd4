import { all, fold, one } from './dom.ts';

/** Filters the list of services while people type: every word must occur. The form still works as a GET search. */
export function filterServices(form: HTMLFormElement): void {
  const list = one(form.dataset.filter!);
  const count = one('[data-found-count]');
  const none = one('[data-none]');
  const input = one<HTMLInputElement>('input[type=search]', form);
  if (!list || !input) return;
  input.addEventListener('input', () => {
    const words = fold(input.value).split(/\s+/);
    let found = 0;
    for (const item of all('[data-words]', list)) {
      const haystack = fold(item.dataset.words!);
      item.hidden = !words.every((word) => haystack.includes(word));
      if (!item.hidden) found += 1;
    }
    if (none) none.hidden = found > 0;
    if (count) count.textContent = found === 1 ? form.dataset.foundOne! : form.dataset.found!.replace('{n}', String(found));
  });
}
