/**
 * Renders the control of every type on the server, as the portal does: with and without errors, hint, heading, and every kind of value.
 * Needs the Svelte plugin of Vite.
 */
import type { Component } from 'svelte';
import { render } from 'svelte/server';
import { describe, expect, it } from 'vitest';
import { fieldTexts, fieldTypes, sharedTexts } from './all.vite.ts';
import { fieldTexts as nodeTexts, fieldTypes as nodeTypes, sharedTexts as nodeShared } from './all.node.ts';
import { errorText, requiredError } from './index.ts';
import type { FieldConfig, FieldView } from './types.ts';
import { views } from './views.ts';

const CONTEXT = { today: '2026-06-15' };
const OPTIONS = [
  { value: 'a', label: 'Erste' },
  { value: 'b', label: 'Zweite', hint: 'Hinweis zur zweiten' },
];
const SETTINGS: Record<string, object> = {
  address: { foreign: true },
  file: { later: true },
  textarea: { maxLength: 200 },
  number: { unit: 'm²' },
  computed: { as: 'money', value: '1.0' },
};
const EVIL = `"><script>alert(1)</script>`;

function translator(type: string, lang: string) {
  return (key: string, params: Record<string, unknown> = {}): string => {
    for (const texts of [fieldTexts[lang]?.[type], sharedTexts[lang]]) {
      const text = key.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], texts);
      if (typeof text === 'string') return text.replace(/{{(\w+)}}/g, (_, name: string) => String(params[name]));
    }
    throw new Error(`no text ${type} ${key} in ${lang}`);
  };
}

function view(name: string, changes: Partial<FieldView> = {}): FieldView {
  const config: FieldConfig = { id: 'x', type: name, options: ['a', 'b'], ...SETTINGS[name] };
  const lang = changes.lang ?? 'de';
  return {
    name: 'group.x',
    id: 'field-x',
    type: name,
    label: 'Beschriftung',
    heading: false,
    optional: false,
    raw: {},
    errors: [],
    options: OPTIONS,
    config,
    lang,
    t: translator(name, lang),
    ...changes,
  };
}

const html = (name: string, changes?: Partial<FieldView>): string => {
  const component = views[name] as Component<{ field: FieldView }>;
  return render(component, { props: { field: view(name, changes) } }).body.replace(/<!--.*?-->/gs, '');
};

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
const names = [...fieldTypes.values()].filter(({ silent }) => !silent).map(({ name }) => name);

/** What the browser refers to must be there, once. */
function expectSound(text: string): void {
  const ids = all(text, /\sid="([^"]*)"/g);
  expect(new Set(ids).size, `ids twice: ${ids.join(' ')}`).toBe(ids.length);
  for (const reference of [
    ...all(text, /\sfor="([^"]*)"/g),
    ...all(text, /aria-(?:describedby|labelledby)="([^"]*)"/g).flatMap((list) => list.split(' ')),
  ]) {
    expect(ids).toContain(reference);
  }
  expect(text).not.toMatch(/\sstyle=|\sonclick|\srequired|\spattern=|\smin=|\smax=|\smaxlength=|undefined|\[object|NaN/);
  const controls = text.match(/<(input|select|textarea)\b[^>]*>/g) ?? [];
  for (const control of controls) {
    const id = /\sid="([^"]*)"/.exec(control)?.[1];
    expect(text, `label for ${control}`).toContain(`for="${id}"`);
    expect(control).toMatch(/\sname="group\.x(\.[a-zA-Z]+)?"/);
  }
}

describe('views', () => {
  it('exist for every type that is asked, and for notes', () => {
    expect(Object.keys(views).sort()).toEqual([...names, 'note'].sort());
  });

  it('come from the same folders for Vite and for bare Node', () => {
    expect([...fieldTypes.keys()]).toEqual([...nodeTypes.keys()]);
    expect(JSON.parse(JSON.stringify(fieldTexts))).toEqual(JSON.parse(JSON.stringify(nodeTexts)));
    expect(sharedTexts).toEqual(nodeShared);
  });

  it('write a note as text', () => {
    const text = html('note', { label: EVIL, hint: 'Erster Absatz\n\n- eins\n- zwei' });
    expect(text).toContain('<li>zwei</li>');
    expect(text).not.toContain('<script>');
    expectSound(text);
  });
});

describe.each(names)('view of %s', (name) => {
  const type = fieldTypes.get(name);
  const config = view(name).config;
  const samples = type?.samples(config, CONTEXT) ?? [];

  it.each(['de', 'en'])('is sound when empty, in %s', (lang) => {
    const text = html(name, { lang, hint: 'Ein Hinweis', optional: true });
    expectSound(text);
    expect(text).toContain('id="field-x"');
    expect(text).toContain('id="field-x-hint"');
    expect(text).toContain(lang === 'de' ? '(freiwillig)' : '(optional)');
    expect(text).not.toContain('aria-invalid');
    expect(text).not.toContain('--error');
  });

  it('shows every sample again', () => {
    for (const sample of samples) {
      const raw = type?.toRaw(sample, config) ?? {};
      const text = html(name, { raw });
      expectSound(text);
      for (const typed of Object.entries(raw)
        .filter(([part]) => part !== 'files')
        .flatMap(([, values]) => values)) {
        // Chosen values are marked, typed ones stand in their control.
        const escaped = typed.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
        const options = text.match(/<option[^>]*\sselected[^>]*>|<input[^>]*\schecked[^>]*>/g) ?? [];
        const shown =
          text.includes(`value="${escaped}"`) &&
          !/type="(radio|checkbox)"/.test(
            text.match(new RegExp(`<[^>]*value="${escaped.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"[^>]*>`))?.[0] ?? '',
          );
        expect(
          shown || text.includes(`>${escaped}</textarea>`) || options.some((option) => option.includes(`value="${escaped}"`)),
          `${name}: ${typed}`,
        ).toBe(true);
      }
    }
  });

  it('ties the errors to the control and keeps what was typed, harmlessly', () => {
    const error = { text: errorText(requiredError(), 'Beschriftung', 'de', translator(name, 'de')) };
    const raw = Object.fromEntries(['', 'day', 'month', 'year', 'street', 'lines', 'later'].map((part) => [part, [EVIL]]));
    const text = html(name, { raw, errors: [error], hint: 'Ein Hinweis' });
    expectSound(text);
    expect(text).toContain('id="field-x-error"');
    expect(text).toContain(error.text);
    expect(text).toMatch(/aria-describedby="[^"]*field-x-error/);
    expect(text).toContain('--error');
    expect(text).not.toContain('<script>');
    if (!['radios', 'yesno'].includes(name)) expect(text).toContain('aria-invalid="true"');
  });

  it('is the heading of its page where it is the only question', () => {
    if (name === 'consent') return;
    const text = html(name, { heading: true });
    expect(text).toMatch(/<h1[^>]*>\s*(<label[^>]*>)?\s*Beschriftung/);
    expectSound(text);
  });
});

describe('parts', () => {
  it('show the errors of an address where they belong', () => {
    const text = html('address', { errors: [{ text: 'Geben Sie die Straße ein', part: 'street' }] });
    expect(text).toMatch(
      /id="field-x-street"[^>]*aria-describedby="field-x-street-error"|aria-describedby="field-x-street-error"[^>]*id="field-x-street"/,
    );
    expect(text).not.toContain('id="field-x-error"');
    expect(all(text, /aria-invalid="(true)"/g)).toHaveLength(1);
    expectSound(text);
  });

  it('mark only the input of a date that is at fault, and answer to its name', () => {
    const text = html('date', { errors: [{ text: 'Geben Sie auch den Tag ein', part: 'day' }], autocomplete: 'bday' });
    expect(all(text, /aria-invalid="(true)"/g)).toHaveLength(1);
    expect(text).toContain('id="field-x-day"');
    expect(text).toContain('autocomplete="bday-day"');
    expectSound(text);
  });

  it('list uploaded files with a button to remove each', () => {
    const file = JSON.stringify({ id: 'f1', name: `${EVIL}.pdf`, size: 1_234_567, mime: 'application/pdf' });
    const text = html('file', { raw: { files: [file] } });
    expect(text).toMatch(/<button[^>]*name="_remove"[^>]*value="f1"/);
    expect(text).toContain('1,2 MB');
    expect(text).not.toContain('<script>');
    expectSound(text);
  });

  it('offer a better spelling of an e-mail address', () => {
    expect(html('email', { raw: { '': ['kim@gmial.com'] } })).toContain('Meinten Sie kim@gmail.com?');
  });
});

describe('errorText', () => {
  const t = (key: string, params?: Record<string, unknown>) => `${key} ${JSON.stringify(params)}`;

  it('writes dates and numbers as the reader does', () => {
    expect(errorText({ code: 'tooLate', params: { max: '2026-11-23' } }, 'Datum', 'de', t)).toBe(
      'errors.tooLate {"label":"Datum","max":"23.11.2026"}',
    );
    expect(errorText({ code: 'tooLarge', params: { max: 1234.5 } }, 'Zahl', 'de', t)).toBe(
      'errors.tooLarge {"label":"Zahl","max":"1.234,5"}',
    );
  });

  it('says what is required, for a part too', () => {
    expect(requiredError()).toEqual({ code: 'required' });
    expect(requiredError('day')).toEqual({ code: 'required', part: 'day' });
  });
});
