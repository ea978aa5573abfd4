/**
 * The sheet that lives in the browser: what it makes of a form is what the server makes of the same form once it is saved, over all services and
 * journeys, with what is right and with what is wrong; and in a real browser it is the same function.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { addEntry, applySheet, emptyAnswers, entryKeys, joinPath, readRaw, sheetSteps, sheetWalk, walk } from '../../src/flow/index.ts';
import type { Answers, Raw, SheetForm } from '../../src/flow/index.ts';
import { createTexts } from '../../src/i18n/index.ts';
import de from '../../src/i18n/texts/de.json' with { type: 'json' };
import { openSheet, type FlowSource, type SectionSource } from '../../src/live/index.ts';
import { walkOptions, type Draft } from '../../src/server/applications/index.ts';
import { mistypedAfter } from '../../src/server/web/sheet-save.ts';
import { sheetSource } from '../../src/server/web/sheet-source.ts';
import { sheetContext, sheetFrame } from '../../src/server/web/sheet-views.ts';
import { sheetOpen, sheetPages } from '../../src/views/index.ts';
import type { SheetView } from '../../src/ui/counter/types.ts';
import { openBrowser, Person } from '../e2e/person.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { journeysOf, services, typed, type Journey } from '../journeys.ts';
import { PlainBrowser } from '../portal.ts';
import { LIVE } from './sheets.ts';
import { logIn } from './staff.ts';

const words = createTexts({ de }).translator('de');
const reader = { lang: 'de', t: words };

function draftOf({ pkg, document }: Journey, answers: Answers, mistyped: Draft['mistyped'] = {}): Draft {
  const params = { ...Object.fromEntries(Object.entries(pkg.service.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])) };
  const base = { pkg, today: document.today, offering: { params: { ...params, ...document.params } } } as unknown as Draft;
  const walked = walk(pkg.flow, answers, walkOptions(base));
  return { ...base, id: '00000000-0000-4000-8000-000000000000', revision: 1, answers, walk: walked, mistyped, provenance: {} };
}

/** Everything that a page shows, without what was typed: that is shown as it was saved, or as it is being typed. */
function shown(pages: SheetView['pages'], open: object): unknown {
  const plain = pages.map((page) => ({ ...page, fields: page.fields.map(({ raw: _raw, ...field }) => field) }));
  return JSON.parse(JSON.stringify({ plain, open }));
}

interface Case {
  readonly name: string;
  readonly wire: readonly [FlowSource, SectionSource];
  readonly form: { readonly controls: [string, string[]][]; readonly pages: string[]; readonly confirmed: string[] };
}

/** Goes through a journey's sections as a clerk does; a case for every sheet, the first time with rubbish in every `nth` text. */
function* sheetsOf(journey: Journey, nth: number): Generator<Case & { draft: Draft; section: string }> {
  const { flow } = journey.pkg;
  let answers = emptyAnswers();
  for (const { id: section } of flow.sections) {
    let draft = draftOf(journey, answers);
    const options = walkOptions(draft);
    for (const { page, prefix } of sheetSteps(sheetWalk(flow, answers, options), section)) {
      if (!page.collection) continue;
      const list = joinPath(prefix, page.collection.path.split('.').at(-1));
      while (entryKeys(answers, list).length < entryKeys(journey.answers, list).length) ({ answers } = addEntry(answers, list));
    }
    draft = draftOf(journey, answers);
    const steps = sheetSteps(sheetWalk(flow, answers, options), section);
    const wanted = journey.walk.steps.filter((step) => step.section === section);
    const controls = new Map<string, string[]>();
    let count = 0;
    for (const [name, text] of wanted.flatMap((step) => typed(step, journey.answers))) {
      const rubbish = nth > 0 && ++count % nth === 0;
      controls.set(name, [...(controls.get(name) ?? []), rubbish ? '§ü§' : text]);
    }
    const form: SheetForm = {
      controls,
      pages: new Set(steps.map(({ path }) => path)),
      confirmed: new Set(wanted.flatMap((step) => step.warnings.map(({ confirmPath }) => confirmPath))),
    };
    const context = sheetContext(reader, draft, section);
    const view = { ...sheetFrame(context, false), pages: [], title: section, reasons: { name: '', label: '', options: [] } };
    const wire = JSON.parse(sheetSource(context, view)) as [FlowSource, SectionSource];
    yield {
      name: `${journey.service}/${journey.name}/${section}`,
      wire,
      form: { controls: [...controls], pages: [...form.pages], confirmed: [...form.confirmed] },
      draft,
      section,
    };
    const right = new Map<string, string[]>();
    for (const [name, text] of wanted.flatMap((step) => typed(step, journey.answers))) right.set(name, [...(right.get(name) ?? []), text]);
    const pages = new Set(wanted.map(({ path }) => path));
    ({ answers } = applySheet(flow, answers, section, { controls: right, pages, confirmed: form.confirmed }, options));
  }
}

const engineOf = ([flow, section]: Case['wire']) => openSheet(flow, section, fieldTypes, de);
const formOf = ({ form }: Case): SheetForm => ({
  controls: new Map(form.controls),
  pages: new Set(form.pages),
  confirmed: new Set(form.confirmed),
});

const journeys = services().flatMap((service) => journeysOf(service));

describe.each(journeys.map((journey) => [journey.service, journey.name, journey] as const))('%s: %s', (_service, _name, journey) => {
  it.each([0, 2, 3])('shows what the server shows after saving, every %i. text wrong', (nth) => {
    for (const one of sheetsOf(journey, nth)) {
      const { draft, section } = one;
      const engine = engineOf(one.wire);
      const before = sheetContext(reader, draft, section);
      expect([one.name, shown(engine.saved().pages, engine.saved().open)]).toEqual([
        one.name,
        shown(sheetPages(before), sheetOpen(before)),
      ]);
      const live = engine.typed(formOf(one));
      // saved as the sheet stands there now
      const result = applySheet(draft.pkg.flow, draft.answers, section, live.form, walkOptions(draft));
      const steps = sheetSteps(result.walk, section);
      const mistyped = mistypedAfter(draft, steps, live.form, result.problems);
      const saved = sheetContext(reader, draftOf(journey, result.answers, mistyped), section);
      expect([one.name, shown(live.pages, live.open)]).toEqual([one.name, shown(sheetPages(saved), sheetOpen(saved))]);
      // and what is in the controls is what was typed
      const raw = Object.assign({}, ...steps.map((step) => readRaw(step, live.form.controls))) as Raw;
      for (const field of live.pages.flatMap(({ fields }) => fields))
        if (raw[field.name] && field.type !== 'file') expect([field.name, { ...field.raw }]).toEqual([field.name, { ...raw[field.name] }]);
    }
  });
});

describe('in a browser', () => {
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    [stage, browser] = await Promise.all([openStage({ identity: 'demo' }), openBrowser()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  async function begin(service: string, script = true): Promise<{ person: Person; sheet: string; plain: PlainBrowser }> {
    const plain = new PlainBrowser(stage.portal.port);
    await logIn(stage, plain, 'amsel');
    const fields = {
      channel: 'counter',
      person: 'self',
      method: 'idCard',
      verified: 'yes',
      mandate: 'yes',
      purpose: 'fill',
      do: 'start',
      service,
    };
    const { location } = await plain.send('/de/counter', Object.entries(fields));
    const person = await Person.at(browser, { script, width: 1440 });
    await person.bringCookies(stage.portal.url, plain.cookies);
    return { person, plain, sheet: stage.portal.url + location!.split('/').slice(0, -1).join('/') };
  }

  const live = ({ page }: Person) => page.waitForSelector(LIVE, { state: 'attached' });

  it('is the same function: over all journeys the same view as here', { timeout: 120_000 }, async () => {
    const { person, sheet } = await begin('dog-tax');
    await person.visit(`${sheet}/eligibility`);
    await live(person);
    let sheets = 0;
    for (const journey of journeys) {
      const cases = [0, 2].flatMap((nth) => [...sheetsOf(journey, nth)]);
      const here = cases.map((one) => {
        const { pages, open } = engineOf(one.wire).typed(formOf(one));
        return JSON.stringify({ pages, open });
      });
      const plain = cases.map(({ wire, form }) => ({ wire, form }));
      // as text: the import is the browser's own
      const there = await person.page.evaluate<string[]>(`(async (all) => {
        const { openHere } = await import('/live/start.js');
        const views = [];
        for (const { wire, form } of all) {
          const engine = await openHere(...wire);
          const { controls, pages, confirmed } = form;
          const typed = engine.typed({ controls: new Map(controls), pages: new Set(pages), confirmed: new Set(confirmed) });
          views.push(JSON.stringify({ pages: typed.pages, open: typed.open }));
        }
        return views;
      })(${JSON.stringify(plain)})`);
      expect(there).toEqual(here);
      sheets += there.length;
    }
    console.log(`live sheet: ${sheets} sheets of ${journeys.length} journeys, the same in the browser and on the server`);
    expect(person.complaints).toEqual([]);
    await person.leave();
  });

  it('pages come and go, values and open points follow, without a request; typed text and focus stay', async () => {
    const { person, sheet } = await begin('dog-tax');
    const { page } = person;
    await person.visit(`${sheet}/eligibility`);
    await live(person);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const pages = () => page.$$eval('[name="_page"]', (inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    const points = () =>
      page.$$eval('.sheet-open [aria-current], .sheet-open details:first-of-type li', (items) =>
        items.map((one) => one.textContent.trim()),
      );
    expect(await pages()).toEqual(['resident', 'occasion', 'purpose', 'alreadyRegistered']);
    await page.check('[name="livesHere"][value="yes"]');
    await page.check('[name="registered"][value="elsewhere"]');
    await page.waitForSelector('#p-registeredElsewhere');
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('registered');
    await page.check('[name="registered"][value="no"]');
    await page.waitForSelector('#p-registeredElsewhere', { state: 'detached' });
    await page.check('[name="livesHere"][value="no"]');
    await page.waitForSelector('#p-occasion', { state: 'detached' });
    expect((await points()).join()).toContain('Hier geht es nicht weiter');
    await page.check('[name="livesHere"][value="yes"]');
    // what was chosen before is chosen still
    expect(await page.isChecked('[name="registered"][value="no"]')).toBe(true);
    await page.waitForFunction(() =>
      (document.querySelector('[data-live] [role=status]:last-child')?.textContent ?? '').includes('Offene Punkte'),
    );
    expect(requests).toEqual([]);
    expect(person.complaints).toEqual([]);
    await person.leave();
  });

  it('an error stands at a field only after it was left, and in the open points at once', async () => {
    const { person, sheet } = await begin('dog-tax');
    const { page } = person;
    await person.visit(`${sheet}/person`);
    await live(person);
    const error = page.locator('.sheet-pages .kern-error');
    const point = page.locator('.sheet-open li', { hasText: '@' });
    await page.focus('[name="applicant.email"]');
    await page.keyboard.type('zaunkoenig');
    await expect.poll(() => page.locator('.sheet-open li', { hasText: 'E-Mail' }).count()).toBe(1);
    expect([await error.count(), await point.count()].every((n) => n >= 0)).toBe(true);
    expect(await error.count()).toBe(0);
    await page.keyboard.press('Tab');
    await expect.poll(() => error.count()).toBe(1);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('End');
    await page.keyboard.type('@example.org');
    await expect.poll(() => error.count()).toBe(0);
    // a whole date in one go counts at once
    await page.focus('[name="applicant.birthDate.day"]');
    await page.keyboard.type('31021990');
    await page.keyboard.press('Tab');
    await expect.poll(() => error.count()).toBe(1);
    expect(await page.inputValue('[name="applicant.birthDate.month"]')).toBe('02');
    expect(person.complaints).toEqual([]);
    await person.leave();
  });

  it('what is typed while the script is still on its way stays, and so does the focus', async () => {
    const { person, sheet } = await begin('dog-tax');
    const { page } = person;
    let go = () => {};
    const wait = new Promise<void>((resolve) => (go = resolve));
    await page.route('**/live/text-*.js', async (route) => {
      await wait;
      await route.continue();
    });
    await page.goto(`${sheet}/person`, { waitUntil: 'commit' });
    await page.focus('[name="applicant.familyName"]');
    await page.keyboard.type('Haubenmeise');
    go();
    await live(person);
    expect(await page.inputValue('[name="applicant.familyName"]')).toBe('Haubenmeise');
    await page.keyboard.type('r');
    expect(await page.inputValue('[name="applicant.familyName"]')).toBe('Haubenmeiser');
    await person.leave();
  });

  it('goes on without it when a part does not come', async () => {
    const { person, sheet } = await begin('dog-tax');
    const { page } = person;
    await page.route('**/live/*-*.js', (route) => route.abort());
    await person.visit(`${sheet}/person`);
    await page.fill('[name="applicant.familyName"]', 'Haubenmeise');
    await Promise.all([page.waitForEvent('framenavigated'), page.press('[name="applicant.familyName"]', 'Control+Enter')]);
    await page.waitForLoadState();
    expect(await page.inputValue('[name="applicant.familyName"]')).toBe('Haubenmeise');
    expect(person.complaints.filter((one) => !one.includes('ERR_FAILED') && !one.includes('/live/'))).toEqual([]);
    await person.leave();
  });

  it.each([true, false])('what was typed wrong waits to be corrected, wherever the clerk goes (scripts: %s)', async (script) => {
    const { person, sheet, plain } = await begin('dog-tax', script);
    const { page } = person;
    const go = async (what: () => Promise<unknown>) => {
      await Promise.all([page.waitForEvent('framenavigated'), what()]);
      await page.waitForLoadState();
    };
    await person.visit(`${sheet}/person`);
    if (script) await live(person);
    await page.fill('[name="applicant.familyName"]', 'Haubenmeise');
    await page.fill('[name="applicant.birthDate.day"]', '31');
    await page.fill('[name="applicant.birthDate.month"]', '2');
    await page.fill('[name="applicant.birthDate.year"]', '1990');
    if (script) await go(() => page.click('[data-sections] a[href$="/household"]'));
    else {
      await go(() => page.click('[data-keep]'));
      await go(() => page.click('[data-sections] a[href$="/household"]'));
    }
    expect(person.path).toMatch(/\/household$/);
    const point = page.locator('.sheet-open li', { hasText: 'Tag' }).or(page.locator('.sheet-open li', { hasText: 'Datum' }));
    expect(await point.count()).toBeGreaterThan(0);
    await go(() => page.click('[data-sections] a[href$="/person"]'));
    expect(await page.inputValue('[name="applicant.birthDate.day"]')).toBe('31');
    expect(await page.inputValue('[name="applicant.familyName"]')).toBe('Haubenmeise');
    expect(await page.locator('.sheet-pages .kern-error').count()).toBeGreaterThan(0);
    await page.fill('[name="applicant.birthDate.day"]', '28');
    await go(() => page.click('[data-keep]'));
    expect(await page.locator('.sheet-pages .kern-error').count()).toBe(0);
    expect((await plain.send(new URL(page.url()).pathname)).body).not.toContain('value="31"');
    expect(person.complaints).toEqual([]);
    await person.leave();
  });

  it('leaves nothing in the browser: no storage, no answers in addresses, and the next person ends it', async () => {
    const { person, sheet } = await begin('dog-tax');
    const { page } = person;
    await person.visit(`${sheet}/person`);
    await live(person);
    await page.fill('[name="applicant.familyName"]', 'Haubenmeise');
    await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Control+Enter')]);
    await live(person);
    const stored = () =>
      page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie.length]);
    expect(await stored()).toEqual([0, 0, 0, 0]);
    expect(page.url()).not.toContain('Hauben');
    await Promise.all([page.waitForEvent('framenavigated'), page.click('.counter-bar__actions form:first-child button')]);
    await page.waitForLoadState();
    await page.goBack();
    expect(await page.content()).not.toContain('Haubenmeise');
    expect(await stored()).toEqual([0, 0, 0, 0]);
    await person.leave();
  });
});
