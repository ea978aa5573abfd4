/**
 * S18: what people type is marked, everything that can fail is made to fail, and then every trace is searched: output, metrics, error pages, the
 * database row by row, its files, its log. What was typed may stand on the page that asks for it and in sealed bytes, nowhere else.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/server/delivery/signature.ts';
import { hidden, openWorld, PlainBrowser, type Answer, type TestPortal, type World } from '../portal.ts';
import { journey, submit, upToReview } from './stage.ts';

const TYPED = {
  'applicant.givenNames': 'Zilpzalp',
  'applicant.familyName': 'Gartenrotschwanz',
  'applicant.birthDate': '1987-04-19',
  'payment.holderName': 'Mauersegler',
  'payment.iban': 'DE75512108001245126199',
  'dogs.1.name': 'Kernbeisser',
};
/** Everything that must not be found. What the portal gives out (codes, numbers, session ids) is added as it comes. */
const marks = new Set([
  ...Object.values(TYPED),
  '19.04.1987',
  'DE75 5121 0800 1245 1261 99',
  'eichelhaeher@marker.example',
  'Nachtigall-File',
  'Buntspecht-News',
  'Sperling-Query',
  'Wendehals-Factor',
  'Dompfaff-Agent',
]);
/** Pages of failures: they may name nothing. */
const failures: { what: string; answer: Answer }[] = [];

let world: World;
let portal: TestPortal;
let echo: Server;
let owner: pg.Client;
beforeAll(async () => {
  world = await openWorld({ env: { SCHALTER_TODAY: '2026-03-02', SCHALTER_WORKER: 'off' } });
  let times = 0;
  // A receiver that refuses, and says so with everything it was sent.
  echo = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () =>
      res.writeHead((times += 1) % 2 ? 422 : 500, { 'content-type': 'text/plain' }).end(
        Buffer.concat(chunks)
          .toString()
          .replace(/^[^]*"payload":/, ''),
      ),
    );
  });
  const port = await new Promise<number>((done) => echo.listen(0, '127.0.0.1', () => done((echo.address() as { port: number }).port)));
  const file = join(world.dataDir, 'config/musterstadt.json');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`http://127.0.0.1:${world.backoffice.port}`, `http://127.0.0.1:${port}`));
  portal = await world.start({ SCHALTER_WORKER: 'on' });
  owner = new pg.Client({ host: socketFolder(world.dataDir), port: 5432, user: 'schalter', database: 'schalter' });
  owner.on('error', () => undefined);
  await owner.connect();
}, 90_000);
afterAll(async () => {
  await owner.end().catch(() => undefined);
  await portal.stop();
  await world.close();
  echo.close();
});

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}
function socketFolder(dataDir: string): string {
  const socket = files(dataDir).find((path) => path.endsWith('.s.PGSQL.5432'));
  if (!socket) throw new Error('no socket of the database');
  return join(socket, '..');
}

const browser = () => new PlainBrowser(portal.port);
const fail = (what: string, answer: Answer, status: number | number[]) => {
  expect([status].flat(), `${what}: ${answer.status}`).toContain(answer.status);
  failures.push({ what, answer });
};

describe('what happens', () => {
  const played = () => journey('dog-tax', 'two-dangerous-dogs', TYPED);

  it('people apply, save, come back and look', async () => {
    const person = browser();
    const marked = played();
    const file = (marked.answers['dogs.1.permitFile'] as { name: string }[])[0]!;
    const named = {
      ...marked,
      answers: Object.assign(Object.create(null), marked.answers, { 'dogs.1.permitFile': [{ ...file, name: 'Nachtigall-File.pdf' }] }),
    };
    await upToReview(person, named);
    const saved = await person.send('/de/save/dog-tax');
    const code = /\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/.exec(saved.body)![0];
    marks.add(code).add(code.replaceAll('-', '')).add(person.cookies.get('__Host-sid')!);
    const other = browser();
    for (const factor of ['Wendehals-Factor', '19.04.1987'])
      await other.send('/de/resume', [
        ['code', code],
        ['factor', factor],
      ]);
    marks.add(other.cookies.get('__Host-sid')!);
    expect((await other.visit('/de/apply/dog-tax/check')).body).toContain('Gartenrotschwanz');
    const review = (await other.visit('/de/apply/dog-tax/check')).body;
    const done = await other.send('/de/apply/dog-tax/check', [
      ...['_revision', '_summary'].map((name): [string, string] => [name, hidden(review, name)!]),
      ['truthful', 'yes'],
      ['reportsChanges', 'yes'],
      ...named.walk.warnings.map(({ rule }): [string, string] => ['_confirm', rule]),
    ]);
    expect(done.status).toBe(303);
    const reference = done.location!.split('/').at(-1)!;
    expect((await other.send(`/de/receipt/${reference}/summary.pdf`)).status).toBe(200);
    const guest = browser();
    await guest.send('/de/status', [
      ['reference', reference],
      ['factor', 'Wendehals-Factor'],
    ]);
    await guest.send('/de/status', [
      ['reference', reference],
      ['factor', '19.04.1987'],
    ]);
    expect((await guest.send(`/de/status/${reference}`)).status).toBe(200);
    marks.add(guest.cookies.get('__Host-case')!.split('.')[2]!);
    const pinned = browser();
    const number = await submit(
      pinned,
      journey('bulky-waste', 'sofa-free', { 'contact.name': 'Gartenrotschwanz', 'contact.email': 'eichelhaeher@marker.example' }),
    );
    expect((await pinned.send(`/de/receipt/${number}`)).body).toMatch(/\d{4}/);
  });

  it('deliveries fail, with answers that repeat what was sent', async () => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { rows } = await owner.query<{ n: number }>('select count(*)::int as n from delivery_attempt');
      if (rows[0]!.n >= 2) break;
      expect(Date.now(), 'deliveries never failed').toBeLessThan(deadline);
      await new Promise((wait) => setTimeout(wait, 100));
    }
    const { rows } = await owner.query(`select state from delivery where state = 'parked'`);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('the back office writes, well and badly signed', async () => {
    const { rows } = await owner.query<{ id: string }>('select id from submission limit 1');
    const body = Buffer.from(
      JSON.stringify({
        type: 'status',
        eventId: 'e1',
        id: `${rows[0]!.id}:demo`,
        status: 'information_requested',
        at: '2026-03-02T10:00:00Z',
        text: 'Buntspecht-News',
      }),
    );
    const type = 'application/json';
    const good = await browser().send('/api/v1/status', { body, type }, sign(['a-secret-for-tests-only'], 'e1', body, Date.now()));
    expect(good.body).toBe('recorded');
    fail(
      'a bad signature',
      await browser().send('/api/v1/status', { body, type }, sign(['another-secret-of-somebody'], 'e1', body, Date.now())),
      401,
    );
    fail('a hint of a stranger', await browser().send('/api/v1/fit-connect/demo', { body, type }), 401);
    fail('broken news', await browser().send('/api/v1/status', { body: Buffer.from('{"text":"Buntspecht-News"'), type }), 400);
  });

  it('requests fail in every way', async () => {
    const agent = { 'user-agent': 'Dompfaff-Agent', referer: 'http://localhost/Sperling-Query' };
    const typed: [string, string][] = Object.entries(TYPED);
    const person = browser();
    await person.send('/de/services/dog-tax', []);
    const revision = hidden((await person.visit('/de/apply/dog-tax')).body, '_revision')!;
    const send = (path: string, form: [string, string][] = typed, headers: Record<string, string> = agent) =>
      person.send(path, form, headers);
    expect((await send('/de/apply/dog-tax/resident', [['_revision', revision], ...typed, ['livesHere', 'Gartenrotschwanz']])).status).toBe(
      422,
    );
    expect((await send('/de/apply/dog-tax/resident', [['_revision', '99'], ...typed])).status).toBe(409);
    fail('404 of a service', await person.send('/de/services/nothing', undefined, agent), 404);
    fail('404 of an address', await person.send('/de/nothing/at/all', undefined, agent), 404);
    fail('409 out of order', await send('/de/apply/dog-tax/check'), 409);
    fail('410', await browser().send('/de/apply/dog-tax/name', typed), 410);
    fail('413', await send('/de/apply/dog-tax/resident', [...typed, ['x', 'Gartenrotschwanz'.repeat(30_000)]]), 413);
    fail('403', await send('/de/apply/dog-tax/resident', typed, { origin: 'null' }), 403);
    fail('400', await person.send('/de/%E0%A4%A?Sperling-Query', undefined, agent), 400);
    fail('421', await person.send('/de?Sperling-Query', undefined, { host: 'gartenrotschwanz.example' }), 421);
    fail('405', await send('/de/legal/privacy'), 405);
    fail(
      'a broken form',
      await person.send('/de/apply/dog-tax/resident', {
        body: Buffer.from('--b\r\nGartenrotschwanz'),
        type: 'multipart/form-data; boundary=b',
      }),
      400,
    );
    // The database refuses, with a message that would name the row.
    await owner.query(`alter table audit add constraint no_saves check (action <> 'save') not valid`);
    fail('500', await send('/de/apply/dog-tax/resident', [['_revision', revision], ['livesHere', 'yes'], ...typed]), 500);
    await owner.query('alter table audit drop constraint no_saves');
    await owner.query(
      `update application set content = set_byte(content, 40, get_byte(content, 40) # 1), revision = revision + 1 where lifecycle = 'draft'`,
    );
    fail('500 of a broken seal', await person.send('/de/apply/dog-tax', undefined, agent), [303, 500]);
    fail('503', await withoutDatabase(() => browser().send('/de/services/dog-tax', typed, agent)), 503);
  });
});

/** Kills the database until a request meets its absence; it comes back by itself, sometimes at once. */
async function withoutDatabase(send: () => Promise<Answer>): Promise<Answer> {
  const ready = async () => (await fetch(`http://127.0.0.1:${portal.port}/readyz`)).ok;
  for (let round = 0; round < 10; round++) {
    const pid = Number(
      readFileSync(
        files(world.dataDir).find((path) => path.endsWith('postmaster.pid'))!,
        'utf8',
      ).split('\n')[0],
    );
    process.kill(pid, 'SIGKILL');
    let answer = await send();
    for (const deadline = Date.now() + 1_000; answer.status !== 503 && Date.now() < deadline;) answer = await send();
    for (const deadline = Date.now() + 30_000; !(await ready()) && Date.now() < deadline;)
      await new Promise((wait) => setTimeout(wait, 50));
    if (answer.status === 503) return answer;
  }
  throw new Error('the absence of the database was never met');
}

describe('no trace', () => {
  const inText = (text: string) => [...marks].filter((mark) => text.includes(mark));

  it('in the pages of failures', () => {
    expect(failures.length).toBeGreaterThan(14);
    for (const { what, answer } of failures) {
      expect([what, inText(answer.body)]).toEqual([what, []]);
      expect([what, inText(JSON.stringify(answer.headers).replace(/"set-cookie":\[[^\]]*\]/, ''))]).toEqual([what, []]);
    }
  });

  it('in the output, where every event is one line of JSON', () => {
    const output = portal.output() + world.portal.output();
    expect(inText(output)).toEqual([]);
    const events = output.split('\n').filter((line) => line.startsWith('{'));
    expect(events.length).toBeGreaterThan(5);
    for (const line of events) expect(() => JSON.parse(line) as unknown).not.toThrow();
    for (const event of ['request_failed', 'callback_refused', 'delivery']) expect(output).toContain(`"event":"${event}"`);
  });

  it('in the metrics', async () => {
    const text = await (await fetch(`http://127.0.0.1:${portal.port}/metrics`)).text();
    expect(text).toContain('schalter_request');
    expect(inText(text)).toEqual([]);
  });

  it('in any row of any table, sealed bytes included', async () => {
    const again = new pg.Client({ host: socketFolder(world.dataDir), port: 5432, user: 'schalter', database: 'schalter' });
    await again.connect();
    try {
      const { rows: tables } = await again.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema in ('public', 'schalter_migration')`,
      );
      let rows = 0;
      for (const { name } of tables) {
        // Texts of flows hold examples of their own, none of our marks.
        const { rows: dumped } = await again.query<{ row: string }>(`select t::text as row from ${name} t`);
        rows += dumped.length;
        const text = dumped.map(({ row }) => row).join('\n');
        expect([name, inText(text)]).toEqual([name, []]);
        const hex = [...marks].filter((mark) => text.includes(Buffer.from(mark).toString('hex')));
        expect([name, hex]).toEqual([name, []]);
      }
      expect(rows).toBeGreaterThan(50);
      console.log(
        `S18: ${marks.size} marks, ${failures.length} failures, ${tables.length} tables with ${rows} rows, every file below the data: 0 hits`,
      );
    } finally {
      await again.end();
    }
  });

  it("in any file below the portal's data: tables, write-ahead log, the database's own log", () => {
    let searched = 0;
    for (const path of files(world.dataDir)) {
      // The back office is another house; it may know.
      if (path.includes('/backoffice') || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
      const bytes = readFileSync(path);
      searched += 1;
      expect([path, [...marks].filter((mark) => bytes.includes(mark))]).toEqual([path, []]);
    }
    expect(searched).toBeGreaterThan(100);
  });
});
