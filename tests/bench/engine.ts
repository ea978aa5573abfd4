/** The engine by itself: a full walk, a continued one, and the check of everything that ships. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { compile, emptyAnswers, walk, type Answers, type FlowDocument } from '../../src/flow/index.ts';
import { checkPackage } from '../../src/package/index.ts';
import { root } from '../portal.ts';

/** 10 sections of 20 pages; every third page hangs on the answer before it. */
function longFlow(): { document: FlowDocument; answers: Answers } {
  const answers = emptyAnswers();
  const sections: FlowDocument['sections'] = Array.from({ length: 10 }, (_, s) => ({
    id: `s${s}`,
    pages: Array.from({ length: 20 }, (_page, p) => {
      const n = s * 20 + p;
      answers[`f${n}`] = 'a';
      return {
        id: `p${n}`,
        kind: 'question' as const,
        ...(n % 3 === 1 && { when: `f${n - 1} == 'a'` }),
        fields: [{ id: `f${n}`, type: 'text', required: true }],
      };
    }),
  }));
  sections.push({ id: 'ending', pages: [{ id: 'check', kind: 'check', fields: [] }] });
  return { document: { sections }, answers };
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function timed(work: () => void, times: number): number {
  return median(
    Array.from({ length: times }, () => {
      const started = performance.now();
      work();
      return performance.now() - started;
    }),
  );
}

export function engine(say: (what: string, value: number, unit: string) => void): void {
  const { document, answers } = longFlow();
  const { flow, problems } = compile(document, fieldTypes);
  if (!flow) throw new Error(JSON.stringify(problems));
  const options = { today: '2026-11-24', params: {} };
  const full = walk(flow, answers, options);
  say('full walk, pages on the path', full.steps.length, 'pages');
  say(
    'full walk (median of 200)',
    timed(() => void walk(flow, answers, options), 200),
    'ms',
  );
  const late = Object.assign(emptyAnswers(), answers, { f195: 'b' });
  say(
    'walk after a change five pages before the end (median of 500)',
    timed(() => void walk(flow, late, { ...options, previous: full }), 500),
    'ms',
  );
  const folders = readdirSync(join(root, 'flows'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  say(
    'flow check of all shipped flows',
    timed(() => folders.forEach((folder) => void checkPackage(join(root, 'flows', folder.name), fieldTypes)), 1),
    'ms',
  );
}
