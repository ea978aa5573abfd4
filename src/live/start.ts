/**
 * The script of the sheet's pages, served from `/live/`: takes over what the server has rendered, with the same components and the same data. If anything
 * fails on the way (an old browser, a part that does not arrive), the page goes on as it is: every button of it works by itself.
 */
import { flushSync, mount } from 'svelte';
import { fetchTypes } from '#fields/fetch.vite.ts';
import type { PageDocument } from '#flow';
import { all, one } from '#ui/enhance/dom.ts';
import { openSheet, type FlowSource, type SectionSource, type SheetEngine } from './engine.ts';
import { isTouched, readSheet } from './form.ts';
import LiveSheet from './LiveSheet.svelte';

/** The portal's texts, by language. */
const words = import.meta.glob<object>('../i18n/texts/*.json', { import: 'default' });

const typesOf = (pages: readonly PageDocument[]): string[] =>
  pages.flatMap(({ fields = [], pages: inner = [] }) => [...fields.map(({ type }) => type), ...typesOf(inner)]);

/** Compiles what the page brought along. */
export async function openHere(flow: FlowSource, section: SectionSource): Promise<SheetEngine> {
  const types = fetchTypes(flow.document.sections.flatMap(({ pages }) => typesOf(pages)));
  return openSheet(flow, section, await types, await words[`../i18n/texts/${flow.lang}.json`]!());
}

/**
 * Watches from now on whether a button of the mouse or a key is down.
 * @returns waits until nothing is: a control that is replaced between press and release swallows the click
 */
function watchPresses(): () => Promise<void> {
  let pressed = false;
  let told = () => {};
  const release = () => {
    pressed = false;
    // the click comes right behind the release
    setTimeout(told);
  };
  for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => (pressed = true), true);
  for (const kind of ['pointerup', 'pointercancel', 'keyup']) addEventListener(kind, release, true);
  // of the window alone, as when a key is let go elsewhere: fields lose the focus all the time
  addEventListener('blur', release);
  return async () => {
    while (pressed) await new Promise<void>((resolve) => (told = resolve));
  };
}

/** What a person opened, chose or typed outside the questions; the same control has the same id in both trees. */
function carryOver(from: Element, to: Element): void {
  for (const { id, open } of all<HTMLDetailsElement>('details[id]', from)) {
    const same = one<HTMLDetailsElement>(`#${CSS.escape(id)}`, to);
    if (same) same.open = open;
  }
  for (const control of all<HTMLInputElement>('input[id], select[id], textarea[id]', from)) {
    if (control.closest('.sheet-pages')) continue;
    const { id, value, checked } = control;
    // what was typed may have made some of them go
    const same = one<HTMLInputElement>(`#${CSS.escape(id)}`, to);
    if (same) Object.assign(same, { value, checked });
  }
}

/** Puts the living sheet in the place of the rendered one; the focus and what was typed meanwhile stay. */
function takeOver(place: HTMLElement, engine: SheetEngine): void {
  const target = document.createElement('div');
  const form = one<HTMLFormElement>('form[data-sheet]', place);
  const typed = form && isTouched(form) ? readSheet(form) : undefined;
  mount(LiveSheet, { target, props: { engine, form: typed } });
  flushSync();
  const active = document.activeElement;
  const selection =
    active instanceof HTMLInputElement && active.type === 'text' ? ([active.selectionStart, active.selectionEnd] as const) : [];
  const id = active && place.contains(active) ? active.id : '';
  carryOver(place, target);
  place.replaceChildren(target);
  // what was typed before counts as typed
  if (typed) one('form[data-sheet]', place)?.dispatchEvent(new Event('input', { bubbles: true }));
  const again = id === '' ? null : document.getElementById(id);
  again?.focus({ preventScroll: true });
  if (again instanceof HTMLInputElement && selection.length > 0) again.setSelectionRange(...(selection as [number, number]));
}

const place = typeof document === 'undefined' ? null : one('[data-live]');
const source = place && one<HTMLTemplateElement>('template', place.parentElement!);
if (place && source) {
  const [flow, section] = JSON.parse(source.content.textContent) as [FlowSource, SectionSource];
  const released = watchPresses();
  openHere(flow, section).then(
    async (engine) => {
      await released();
      takeOver(place, engine);
    },
    () => undefined,
  );
}
