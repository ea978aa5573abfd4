/** A person at a real browser who uses nothing but the keyboard, and who complains about everything that a page does wrong. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page, Response } from 'playwright';
import { findBrowser, startBrowser } from '../../src/cli/browser.ts';
import { focusInPage, layoutFaultsInPage, type Focus } from './in-page.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** More stops than any page has: a control that is not met by then cannot be reached with Tab. */
const STOPS = 250;

export interface Senses {
  readonly script: boolean;
  /** Width of the window in CSS pixels. */
  readonly width: number;
  /** Device pixels a CSS pixel: 2 with half the width is a zoom of 200 %. */
  readonly zoom?: number;
  readonly forcedColors?: boolean;
  /** What this person reads; German by default. */
  readonly lang?: string;
}

export interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export async function openBrowser(): Promise<Browser> {
  const path = await findBrowser();
  if (!path) throw new Error('there is no browser on this machine: `npm test` installs one, or set SCHALTER_CHROMIUM');
  return startBrowser(path);
}

export class Person {
  readonly page: Page;
  readonly senses: Senses;
  /** Everything the browser complained about: console, scripts, content security policy, requests. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  #copy: Page | undefined;

  private constructor(context: BrowserContext, page: Page, senses: Senses) {
    this.#context = context;
    this.page = page;
    this.senses = senses;
    page.on('pageerror', (error) => this.complaints.push(`script: ${error.message}`));
    page.on('console', (message) => {
      // What a page answers with an error status is judged below; the browser repeats it on the console.
      if (!['error', 'warning'].includes(message.type()) || message.text().startsWith('Failed to load resource: the server')) return;
      this.complaints.push(`console: ${message.text()} at ${page.url()}`);
    });
    page.on('requestfailed', (request) => {
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') this.complaints.push(`failed: ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400 && !['document', 'xhr'].includes(response.request().resourceType()))
        this.complaints.push(`${response.status()}: ${response.url()}`);
    });
  }

  static async at(browser: Browser, senses: Senses): Promise<Person> {
    const context = await browser.newContext({
      javaScriptEnabled: senses.script,
      viewport: { width: senses.width, height: 800 },
      deviceScaleFactor: senses.zoom ?? 1,
      forcedColors: senses.forcedColors ? 'active' : 'none',
      locale: senses.lang ?? 'de-DE',
    });
    context.setDefaultTimeout(15_000);
    return new Person(context, await context.newPage(), senses);
  }

  async leave(): Promise<void> {
    await this.#copy?.context().close();
    await this.#context.close();
  }

  /** Path of the page, without its query. */
  get path(): string {
    return new URL(this.page.url()).pathname;
  }

  async visit(url: string): Promise<Response> {
    return (await this.page.goto(url))!;
  }

  /** Takes over a session that was begun elsewhere. The browser counts plain HTTP on `localhost` as secure, but takes such cookies for HTTPS only. */
  async bringCookies(url: string, cookies: ReadonlyMap<string, string>): Promise<void> {
    const secure = url.replace('http:', 'https:');
    await this.#context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: secure, secure: true, httpOnly: true })));
  }

  /** One Tab further; where the focus is then. A focus that cannot be seen is a complaint. */
  async tab(): Promise<Focus> {
    await this.page.keyboard.press('Tab');
    const focus = await this.page.evaluate(focusInPage);
    if (!focus.ring) this.complaints.push(`no visible focus: ${focus.tag} ${focus.name || focus.text} at ${this.path}`);
    if (focus.hidden) this.complaints.push(`focus out of sight: ${focus.tag} ${focus.name || focus.text} at ${this.path}`);
    return focus;
  }

  /** Tab until the focus is where `wanted` says. */
  async reach(what: string, wanted: (focus: Focus) => boolean): Promise<Focus> {
    for (let stops = 0; stops < STOPS; stops++) {
      const focus = await this.tab();
      if (wanted(focus)) return focus;
    }
    throw new Error(`${what} cannot be reached with Tab at ${this.path}`);
  }

  /** Follows a link or presses a button, by its words or its address, and waits for the page that comes. */
  async press(words: string): Promise<void> {
    await this.reach(words, (focus) => ['a', 'button'].includes(focus.tag) && (focus.text === words || focus.href === words));
    await this.#go('Enter');
  }

  async #go(key: string): Promise<void> {
    await Promise.all([this.page.waitForEvent('framenavigated'), this.page.keyboard.press(key)]);
    await this.page.waitForLoadState();
  }

  /**
   * Skips to the content, goes through the page once, fills in what it meets in the order of Tab, and presses the main button.
   * @param pairs names of controls and what to enter; several pairs of one name are boxes to tick
   * @returns names that the page does not have
   */
  async answer(
    pairs: readonly (readonly [string, string])[],
    uploads: ReadonlyMap<string, readonly Upload[]> = new Map(),
  ): Promise<Set<string>> {
    const open = new Map<string, string[]>();
    for (const [name, text] of pairs) open.set(name, [...(open.get(name) ?? []), text]);
    const files = new Map(uploads);
    const there = await this.page.evaluate(() => [...document.querySelectorAll<HTMLInputElement>('main [name]')].map(({ name }) => name));
    const missing = new Set([...open.keys(), ...files.keys()].filter((name) => !there.includes(name)));
    for (let stops = 0; stops < STOPS; stops++) {
      const focus = await this.tab();
      if (focus.href === '#content') await this.page.keyboard.press('Enter');
      if (focus.main) {
        const passed = [...open.keys(), ...files.keys()].filter((name) => !missing.has(name));
        if (passed.length > 0) throw new Error(`not reached with Tab before the button at ${this.path}: ${passed.join(', ')}`);
        await this.#go('Enter');
        return missing;
      }
      const upload = files.get(focus.name);
      if (upload && focus.type === 'file') {
        await this.page.locator(':focus').setInputFiles([...upload]);
        files.delete(focus.name);
      }
      const texts = open.get(focus.name);
      if (!texts || focus.tag === 'button') continue;
      const rest = focus.type === 'checkbox' ? texts.filter((text) => text !== focus.value) : [];
      await this.#enter(focus, texts);
      if (rest.length > 0) open.set(focus.name, rest);
      else open.delete(focus.name);
    }
    throw new Error(`the main button cannot be reached with Tab at ${this.path}`);
  }

  async #enter(focus: Focus, texts: readonly string[]): Promise<void> {
    const { keyboard } = this.page;
    const text = texts[0]!;
    if (focus.type === 'checkbox') {
      if (texts.includes(focus.value) !== focus.checked) await keyboard.press('Space');
    } else if (focus.type === 'radio') {
      if (focus.value === text && !focus.checked) await keyboard.press('Space');
      for (let at = focus.value, presses = 0; at !== text; presses++) {
        if (presses > 30) throw new Error(`${focus.name} has no choice ${text}`);
        await keyboard.press('ArrowDown');
        at = (await this.page.evaluate(focusInPage)).value;
      }
    } else if (focus.role === 'combobox') {
      const label = focus.options!.find((option) => option.value === text)!.label;
      await keyboard.press('Control+A');
      await keyboard.type(label);
      for (let at: string | undefined, presses = 0; at !== label; presses++) {
        if (presses > 30) throw new Error(`${focus.name} does not offer ${label}`);
        await keyboard.press('ArrowDown');
        at = (await this.page.evaluate(focusInPage)).active;
      }
      await keyboard.press('Enter');
    } else if (focus.tag === 'select') {
      const index = focus.options!.findIndex((option) => option.value === text);
      await keyboard.press('Home');
      for (let presses = 0; presses < index; presses++) await keyboard.press('ArrowDown');
    } else {
      await keyboard.press('Control+A');
      await (text === '' ? keyboard.press('Delete') : keyboard.type(text));
    }
  }

  /** Everything that is wrong with the page as it stands: axe's findings, sideways scrolling, texts over each other, the browser's own complaints. */
  async faults(): Promise<string[]> {
    return [...(await this.#axe()), ...(await this.layoutFaults()), ...this.complaints.splice(0)];
  }

  layoutFaults(): Promise<string[]> {
    return this.page.evaluate(layoutFaultsInPage);
  }

  /** Everything a page must stand: looked at as it is, in the colours of the system, in a narrow window, from right to left. */
  async faultsInEveryShape(): Promise<string[]> {
    const shape = this.page.viewportSize()!;
    const faults = await this.faults();
    const also = async (how: string): Promise<void> => {
      faults.push(...(await this.layoutFaults()).map((fault) => `${how}: ${fault}`));
    };
    await this.page.emulateMedia({ forcedColors: 'active' });
    await also('forced colours');
    await this.page.emulateMedia({ forcedColors: 'none' });
    await this.page.setViewportSize({ width: 320, height: 640 });
    await also('320 px');
    await this.page.evaluate(() => (document.documentElement.dir = 'rtl'));
    await also('right to left, 320 px');
    await this.page.setViewportSize({ width: 1280, height: 800 });
    await also('right to left, 1280 px');
    await this.page.setViewportSize(shape);
    return faults;
  }

  /** Sends a form that the page does not have, from where the page stands. */
  async post(url: string, pairs: readonly (readonly [string, string])[]): Promise<Response> {
    const answer = this.page.waitForResponse((one) => one.request().isNavigationRequest() && one.request().method() === 'POST');
    await this.page.evaluate(
      ([action, values]) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action });
        for (const [name, value] of values) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
        document.body.append(form);
        form.submit();
      },
      [url, pairs] as const,
    );
    const got = await answer;
    await this.page.waitForLoadState();
    return got;
  }

  /** axe is a script. Where scripts are off it reads a copy of the page, without its scripts, in a window beside it. */
  async #axe(): Promise<string[]> {
    if (this.senses.script) return findings(this.page);
    if (!this.#copy) {
      const context = await this.#context.browser()!.newContext({ viewport: this.page.viewportSize() });
      this.#copy = await context.newPage();
    }
    // What the copy loads has to come from where the page comes from.
    const { origin } = new URL(this.page.url());
    if (new URL(this.#copy.url()).origin !== origin) await this.#copy.goto(`${origin}/de/legal/imprint`);
    await this.#copy.setContent((await this.page.content()).replaceAll(/<script.*?<\/script>/gs, ''));
    return findings(this.#copy);
  }
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .options({ runOnly: TAGS, resultTypes: ['violations'], iframes: false })
    .setLegacyMode()
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
