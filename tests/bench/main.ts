/**
 * `npm run bench`: what the portal costs and how fast it answers, printed as a table and never asserted. The portal and its PostgreSQL run on one
 * core, the citizens on another. `npm run bench -- steps engine start pages memory deliveries neighbours queue counter` runs only those parts; `--json` prints them for machines.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { openWorld, type World } from '../portal.ts';
import type { Measured, Order } from './citizens.ts';
import { counter } from './counter.ts';
import { deliveries } from './deliveries.ts';
import { engine } from './engine.ts';
import { pages } from './pages.ts';
import { neighbours } from './neighbours.ts';
import { memory, pin, postmasterOf, used } from './processes.ts';
import { profile } from './profile.ts';
import { queue } from './queue.ts';

const json = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const wants = (part: string) => wanted.length === 0 || wanted.includes(part);
const results: { part: string; what: string; value: number | string; unit: string }[] = [];

function say(part: string, what: string, value: number | string, unit: string): void {
  results.push({ part, what, value, unit });
  if (!json)
    console.log(`${part.padEnd(10)} ${what.padEnd(64)} ${typeof value === 'number' ? value.toFixed(value < 10 ? 2 : 0) : value} ${unit}`);
}

async function citizens(order: Order): Promise<Measured> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'citizens.ts'), JSON.stringify(order)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  pin(child.pid!, 1);
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) text += chunk.toString();
  const measured = JSON.parse(text) as Measured;
  if (measured.failures.length > 0) say('!', 'failures', measured.failures.slice(0, 3).join('; '), '');
  return measured;
}

async function steps(world: World, postmaster: number | undefined): Promise<void> {
  for (const [service, journey] of [
    ['housing-benefit', 'subtenant-without-income'],
    ['housing-benefit', 'family-in-rented-flat'],
    ['bulky-waste', 'sofa-free'],
  ] as const) {
    const order = { port: world.portal.port, service, journey, citizens: 16, submit: false };
    // Long enough for the compiler to be done: a portal runs for weeks.
    await citizens({ ...order, seconds: 20 });
    const before = used(world.portal.process.pid!, postmaster);
    const measured = await citizens({ ...order, seconds: 15 });
    const after = used(world.portal.process.pid!, postmaster);
    const name = `${service}/${journey}`;
    const portal = (after.portal - before.portal) / measured.steps;
    const database = (after.database - before.database) / measured.steps;
    say('steps', `${name}: CPU a step, portal`, portal, 'ms');
    say('steps', `${name}: CPU a step, portal and database`, portal + database, 'ms');
    say('steps', `${name}: steps at 16 citizens`, measured.steps / measured.seconds, '/s');
    say('steps', `${name}: p50 / p99`, `${measured.p50.toFixed(1)} / ${measured.p99.toFixed(1)}`, 'ms');
  }
}

async function applications(world: World): Promise<void> {
  const count = Number(process.argv.find((word) => word.startsWith('--applications='))?.split('=')[1] ?? 10_000);
  const measured = await citizens({
    port: world.portal.port,
    service: 'bulky-waste',
    journey: 'sofa-free',
    citizens: 16,
    submit: true,
    applications: count,
  });
  const { now, peak } = memory(world.portal.process.pid!);
  say('memory', `${measured.journeys} applications handed in and delivered, in`, measured.seconds, 's');
  say('memory', 'portal afterwards (at its highest)', `${now} (${peak})`, 'MB');
}

async function starts(world: World): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < 5; n++) {
    await world.portal.stop();
    const before = performance.now();
    const again = await world.start({ PORT: String(world.portal.port) });
    const page = await fetch(`${again.url}/de`);
    if (!page.ok) throw new Error(`start: ${page.status}`);
    times.push(performance.now() - before);
    await again.stop();
  }
  say('start', 'first page after the start, existing database (median of 5)', times.sort((a, b) => a - b)[2]!, 'ms');
}

if (wants('engine')) engine((what, value, unit) => say('engine', what, value, unit));
if (wants('counter')) await counter((what, value, unit) => say('counter', what, value, unit));
if (wants('queue')) await queue((what, value, unit) => say('queue', what, value, unit));
if (wants('neighbours')) await neighbours((what, value, unit) => say('neighbours', what, value, unit));
if (wants('deliveries')) await deliveries((what, value, unit) => say('deliveries', what, value, unit));
if (['steps', 'parts', 'memory', 'pages', 'start'].some(wants)) {
  const world = await openWorld({ env: { SCHALTER_TODAY: '2026-11-24' } });
  try {
    const postmaster = postmasterOf(world.dataDir);
    const pinned = pin(world.portal.process.pid!, 0) && (postmaster === undefined || pin(postmaster, 0));
    if (!pinned) say('!', 'no taskset: portal and citizens share all cores', '', '');
    if (wants('pages')) await pages(world.portal, (what, value, unit) => say('pages', what, value, unit));
    if (wants('steps')) await steps(world, postmaster);
    if (wants('parts')) await profile(world, citizens, (what, value, unit) => say('parts', what, value, unit));
    if (wants('memory')) await applications(world);
    if (wants('start')) await starts(world);
  } finally {
    await world.close();
  }
}
if (json) console.log(JSON.stringify(results, undefined, 2));
