/**
 * Citizens for a load run: keep-alive connections, no parsing beyond the form's revision. A program of its own, so that its work is not counted as
 * the portal's: `node citizens.ts` reads an order as JSON from its argument and prints what it measured.
 */
import { Agent, request } from 'node:http';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { journeysOf, typed, type Journey } from '../journeys.ts';

export interface Order {
  port: number;
  service: string;
  journey: string;
  citizens: number;
  /** Ends after so many seconds … */
  seconds?: number;
  /** … or after so many applications. */
  applications?: number;
  /** Hand in at the end, or begin anew before. */
  submit: boolean;
}

export interface Measured {
  steps: number;
  journeys: number;
  seconds: number;
  /** Milliseconds of a step: POST, redirect, GET of the next page. */
  p50: number;
  p99: number;
  failures: string[];
}

const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

interface Answer {
  status: number;
  location: string;
  body: string;
}

class Citizen {
  readonly #agent: Agent;
  readonly #port: number;
  #cookie = '';

  constructor(port: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  send(path: string, body?: Buffer, type = 'application/x-www-form-urlencoded'): Promise<Answer> {
    const host = `localhost:${this.#port}`;
    return new Promise((done, failed) => {
      const call = request(
        {
          agent: this.#agent,
          host: '127.0.0.1',
          port: this.#port,
          path,
          method: body ? 'POST' : 'GET',
          headers: {
            host,
            cookie: this.#cookie,
            accept: 'text/html,*/*;q=0.8',
            'accept-encoding': 'gzip, br',
            ...(body && { origin: `http://${host}`, 'content-type': type, 'content-length': body.length }),
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', failed);
          answer.on('end', () => {
            for (const cookie of answer.headers['set-cookie'] ?? []) this.#cookie = cookie.split(';')[0]!;
            done({ status: answer.statusCode!, location: answer.headers.location ?? '', body: Buffer.concat(chunks).toString('latin1') });
          });
        },
      );
      call.on('error', failed);
      call.end(body);
    });
  }

  async visit(path: string): Promise<Answer & { path: string }> {
    for (let at = path, hops = 0; ; hops++) {
      const answer = await this.send(at);
      if (answer.status < 300 || answer.status > 399 || hops > 5) return { ...answer, path: at };
      at = answer.location;
    }
  }

  forget(): void {
    this.#cookie = '';
  }
}

const revision = (html: string) => /name="_revision"[^>]*value="([^"]+)"/.exec(html)?.[1] ?? '';

function form(step: Step, journey: Journey, page: string): { body: Buffer; type?: string } {
  const pairs: [string, string][] = [['_revision', revision(page)]];
  const summary = /name="_summary"[^>]*value="([^"]+)"/.exec(page)?.[1];
  if (summary) pairs.push(['_summary', summary]);
  for (const warning of step.page.kind === 'check' ? journey.walk.warnings : step.warnings) pairs.push(['_confirm', warning.rule]);
  if (step.page.collection) pairs.push(['_more', 'no']);
  pairs.push(...typed(step, journey.answers));
  const files = step.fields.filter((field) => field.type.file && Array.isArray(journey.answers[joinPath(step.prefix, field.id)]));
  if (!step.fields.some((field) => field.type.file)) return { body: Buffer.from(new URLSearchParams(pairs).toString()) };
  const parts = pairs.map(([name, value]) => Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  for (const field of files) {
    const head = `--b\r\nContent-Disposition: form-data; name="${joinPath(step.prefix, field.id)}"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n`;
    parts.push(Buffer.from(head), PDF, Buffer.from('\r\n'));
  }
  return { body: Buffer.concat([...parts, Buffer.from('--b--\r\n')]), type: 'multipart/form-data; boundary=b' };
}

async function walk(citizen: Citizen, journey: Journey, submit: boolean, times: number[], running: () => boolean): Promise<void> {
  const apply = `/de/apply/${journey.service}`;
  const begun = await citizen.send(`/de/services/${journey.service}`, Buffer.alloc(0));
  let last = await citizen.visit(begun.location);
  for (const step of journey.walk.steps) {
    if (!running()) return;
    const url = `${apply}/${step.path}`;
    if (step.page.kind === 'check' && !submit) return;
    const entry = /^(.*)\/\d+\/[^/]+$/.exec(step.path);
    if (entry && last.path === `${apply}/${entry[1]}`) {
      const added = await citizen.send(last.path, Buffer.from(`_revision=${revision(last.body)}&_more=yes`));
      last = await citizen.visit(added.location);
    } else if (last.path !== url) last = await citizen.visit(url);
    const { body, type } = form(step, journey, last.body);
    const started = performance.now();
    const posted = await citizen.send(url, body, type);
    if (posted.status !== 303) throw new Error(`${url}: ${posted.status}`);
    last = await citizen.visit(posted.location);
    if (last.status !== 200) throw new Error(`${posted.location}: ${last.status}`);
    times.push(performance.now() - started);
  }
}

async function run(order: Order): Promise<Measured> {
  const journey = journeysOf(order.service).find((one) => one.name === order.journey)!;
  const times: number[] = [];
  const failures: string[] = [];
  const started = performance.now();
  let begun = 0;
  let journeys = 0;
  const running = () => order.seconds === undefined || performance.now() - started < order.seconds * 1000;
  await Promise.all(
    Array.from({ length: order.citizens }, async () => {
      const citizen = new Citizen(order.port);
      while (running() && begun < (order.applications ?? Infinity) && failures.length < 10) {
        begun += 1;
        citizen.forget();
        try {
          await walk(citizen, journey, order.submit, times, running);
          journeys += 1;
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    }),
  );
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  return { steps: times.length, journeys, seconds: (performance.now() - started) / 1000, p50: at(0.5), p99: at(0.99), failures };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2]!) as Order)));
