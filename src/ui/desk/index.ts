/**
 * The script of the sheet, served as `/desk.js` to the counter alone: work by keyboard. Every page works without it; the sheet names the keys in its
 * own language (`data-…` of `[data-keys]`).
 */
import { all, one } from '../enhance/dom.ts';
import { coverAtRest } from './cover.ts';
import { openKeys, openPalette } from './palette.ts';

const FIELDS = 'input:not([type=hidden]), select, textarea';

/** Fields a person can be in, in order; of radio buttons the one that counts. */
function fields(form: HTMLFormElement): HTMLElement[] {
  const seen = new Set<string>();
  return all<HTMLInputElement>(FIELDS, form).filter((field) => {
    if (field.offsetParent === null || field.disabled) return false;
    if (field.type !== 'radio') return true;
    if (seen.has(field.name)) return false;
    const chosen = one<HTMLInputElement>(`input[name="${CSS.escape(field.name)}"]:checked`, form);
    if (chosen && chosen !== field) return false;
    seen.add(field.name);
    return true;
  });
}

/** On to the field behind the one where the focus is; from the last one to the button. */
function goOn(form: HTMLFormElement, from: HTMLInputElement): void {
  const open = fields(form);
  const at = open.findIndex((field) => field === from || (from.type === 'radio' && (field as HTMLInputElement).name === from.name));
  (open[at + 1] ?? one('[data-save]', form))?.focus();
}

/** A whole date typed into the first of its three fields: 27031990, 27.3.1990. A code scanner or a clerk types it in one go. */
function spreadDate(day: HTMLInputElement): void {
  const whole = /^(\d{2})(\d{2})(\d{4})$/.exec(day.value) ?? /^(\d{1,2})[.\s/-]+(\d{1,2})[.\s/-]+(\d{4})$/.exec(day.value);
  if (!whole || !day.name.endsWith('.day')) return;
  const name = day.name.slice(0, -'.day'.length);
  for (const [at, part] of ['day', 'month', 'year'].entries()) {
    const field = one<HTMLInputElement>(`input[name="${CSS.escape(`${name}.${part}`)}"]`);
    if (field) field.value = whole[at + 1]!;
  }
  const year = one<HTMLInputElement>(`input[name="${CSS.escape(`${name}.year`)}"]`);
  year?.focus();
  year?.dispatchEvent(new Event('change', { bubbles: true }));
}

function save(): void {
  const form = one<HTMLFormElement>('form[data-sheet]');
  form?.requestSubmit(one<HTMLButtonElement>('[data-keep]', form) ?? one('[data-save]', form));
}

/** To another sheet: what was typed on this one is saved on the way, right or wrong. */
function leave(link: HTMLAnchorElement): boolean {
  const form = one<HTMLFormElement>('form[data-sheet][data-leave]');
  const { pathname, hash } = new URL(link.href);
  if (!form || !touched.has(form) || pathname === location.pathname) return false;
  const button = document.createElement('button');
  Object.assign(button, { type: 'submit', name: 'do', value: `go:${pathname.split('/').at(-1)}${hash}`, hidden: true });
  form.append(button);
  form.requestSubmit(button);
  button.remove();
  return true;
}
const touched = new WeakSet<HTMLFormElement>();

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('[data-sections] a, .sheet-open a');
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (link && plain && leave(link)) event.preventDefault();
});

// An open point leads into its field, not just near it.
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('.sheet-open a');
  const place = link?.getAttribute('href')?.startsWith('#') && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  const control = place && (place.matches(FIELDS) ? place : one(FIELDS, place));
  if (!control) return;
  event.preventDefault();
  control.focus();
});

document.addEventListener('input', (event) => {
  const form = (event.target as Element).closest('form');
  if (form) touched.add(form);
  if (event.target instanceof HTMLInputElement) spreadDate(event.target);
});

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (event.isComposing || one('dialog[open]')) return;
  const typing = target instanceof HTMLElement && target.matches('input:not([type=radio], [type=checkbox]), textarea, select');
  let done = true;
  if (event.ctrlKey && key === 'Enter') save();
  else if (event.ctrlKey && key.toLowerCase() === 'k') openPalette();
  else if (event.altKey && /^Digit[0-9]$/.test(event.code))
    all<HTMLAnchorElement>('[data-sections] a')
      .at(Number(event.code.at(-1)) - 1)
      ?.click();
  else if (key === '?' && !typing) openKeys();
  else if (key === 'Enter' && target instanceof HTMLInputElement && target.form?.matches('[data-sheet]')) goOn(target.form, target);
  else done = false;
  if (done) event.preventDefault();
});

coverAtRest();
