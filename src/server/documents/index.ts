/** Documents people take away: tagged PDF (PDF/UA-1), set with Typst. Texts travel as data, never as markup; a document that violates the standard does not compile. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Translator } from '#i18n';
import type { Municipality } from '#server/config';
import { ROOT } from '#server/config';
import type { SummaryRow } from '#ui/types.ts';

export interface SummaryInput {
  readonly lang: string;
  readonly t: Translator;
  readonly municipality: Municipality;
  readonly service: string;
  readonly reference: string;
  readonly receivedAt: string;
  readonly recipient: string;
  readonly sections: readonly { title: string; rows: readonly SummaryRow[]; entries: readonly { title: string; rows: readonly SummaryRow[] }[] }[];
}

export interface Documents {
  /** The application as it was handed in. */
  readonly summary: (input: SummaryInput) => Promise<Uint8Array>;
}

/** Typst is loaded with the first document: most processes of a portal never make one. */
export function createDocuments(): Documents {
  let loading: Promise<(data: object) => Uint8Array> | undefined;
  const load = async () => {
    const { NodeCompiler } = await import('@myriaddreamin/typst-ts-node-compiler');
    const folder = join(ROOT, 'node_modules/@expo-google-fonts/noto-sans');
    const fontBlobs = ['400Regular/NotoSans_400Regular.ttf', '700Bold/NotoSans_700Bold.ttf'].map((file) => readFileSync(join(folder, file)));
    const compiler = NodeCompiler.create({ fontArgs: [{ fontBlobs }] });
    const template = readFileSync(join(ROOT, 'src/server/documents/summary.typ'), 'utf8');
    return (data: object): Uint8Array => {
      const pdf = compiler.pdf({ mainFileContent: template, inputs: { data: JSON.stringify(data) } }, { pdfStandard: 'ua-1' as never });
      // Its caches grow with every document otherwise.
      compiler.evictCache(0);
      return pdf;
    };
  };
  return {
    async summary({ lang, t, municipality, service, reference, receivedAt, recipient, sections }) {
      const compile = await (loading ??= load());
      const none = t.t('web.none');
      const rows = (list: readonly SummaryRow[]) => list.map((row) => ({ label: clean(row.label), lines: row.lines.length ? row.lines.map(clean) : [none] }));
      return compile({
        lang: lang.split('-')[0],
        color: municipality.colors.action,
        name: municipality.name,
        sender: [municipality.contact.office, municipality.contact.street, municipality.contact.city],
        title: service,
        facts: [
          [t.t('web.pdf.reference'), reference],
          [t.t('web.pdf.receivedAt'), receivedAt],
          [t.t('web.pdf.recipient'), recipient],
        ],
        heads: [t.t('web.pdf.question'), t.t('web.pdf.answer')],
        sections: sections.map((section) => ({ title: clean(section.title), rows: rows(section.rows), entries: section.entries.map((entry) => ({ title: clean(entry.title), rows: rows(entry.rows) })) })),
        page: t.t('web.pdf.page'),
      });
    },
  };
}

/** Letters the font has; everything else becomes a box, because a missing glyph would keep the document from compiling. */
function clean(text: string): string {
  return text.normalize('NFC').replace(/[^\u0020-\u024f\u0259\u02b0-\u02ff\u0300-\u036f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20ac]/gu, '□');
}
