/** Forms with files as no browser sends them: the same two hundred each time. */
import { multipart } from '../travel.ts';

export interface Malformed {
  name: string;
  body: Buffer;
  type: string;
}

/** Numbers that look random and are the same each run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FORM = 'multipart/form-data';
const part = (head: string, content = 'x') => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const named = (name: string, file?: string) =>
  `Content-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}`;

/** By hand: each breaks one rule of the format. */
function broken(field: string): Malformed[] {
  const of = (name: string, body: string | Buffer, type = `${FORM}; boundary=b`): Malformed => ({ name, body: Buffer.from(body), type });
  const end = '--b--\r\n';
  return [
    of('no boundary', part(named(field, 'a.pdf')) + end, FORM),
    of('empty boundary', part(named(field, 'a.pdf')) + end, `${FORM}; boundary=`),
    of('another boundary', part(named(field, 'a.pdf')) + end, `${FORM}; boundary=c`),
    of('boundary of 5,000 characters', part(named(field, 'a.pdf')) + end, `${FORM}; boundary=${'b'.repeat(5_000)}`),
    of('boundary in quotes that stay open', part(named(field, 'a.pdf')) + end, `${FORM}; boundary="b`),
    of('only the end', end),
    of('one byte', '-'),
    of('no end', part(named(field, 'a.pdf'))),
    of('end in the middle of a part', `--b\r\n${named(field, 'a.pdf')}\r\n\r\n%PDF-1.4`),
    of('end in the middle of a head', `--b\r\n${named(field, 'a.p')}`),
    of('line feeds only', (part(named(field, 'a.pdf')) + end).replaceAll('\r', '')),
    of('carriage returns only', (part(named(field, 'a.pdf')) + end).replaceAll('\n', '')),
    of('no disposition', part('Content-Type: application/pdf') + end),
    of('no name', part('Content-Disposition: form-data; filename="a.pdf"') + end),
    of('empty name', part(named('', 'a.pdf')) + end),
    of('name of 10,000 characters', part(named('n'.repeat(10_000), 'a.pdf')) + end),
    of('file name of 20,000 characters', part(named(field, 'n'.repeat(20_000))) + end),
    of('head of 1 MB', part(`${named(field, 'a.pdf')}\r\nX: ${'x'.repeat(1_000_000)}`) + end),
    of('5,000 heads', part(named(field, 'a.pdf') + '\r\nX: y'.repeat(5_000)) + end),
    of('2,000 fields', part(named('a')).repeat(2_000) + end),
    of('500 files', part(named(field, 'a.pdf'), '%PDF-1.4 x').repeat(500) + end),
    of('field of 1 MB', part(named('pickup.notes'), 'x'.repeat(1_000_000)) + end),
    of('NUL in the name', part(named(`${field}\0`, 'a\0.pdf')) + end),
    of('way out in the file name', part(named(field, '../../../../etc/passwd'), '%PDF-1.4 x %%EOF') + end),
    of(
      'broken UTF-8',
      Buffer.concat([
        Buffer.from('--b\r\nContent-Disposition: form-data; name="'),
        Buffer.from([0xff, 0xfe, 0xc0]),
        Buffer.from('"\r\n\r\nx\r\n--b--\r\n'),
      ]),
    ),
    of(
      'names of objects',
      ['__proto__', 'constructor', 'toString'].map((name) => part(named(name)) + part(named(name, 'a.pdf'))).join('') + end,
    ),
    of('multipart in multipart', part(`${named(field)}\r\nContent-Type: multipart/mixed; boundary=c`, '--c\r\n\r\nx\r\n--c--') + end),
    of('transfer encoding', part(`${named(field, 'a.pdf')}\r\nContent-Transfer-Encoding: base64`, 'JVBERi0xLjQ=') + end),
    of('charset that is none', part(`${named('a')}\r\nContent-Type: text/plain; charset=none`) + end),
    of('after the end', part(named(field, 'a.pdf')) + end + part(named(field, 'b.pdf')) + end),
  ];
}

/** Two hundred: the ones by hand, and a sound form that was cut, flipped or doubled somewhere. */
export function malformedForms(field: string): Malformed[] {
  const random = numbers(12);
  const sound = multipart(
    [
      ['_revision', '1'],
      ['a', 'b'],
    ],
    [{ field, name: 'a.pdf' }],
  );
  const forms = broken(field);
  while (forms.length < 200) {
    const at = Math.floor(random() * sound.body.length);
    const body = Buffer.from(sound.body);
    const how = forms.length % 3;
    if (how === 1) for (let n = 0; n < 20; n += 1) body[Math.floor(random() * body.length)] = Math.floor(random() * 256);
    const changed = how === 0 ? body.subarray(0, at) : how === 1 ? body : Buffer.concat([body.subarray(0, at), body.subarray(at / 2)]);
    forms.push({
      name: `${['cut at', 'flipped, number', 'doubled at'][how]} ${how === 1 ? forms.length : at}`,
      body: changed,
      type: sound.type,
    });
  }
  return forms;
}
