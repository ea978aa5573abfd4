/**
 * Where a step's CPU goes: the portal's own V8 profile while 16 citizens walk, its samples attributed to parts by the file and function they stand
 * in. A sample counts for the innermost function that belongs to a named part, so that what a library does for a part counts as the part's.
 */
import type { World } from '../portal.ts';
import type { Measured, Order } from './citizens.ts';

interface Node {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: number[];
}

interface Profile {
  nodes: Node[];
  samples: number[];
  timeDeltas: number[];
}

/** Part -> what a frame's `url#function` matches. The first that matches wins, from the inside out. */
const PARTS: readonly [string, RegExp][] = [
  ['garbage collection', /#\(garbage collector\)$/],
  ['idle', /#\((idle|program)\)$/],
  ['crypto', /internal\/crypto|#(seal|open|sealRaw|openRaw|keyedHash|unwrap|sessionHash)$/],
  ['database client', /node_modules\/(pg|pg-pool|pg-protocol|pgpass)|build\/[^#]*#(runOn)$/],
  [
    'walk',
    /#(walk|evaluatePage|checkRules|decide|pageChanges|#?frame|#?entry|#?result|evaluate|macrostep|resolveState|transition|copyAnswers)$/,
  ],
  ['texts', /#(t|has|translator|resolve(Value)?|interpolate|format\w*)$/],
  ['render', /#(render\w*|Layout|QuestionForm|push|attr\w*|escape_html|View|Frame|Line|Group|_page|_layout|spread_attributes)$/],
  ['network', /node:(net|_http|internal\/stream|http|internal\/http|zlib|internal\/timers|events|buffer)/],
  ['routing', /build\/|svelte/],
];

async function inspector(pid: number): Promise<{ call: (method: string, params?: object) => Promise<unknown>; close: () => void }> {
  process.kill(pid, 'SIGUSR1');
  let url: string | undefined;
  for (let tries = 0; tries < 50 && !url; tries++) {
    await new Promise((wait) => setTimeout(wait, 100));
    const targets = (await fetch('http://127.0.0.1:9229/json/list')
      .then((answer) => answer.json())
      .catch(() => [])) as { webSocketDebuggerUrl: string }[];
    url = targets[0]?.webSocketDebuggerUrl;
  }
  if (!url) throw new Error('the inspector did not open');
  const socket = new WebSocket(url);
  await new Promise((open) => socket.addEventListener('open', open));
  let last = 0;
  const waiting = new Map<number, (value: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (message.id !== undefined) waiting.get(message.id)?.(message.result);
  });
  return {
    call: (method, params = {}) =>
      new Promise((done) => {
        waiting.set(++last, done);
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}

function attribute({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node.id);
  const partOf = new Map<number, string>();
  for (const { id } of nodes) {
    let part: string | undefined;
    for (let at: number | undefined = id; at !== undefined && !part; at = parents.get(at)) {
      const { url, functionName } = byId.get(at)!.callFrame;
      part = PARTS.find(([, pattern]) => pattern.test(`${url}#${functionName}`))?.[0];
    }
    partOf.set(id, part ?? 'other');
  }
  const sums = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const part = partOf.get(id)!;
    sums.set(part, (sums.get(part) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return sums;
}

export async function profile(
  world: World,
  citizens: (order: Order) => Promise<Measured>,
  say: (what: string, value: number, unit: string) => void,
): Promise<void> {
  const order = { port: world.portal.port, service: 'housing-benefit', journey: 'subtenant-without-income', citizens: 16, submit: false };
  await citizens({ ...order, seconds: 20 });
  const portal = await inspector(world.portal.process.pid!);
  await portal.call('Profiler.enable');
  await portal.call('Profiler.setSamplingInterval', { interval: 200 });
  await portal.call('Profiler.start');
  const measured = await citizens({ ...order, seconds: 10 });
  const { profile: recorded } = (await portal.call('Profiler.stop')) as { profile: Profile };
  portal.close();
  if (process.env.BENCH_PROFILE)
    await import('node:fs').then(({ writeFileSync }) => writeFileSync(process.env.BENCH_PROFILE!, JSON.stringify(recorded)));
  const sums = [...attribute(recorded)].sort((a, b) => b[1] - a[1]);
  for (const [part, milliseconds] of sums)
    if (part !== 'idle') say(`${part}, a step (main thread, with the profiler's own cost)`, milliseconds / measured.steps, 'ms');
}
