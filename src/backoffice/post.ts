/** The way back to the portal. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** POST; gives the status. Names under `localhost` are this machine (RFC 6761), which not every resolver knows. */
export function post(url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  const target = new URL(url);
  const host = target.hostname.endsWith('.localhost') ? '127.0.0.1' : target.hostname;
  return new Promise((done, failed) => {
    (target.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        host,
        port: target.port,
        path: target.pathname,
        method: 'POST',
        headers: { ...headers, host: target.host, 'content-length': body.length },
        signal: AbortSignal.timeout(5_000),
      },
      (reply) => {
        reply.resume();
        reply.on('end', () => done(reply.statusCode ?? 0));
        reply.on('error', failed);
      },
    )
      .on('error', failed)
      .end(body);
  });
}
