/**
 * The typesetting process: a program of its own, started by index.ts, that turns orders into tagged PDFs (PDF/UA-1) with Typst. It is apart from
 * the portal because Typst holds its thread for up to 100 ms and about 40 MB of memory for good (docs/adr/0005-pdf.md). It reads the templates
 * and fonts of the house and nothing else, has no environment, opens no connection, and ends with the portal.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { breakable, createCleaner } from './letters.ts';
import type { Answer, Order } from './types.ts';

const require = createRequire(import.meta.url);
const fonts = ['400Regular/NotoSans_400Regular.ttf', '700Bold/NotoSans_700Bold.ttf'].map((file) =>
  readFileSync(require.resolve(`@expo-google-fonts/noto-sans/${file}`)),
);
const clean = createCleaner(fonts);
const compiler = NodeCompiler.create({ workspace: import.meta.dirname, fontArgs: [{ fontBlobs: fonts }] });

/** Every text of an order, made showable. */
function prepare(data: object): string {
  let replaced = false;
  const visit = (value: unknown, answer: boolean): unknown => {
    if (typeof value === 'string') {
      const done = clean(value);
      replaced ||= done.replaced;
      return answer ? done.text : breakable(done.text);
    }
    if (Array.isArray(value)) return value.map((one) => visit(one, answer));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, visit(one, key === 'lines' || key === 'svg' || key === 'code')]),
    );
  };
  const shown = visit(data, false) as object;
  return JSON.stringify({ ...shown, replaced });
}

/** What went wrong without what was written: diagnostics quote the text, which may be an answer. */
function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const messages = [...text.matchAll(/message: "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replace(/`.*?`/gs, '…'));
  return messages.length > 0 ? [...new Set(messages)].join('; ') : 'the template or its data is wrong';
}

function answer(order: Order): Answer {
  const { id, template, data } = order;
  try {
    const main = join(import.meta.dirname, `${template}.typ`);
    const pdf = compiler.pdf({ mainFilePath: main, inputs: { data: prepare(data) } }, { pdfStandard: 'ua-1' });
    return { id, rss: process.memoryUsage.rss(), pdf };
  } catch (error) {
    return { id, rss: process.memoryUsage.rss(), problem: problemOf(error) };
  } finally {
    // Typst remembers whatever it has computed, for ever, about 2 MB a document. Keeping the last few documents saves no time worth having.
    compiler.evictCache(0);
  }
}

// Ctrl-C reaches every process of the terminal. This one ends when the portal lets go of it, with its orders done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => process.send!(answer(order)));
