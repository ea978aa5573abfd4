/** What the portal's script adds to controls when a page is loaded, for controls that come up later. */
import { makeCombobox } from '#ui/enhance/combobox.ts';
import { countCharacters } from '#ui/enhance/counter.ts';
import { all } from '#ui/enhance/dom.ts';

/** Attachment: looks after everything in `root`. */
export function dressed(root: HTMLElement): () => void {
  const done = new WeakSet<Element>();
  const dress = <T extends HTMLElement>(selector: string, how: (control: T) => void) => {
    for (const control of all<T>(selector, root)) {
      if (done.has(control)) continue;
      done.add(control);
      how(control);
    }
  };
  const look = () => {
    dress<HTMLSelectElement>('select[data-combobox]', makeCombobox);
    dress<HTMLTextAreaElement>('textarea[data-limit]', countCharacters);
  };
  look();
  const watch = new MutationObserver(look);
  watch.observe(root, { childList: true, subtree: true });
  return () => watch.disconnect();
}
