/** What a WSDL (1.1) says about one operation: where it is, in which version of SOAP, and what its message is called. Nothing that it imports is read. */
import { child, qualified, readXml, type Element } from './xml.ts';

/** The WSDL does not tell how to call the operation. The message is a code. */
export class WsdlUnfit extends Error {
  override readonly name = 'WsdlUnfit';
}

export type SoapVersion = '1.1' | '1.2';

export interface Operation {
  readonly version: SoapVersion;
  /** Address of the service. */
  readonly address: string;
  readonly action: string;
  /** Element in the body. */
  readonly element: string;
  readonly namespace: string;
  /** Whether elements below it are in its namespace. */
  readonly qualified: boolean;
  /** It asks for attachments by MTOM. */
  readonly mtom: boolean;
}

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const XSD = 'http://www.w3.org/2001/XMLSchema';
const BINDINGS: Readonly<Record<string, SoapVersion>> = {
  'http://schemas.xmlsoap.org/wsdl/soap/': '1.1',
  'http://schemas.xmlsoap.org/wsdl/soap12/': '1.2',
};
const MTOM = 'OptimizedMimeSerialization';

const named = (elements: readonly Element[], name: string, wanted: string | undefined) =>
  elements.find((one) => one.name === name && one.attributes.get('name') === wanted);
const soapOf = (element: Element, name: string) =>
  element.children.find((one) => one.name === name && Object.hasOwn(BINDINGS, one.namespace));
const local = (value: string | undefined) => value?.split(':').at(-1);

function* all(element: Element): Generator<Element> {
  yield element;
  for (const one of element.children) yield* all(one);
}

/** `port`: which of several; the first that offers the operation otherwise. @throws XmlRefused, WsdlUnfit */
export function readWsdl(text: string, wanted: { operation: string; port?: string | undefined }): Operation {
  const definitions = readXml(text);
  if (definitions.name !== 'definitions' || definitions.namespace !== WSDL) throw new WsdlUnfit('wsdl-not-one');
  const ports = definitions.children
    .filter(({ name }) => name === 'service')
    .flatMap((service) => service.children.filter(({ name }) => name === 'port'));
  for (const port of ports) {
    if (wanted.port !== undefined && port.attributes.get('name') !== wanted.port) continue;
    const binding = named(definitions.children, 'binding', local(port.attributes.get('binding')));
    const operation = binding && named(binding.children, 'operation', wanted.operation);
    const how = binding && soapOf(binding, 'binding');
    const address = soapOf(port, 'address')?.attributes.get('location');
    if (!operation || !how || !address) continue;
    const what = soapOf(operation, 'operation');
    const style = what?.attributes.get('style') ?? how.attributes.get('style') ?? 'document';
    return {
      version: BINDINGS[how.namespace]!,
      address,
      action: what?.attributes.get('soapAction') ?? '',
      ...(style === 'rpc' ? rpc(operation, wanted.operation) : documented(definitions, binding, wanted.operation)),
      mtom: [...all(definitions)].some(({ name }) => name === MTOM),
    };
  }
  throw new WsdlUnfit(ports.length === 0 ? 'wsdl-no-service' : 'wsdl-no-operation');
}

/** The wrapper is called like the operation; its parts are in no namespace. */
function rpc(operation: Element, name: string) {
  const input = child(operation, 'input');
  return { element: name, namespace: (input && soapOf(input, 'body')?.attributes.get('namespace')) ?? '', qualified: false };
}

/** The message has one part, which names an element of a schema. */
function documented(definitions: Element, binding: Element, operation: string) {
  const type = named(definitions.children, 'portType', local(binding.attributes.get('type')));
  const input = child(type && named(type.children, 'operation', operation), 'input');
  const message = named(definitions.children, 'message', local(input?.attributes.get('message')));
  const part = child(message, 'part');
  const element = part?.attributes.get('element');
  if (!part || element === undefined) throw new WsdlUnfit('wsdl-no-element');
  const { namespace, local: name } = qualified(part, element);
  const schema = [...all(definitions)].find(
    (one) => one.name === 'schema' && one.namespace === XSD && one.attributes.get('targetNamespace') === namespace,
  );
  return { element: name, namespace, qualified: schema?.attributes.get('elementFormDefault') === 'qualified' };
}
