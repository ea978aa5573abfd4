/** What attacks need: a portal on a database that the test looks into as its owner, requests as bytes, and applicants whose answers are marked. */
import { connect } from 'node:net';
import { parse, type DefaultTreeAdapterTypes } from 'parse5';
import type pg from 'pg';
import type { Store } from '../../src/server/store/index.ts';
import { journeysOf, type Journey } from '../journeys.ts';
import { openWorld, PlainBrowser, type TestPortal, type World } from '../portal.ts';
import { cloneDatabase } from '../postgres.ts';
import { run } from '../travel.ts';

export interface Stage extends World {
  /** Statements as the database's owner, past row-level security. */
  readonly owner: pg.Pool;
  /** The same database as the portal's role has it. */
  readonly store: Store;
}

/** A world on a database of its own. Close it in `afterAll`. */
export async function openStage(options: Parameters<typeof openWorld>[0] = {}): Promise<Stage> {
  const database = await cloneDatabase(4);
  const world = await openWorld({ ...options, env: { DATABASE_URL: database.url, SCHALTER_TODAY: '2026-03-02', ...options.env } });
  return {
    ...world,
    owner: database.owner,
    store: database.store,
    close: async () => {
      await world.close();
      await database.drop();
    },
  };
}

/** A shipped journey with other answers. */
export function journey(service: string, name: string, change: Record<string, string> = {}): Journey {
  const found = journeysOf(service).find((one) => one.name === name);
  if (!found) throw new Error(`no journey ${service}/${name}`);
  return { ...found, answers: Object.assign(Object.create(null), found.answers, change) as Journey['answers'] };
}

/** Plays a journey to its end; gives the reference number. */
export async function submit(browser: PlainBrowser, played: Journey): Promise<string> {
  const { last } = await run(browser, played);
  const reference = /^\/de\/receipt\/([^/]+)$/.exec(last.path)?.[1];
  if (!reference) throw new Error(`not handed in: ${last.path} ${last.status}`);
  return reference;
}

/** Plays a journey up to its review and stops there. */
export async function upToReview(browser: PlainBrowser, played: Journey): Promise<void> {
  await run(browser, { ...played, walk: { ...played.walk, steps: played.walk.steps.filter((step) => step.page.kind !== 'check') } });
}

/** Sends bytes as they are and collects what comes until the other side ends, or for `wait` milliseconds. */
export function raw(portal: TestPortal, bytes: string | Buffer, wait = 5_000): Promise<{ text: string; ended: boolean; took: number }> {
  const started = Date.now();
  return new Promise((done) => {
    let text = '';
    const socket = connect(portal.port, '127.0.0.1', () => socket.write(bytes));
    const finish = (ended: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      done({ text, ended, took: Date.now() - started });
    };
    const timer = setTimeout(() => finish(false), wait);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => finish(true));
  });
}

/** Status of the first answer in what `raw` collected; 0 when none came. */
export const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

/** Whether the portal still answers like on its first day. */
export async function alive(portal: TestPortal): Promise<boolean> {
  return portal.process.exitCode === null && (await new PlainBrowser(portal.port).send('/de')).status === 200;
}

export type Element = DefaultTreeAdapterTypes.Element;

/** All elements of a page, as a browser's parser sees them. */
export function elements(html: string): Element[] {
  const found: Element[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node) found.push(node);
    if ('content' in node) visit(node.content);
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(html));
  return found;
}
