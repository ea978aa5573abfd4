/** What a clerk costs: saving a whole section of the sheet, twenty fields and more, and the sheet that comes back. */
import { hidden, openWorld, PlainBrowser } from '../portal.ts';
import { journeysOf, typed } from '../journeys.ts';
import { fillSections, pagesOn, sheetOf } from '../counter/sheets.ts';
import { logIn } from '../counter/staff.ts';
import type { Pairs } from '../travel.ts';
import { pin, postmasterOf, used } from './processes.ts';

/** Who works at the same moment: a person has one session. */
const CLERKS = ['amsel', 'buchfink', 'drossel', 'eisvogel'];
const WARM = 10_000;
const MEASURED = 15_000;

/** The dogs: the section of a real service with the most fields. */
const SECTION = 'animals';
const one = journeysOf('dog-tax').find(({ name }) => name === 'one-small-dog')!;

interface Desk {
  readonly browser: PlainBrowser;
  readonly address: string;
  readonly form: Pairs;
  revision: string;
}

async function sit(world: Awaited<ReturnType<typeof openWorld>>, clerk: string): Promise<Desk> {
  const browser = new PlainBrowser(world.portal.port);
  await logIn(world, browser, clerk);
  const record = { channel: 'counter', person: 'self', method: 'idCard', verified: 'yes', mandate: 'yes', purpose: 'fill' };
  const begun = await browser.send('/de/counter', [...Object.entries(record), ['service', one.service], ['do', 'start']]);
  const application = sheetOf(begun.location);
  await fillSections(browser, application, one);
  const address = `/de/counter/sheet/${application}/${SECTION}`;
  const page = await browser.visit(address);
  const shown = pagesOn(page);
  const answers = one.walk.steps.filter((step) => shown.includes(step.path)).flatMap((step) => typed(step, one.answers));
  const form: Pairs = [...shown.map((path): [string, string] => ['_page', path]), ...answers, ['do', 'save']];
  return { browser, address, form, revision: hidden(page.body, '_revision')! };
}

/** One save: the form, and the sheet that comes back. */
async function save(desk: Desk, n: number): Promise<void> {
  const changed = desk.form.map(([name, value]): [string, string] => [
    name,
    name.endsWith('.name') ? `Bello ${'abcdefghij'[n % 10]}` : value,
  ]);
  const saved = await desk.browser.send(desk.address, [['_revision', desk.revision], ...changed]);
  if (saved.status !== 303) throw new Error(`${desk.address}: ${saved.status}`);
  desk.revision = hidden((await desk.browser.visit(saved.location!)).body, '_revision')!;
}

export async function counter(say: (what: string, value: number | string, unit: string) => void): Promise<void> {
  const world = await openWorld({ identity: 'demo', env: { SCHALTER_TODAY: one.document.today } });
  try {
    const portal = world.portal.process.pid!;
    const postmaster = postmasterOf(world.dataDir);
    pin(portal, 0);
    if (postmaster !== undefined) pin(postmaster, 0);
    const desks: Desk[] = [];
    for (const clerk of CLERKS) desks.push(await sit(world, clerk));
    const times: number[] = [];
    const work = async (milliseconds: number) => {
      const end = performance.now() + milliseconds;
      times.length = 0;
      await Promise.all(
        desks.map(async (desk) => {
          for (let n = 0; performance.now() < end; n += 1) {
            const begun = performance.now();
            await save(desk, n);
            times.push(performance.now() - begun);
          }
        }),
      );
    };
    await work(WARM);
    const before = used(portal, postmaster);
    await work(MEASURED);
    const after = used(portal, postmaster);
    const cpu = (after.portal - before.portal) / times.length;
    const database = (after.database - before.database) / times.length;
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(1);
    const fields = new Set(desks[0]!.form.map(([name]) => name).filter((name) => !['_page', 'do'].includes(name))).size;
    say(`a section of ${fields} fields: CPU a save and the sheet after it, portal`, cpu, 'ms');
    say(`a section of ${fields} fields: the same, portal and database`, cpu + database, 'ms');
    say(`saves at ${CLERKS.length} clerks`, (times.length * 1_000) / MEASURED, '/s');
    say('p50 / p99', `${at(0.5)} / ${at(0.99)}`, 'ms');
  } finally {
    await world.close();
  }
}
