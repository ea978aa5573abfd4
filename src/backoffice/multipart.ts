/** Takes a multipart/form-data body apart: the envelope, and the files by the ids that stand as their names. */

export interface Parts {
  readonly envelope: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** `type`: the Content-Type. Anything but multipart is the envelope alone. */
export function partsOf(type: string, body: Buffer): Parts {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  const files = new Map<string, Buffer>();
  let envelope = body;
  if (boundary === undefined) return { envelope, files };
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const gap = part.indexOf('\r\n\r\n');
    const id = /filename="([^"]+)"/.exec(part.subarray(0, gap).toString())?.[1];
    if (id) files.set(id, part.subarray(gap + 4));
    else envelope = part.subarray(gap + 4);
    at = next;
  }
  return { envelope, files };
}
