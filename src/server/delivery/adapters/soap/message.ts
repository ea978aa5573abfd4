/** The message as text with files in it: SOAP envelope, security, key, and the body that the mapping makes of what was frozen. */
import type { SoapPart } from '#server/config';
import type { Envelope, EnvelopeAttachment } from '../../envelope.ts';
import { usernameToken } from './security.ts';
import type { SoapSettings } from './settings.ts';
import type { Operation, SoapVersion } from './wsdl.ts';
import { escapeXml } from './xml.ts';

export const SOAP: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};
/** Namespace of the published contract, and of the key in the header. */
const OURS = 'https://schalter.example/soap/v1';

/** Text, or the place of a file's contents. */
export type Piece = string | EnvelopeAttachment;

/** The value at a dotted path; `.`: all of it. */
function valueAt(context: unknown, path: string): unknown {
  if (path === '.') return context;
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) => (typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined),
      context,
    );
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

class Body {
  readonly pieces: Piece[] = [];
  readonly #prefix: string;
  readonly #attachments: ReadonlySet<unknown>;
  /** Whole, as it was frozen: its bytes are what its hashes speak of. */
  readonly #whole: { readonly context: unknown; readonly text: string };

  constructor(operation: Operation, envelope: Envelope, bytes: Uint8Array) {
    this.#prefix = operation.qualified ? 'm:' : '';
    this.#attachments = new Set(envelope.attachments);
    this.#whole = { context: envelope, text: Buffer.from(bytes).toString() };
  }

  /** One part; nothing where there is no value. */
  add(part: SoapPart, context: unknown): void {
    if (part.each === undefined) return this.#one(part, context);
    const entries = valueAt(context, part.each);
    if (Array.isArray(entries)) for (const entry of entries) this.#one(part, entry);
  }

  #one({ element, from, text, content, children }: SoapPart, context: unknown): void {
    const name = this.#prefix + element;
    if (content && this.#attachments.has(context)) return void this.pieces.push(`<${name}>`, context as EnvelopeAttachment, `</${name}>`);
    if (children) {
      const attributes = children.filter((one) => one.element.startsWith('@'));
      const set = attributes
        .map((one) => [one.element.slice(1), this.#leaf(one, context)] as const)
        .filter(([, value]) => value !== undefined);
      this.pieces.push(`<${name}${set.map(([key, value]) => ` ${key}="${escapeXml(value!)}"`).join('')}>`);
      for (const one of children) if (!one.element.startsWith('@')) this.add(one, context);
      return void this.pieces.push(`</${name}>`);
    }
    const value = this.#leaf({ element, from, text }, context);
    if (value !== undefined) this.pieces.push(`<${name}>${escapeXml(value)}</${name}>`);
  }

  #leaf({ from, text }: SoapPart, context: unknown): string | undefined {
    if (text !== undefined) return text;
    if (from === '.' && context === this.#whole.context) return this.#whole.text;
    const value = from === undefined ? undefined : valueAt(context, from);
    return value === undefined || value === null ? undefined : asText(value);
  }
}

/** The whole message, in pieces. */
export function messageOf(
  { message, user }: SoapSettings,
  operation: Operation,
  envelope: Envelope,
  bytes: Uint8Array,
  now: Date,
): Piece[] {
  const body = new Body(operation, envelope, bytes);
  for (const part of message) body.add(part, envelope);
  const name = `m:${operation.element}`;
  const head = [
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${SOAP[operation.version]}"><s:Header>`,
    user ? usernameToken(user, now) : '',
    `<k:IdempotencyKey xmlns:k="${OURS}">${escapeXml(envelope.id)}</k:IdempotencyKey></s:Header><s:Body>`,
    `<${name} xmlns:m="${escapeXml(operation.namespace)}">`,
  ];
  return [...head, ...body.pieces, `</${name}></s:Body></s:Envelope>`];
}
