/** What a sheet's form holds in the browser. */
import type { SheetForm } from '#flow';

/** `before`: what it held; controls that are not on it any more keep what was typed into them, for when their page comes back. */
export function readSheet(form: HTMLFormElement, before?: SheetForm): SheetForm {
  const controls = new Map<string, string[]>();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') controls.set(name, [...(controls.get(name) ?? []), value]);
  const { _page: pages, _confirm: confirmed, ...typed } = Object.fromEntries(controls);
  const kept = [...(before?.controls ?? [])].filter(([name]) => form.elements.namedItem(name) === null);
  return { controls: new Map([...kept, ...Object.entries(typed)]), pages: new Set(pages), confirmed: new Set(confirmed) };
}

/** Whether something was typed since the page was made. */
export function isTouched(form: HTMLFormElement): boolean {
  return [...form.elements].some((one) => {
    if (one instanceof HTMLInputElement)
      return ['radio', 'checkbox'].includes(one.type) ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
    if (one instanceof HTMLTextAreaElement) return one.value !== one.defaultValue;
    return (
      one instanceof HTMLSelectElement &&
      [...one.options].some((option) => option.selected !== option.defaultSelected && option.value !== '')
    );
  });
}
