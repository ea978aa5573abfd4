/**
 * XML from outside, read in one pass: what nobody needs is skipped while it streams, and everything is bounded. No document type, so no entities
 * beyond the five of XML itself, and nothing is ever fetched.
 */
import { SaxesParser } from 'saxes';
import { FimRefused } from './schema.ts';

/** The largest upload, in bytes: real schemas with all their relations have up to 16 MB. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** Elements that are kept. The largest real schema has about 20,000. */
const MOST_NODES = 400_000;
/** Real schemas nest 8 groups, which are some 40 elements of XML. */
const DEEPEST = 400;

export interface XmlNode {
  /** Local name; prefixes differ from file to file. */
  readonly name: string;
  /** Namespace; `''` for none. */
  readonly ns: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  text: string;
}

export interface XmlLimits {
  /** Local names of elements that are passed over with all that is in them. */
  readonly skip?: ReadonlySet<string>;
  /** Called with the root before anything else is read. @throws FimRefused */
  readonly root?: (name: string, ns: string) => void;
}

type Chunk = string | Uint8Array;

/** Reads a document. @throws FimRefused where it is no XML, has a document type, or is larger than allowed. */
export function readXml(chunks: Iterable<Chunk>, limits: XmlLimits = {}): XmlNode {
  const reader = new Reader(limits);
  for (const chunk of chunks) reader.write(chunk);
  return reader.end();
}

/** As `readXml`, of a stream. */
export async function streamXml(chunks: AsyncIterable<Chunk>, limits: XmlLimits = {}): Promise<XmlNode> {
  const reader = new Reader(limits);
  for await (const chunk of chunks) reader.write(chunk);
  return reader.end();
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #limits: XmlLimits;
  readonly #open: XmlNode[] = [];
  #root: XmlNode | undefined;
  #skipping = 0;
  #depth = 0;
  #nodes = 0;
  #bytes = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
    const parser = this.#parser;
    parser.on('error', (error) => this.#refuse(`This is not well-formed XML: ${error.message.replace(/^\d+:\d+: /, '')}`));
    parser.on('doctype', () => this.#refuse('The file has a document type (DOCTYPE). It is not read: remove the DOCTYPE.'));
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding && !/^utf-?8$/i.test(encoding)) this.#refuse(`The file is written in ${encoding}. Save it in UTF-8.`);
    });
    parser.on('opentag', (tag) => this.#begin(tag.local, tag.uri, tag.attributes));
    parser.on('closetag', () => this.#close());
    const text = (content: string) => {
      const here = this.#open.at(-1);
      if (here && this.#skipping === 0) here.text += content;
    };
    parser.on('text', text);
    parser.on('cdata', text);
  }

  #refuse(message: string): never {
    throw new FimRefused(message, `line ${this.#parser.line}`);
  }

  write(chunk: Chunk): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_BYTES) throw new FimRefused(`The file is larger than ${MOST_BYTES / 1024 / 1024} MB.`);
    this.#parser.write(typeof chunk === 'string' ? chunk : this.#decode(chunk));
  }

  #decode(chunk?: Uint8Array): string {
    try {
      return this.#decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      return this.#refuse('The file is not written in UTF-8. Save it in UTF-8.');
    }
  }

  end(): XmlNode {
    this.#parser.write(this.#decode());
    this.#parser.close();
    if (!this.#root) this.#refuse('The file is empty.');
    return this.#root;
  }

  #begin(name: string, ns: string, attributes: Record<string, { local: string; value: string }>): void {
    this.#depth += 1;
    if (this.#depth > DEEPEST) this.#refuse(`The file nests deeper than ${DEEPEST} elements.`);
    if (this.#skipping > 0 || this.#limits.skip?.has(name)) {
      this.#skipping += 1;
      return;
    }
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) this.#refuse(`The file has more than ${MOST_NODES} elements.`);
    if (!this.#root) this.#limits.root?.(name, ns);
    const found = new Map(Object.values(attributes).map(({ local, value }) => [local, value]));
    const node: XmlNode = { name, ns, attributes: found, children: [], text: '' };
    this.#root ??= node;
    this.#open.at(-1)?.children.push(node);
    this.#open.push(node);
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#skipping > 0) this.#skipping -= 1;
    else this.#open.pop();
  }
}

/** The only child of a name. @throws FimRefused where there are several. */
export function child(node: XmlNode, name: string, place: string): XmlNode | undefined {
  const found = node.children.filter((one) => one.name === name);
  if (found.length > 1) throw new FimRefused(`"${name}" stands there ${found.length} times; one is allowed.`, place);
  return found[0];
}

/** The trimmed text of a child, undefined where it is missing or empty: empty elements are normal in version 2.0. */
export function textOf(node: XmlNode, name: string, place: string): string | undefined {
  return child(node, name, place)?.text.trim() || undefined;
}

/** The value of a coded child: `<feldart …><code>input</code></feldart>`, with or without a namespace. */
export function codeOf(node: XmlNode, name: string, place: string): string | undefined {
  const coded = child(node, name, place);
  return coded && (textOf(coded, 'code', place) ?? undefined);
}
