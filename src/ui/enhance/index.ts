/**
 * The one script of citizens' pages, served as `/enhance.js`. Every page works without it; it adds focus, protection against double
 * submits, upload progress, the time-limit warning, searchable lists, the search that filters while typing, counters, copy and print.
 * Listeners sit on the document, because a failed upload replaces the body (upload.ts).
 */
import { makeCombobox } from './combobox.ts';
import { filterServices } from './filter.ts';
import { watchSession } from './session.ts';
import { countCharacters } from './counter.ts';
import { all, one } from './dom.ts';
import { sendFiles } from './upload.ts';

/** Prepares what stands in the body; called again for a body that was replaced. */
function enhance(): void {
  (one('[data-error-summary]') ?? one('.note[data-first]'))?.focus();
  all<HTMLSelectElement>('select[data-combobox]').forEach(makeCombobox);
  all<HTMLTextAreaElement>('textarea[data-limit]').forEach(countCharacters);
  all<HTMLFormElement>('form[data-filter]').forEach(filterServices);
  all('[data-copy], [data-print]').forEach((button) => (button.hidden = false));
}

/** Marks a form as on its way. Its buttons are not disabled: that would take the focus away, and keep the pressed one from being sent. */
function setBusy(form: HTMLFormElement, busy: boolean): void {
  form.ariaBusy = busy ? 'true' : null;
  for (const button of all('button', form)) button.ariaDisabled = busy ? 'true' : null;
}

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method === 'get') return;
  if (form.ariaBusy === 'true') {
    event.preventDefault();
    return;
  }
  const sending = sendFiles(event, form, () => setBusy(form, false), enhance);
  if (sending) event.preventDefault();
  setBusy(form, true);
});

// Back from the next page: the browser may show this one as it was left, with its buttons off.
addEventListener('pageshow', (event) => {
  if (event.persisted) all<HTMLFormElement>('form[aria-busy]').forEach((form) => setBusy(form, false));
});

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>('[data-error-summary] a');
  if (link?.hash) {
    // The target may be a group: focus its first control.
    const place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const control = place?.matches('input, select, textarea, button')
      ? place
      : place && one('input:not([type=hidden]), select, textarea, button', place);
    if (control) {
      event.preventDefault();
      (control.closest('.kern-form-input, .kern-fieldset, .kern-form-check') ?? control).scrollIntoView();
      control.focus({ preventScroll: true });
    }
  }
  if (target.closest('[data-print]')) print();
  const copy = target.closest<HTMLElement>('[data-copy]');
  if (copy) {
    void navigator.clipboard?.writeText(one(copy.dataset.copy!)?.textContent.trim() ?? '').then(() => {
      (one('.kern-label', copy) ?? copy).textContent = copy.dataset.copied!;
    });
  }
});

enhance();
all<HTMLDialogElement>('dialog[data-session-ends]').forEach(watchSession);
