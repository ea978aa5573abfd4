/**
 * XML from outside, as a small tree; and text on its way into XML. A document type is refused before anything in it counts, so there are no entities
 * beside the five of XML itself, and nothing is ever fetched. Size, depth and number of elements are limited.
 */
import { SaxesParser } from 'saxes';

/** It is not XML, or not XML that is read here. The message is a code. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
}

export interface Element {
  /** Without prefix. */
  readonly name: string;
  readonly namespace: string;
  /** By local name; those of a namespace by `{namespace}name`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  /** Prefixes that are known here and were declared at this element. */
  readonly prefixes: Readonly<Record<string, string>>;
  readonly parent: Element | undefined;
  /** All text directly in it. */
  text: string;
}

/** Characters. A WSDL of a large system has half a million. */
const LONGEST = 4 * 1024 * 1024;
const DEEPEST = 100;
/** Elements and attributes. */
const MOST = 50_000;

/** Reads a document. @throws XmlRefused */
export function readXml(text: string): Element {
  if (text.length > LONGEST) throw new XmlRefused('xml-too-long');
  const parser = new SaxesParser({ xmlns: true });
  const root: { element: Element | undefined } = { element: undefined };
  let open: Element | undefined;
  let depth = 0;
  let count = 0;
  const refuse = (code: string): never => {
    throw new XmlRefused(code);
  };
  const one = () => (count += 1) > MOST && refuse('xml-too-many');
  parser.on('attribute', one);
  parser.on('doctype', () => refuse('xml-doctype'));
  parser.on('error', () => refuse('xml-malformed'));
  parser.on('opentag', (tag) => {
    if ((depth += 1) > DEEPEST) refuse('xml-too-deep');
    one();
    const attributes = new Map<string, string>();
    for (const { local, uri, value, prefix } of Object.values(tag.attributes))
      if (prefix !== 'xmlns') attributes.set(prefix === '' ? local : `{${uri}}${local}`, value);
    const element: Element = {
      name: tag.local,
      namespace: tag.uri,
      attributes,
      children: [],
      prefixes: tag.ns,
      parent: open,
      text: '',
    };
    if (open) open.children.push(element);
    else root.element = element;
    open = element;
  });
  const add = (more: string) => void (open && (open.text += more));
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    depth -= 1;
    open = open?.parent;
  });
  parser.write(text).close();
  return root.element ?? refuse('xml-malformed');
}

/** First child of that name, in any namespace. */
export const child = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);

/** Value at a path of local names below an element. */
export const valueAt = (element: Element, path: readonly string[]): string | undefined =>
  path.reduce<Element | undefined>((at, name) => child(at, name), element)?.text.trim();

/** A name like `soap:Client` in the place where it stands: namespace and local name. */
export function qualified(element: Element, name: string): { namespace: string; local: string } {
  const [local = '', prefix = ''] = name.trim().split(':').reverse();
  for (let at: Element | undefined = element; at; at = at.parent)
    if (Object.hasOwn(at.prefixes, prefix)) return { namespace: at.prefixes[prefix]!, local };
  return { namespace: '', local };
}

/** What XML 1.0 has no place for (control characters, halves of characters) becomes the sign for what is missing. */
const FOREIGN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text or an attribute's value, safe in both places, with its line breaks kept. */
export const escapeXml = (text: string): string => text.replace(FOREIGN, '\ufffd').replace(/[&<>"\r\n\t]/g, (found) => ESCAPES[found]!);
