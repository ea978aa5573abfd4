/** Kit's server hooks: the request's context from the edge, the language of the document, and error pages that say what to do. */
import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';
import type { KnownRequest } from './edge.ts';
import { DatabaseUnavailable } from '#server/store';
import { openPortal } from '../portal.ts';
import { openRequest } from './kit.ts';
import { summaryOfSubmission } from './summary.ts';
import { REFUSAL_HEADERS, refusalPage } from './refusal.ts';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace App {
    interface Locals {
      request: ReturnType<typeof openRequest>;
      /** Seconds after which a repetition makes sense: something the portal needs is away. */
      retryAfter?: number;
    }
    interface Platform {
      req: KnownRequest;
    }
    interface Error {
      message: string;
      /** Number under which the event is found in the log. */
      event?: string;
    }
  }
}

/** Opens the portal once; the edge outside the bundle takes it from here. */
export const init: ServerInit = async () => {
  (globalThis as unknown as Record<symbol, unknown>)[Symbol.for('schalter.portal')] = await openPortal(process.env, {
    summary: summaryOfSubmission,
  });
};

export const handle: Handle = async ({ event, resolve }) => {
  const context = event.platform!.req.schalter;
  context.route = event.route.id ?? undefined;
  event.locals.request = openRequest(context, event);
  const response = await resolve(event, {
    // A login may have changed the language.
    transformPageChunk: ({ html }) =>
      html.replace('%schalter.lang%', event.locals.request.lang).replace('%schalter.dir%', event.locals.request.dir),
    preload: () => false,
    filterSerializedResponseHeaders: () => false,
  });
  const { headers } = response;
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  // What Kit refuses by itself (a method that a route does not know) it says in a bare line.
  if (response.status >= 400 && !headers.get('content-type')?.startsWith('text/html')) {
    const page = refusalPage(context.portal.texts, response.status, event.request.headers.get('accept-language') ?? undefined);
    return new Response(page, { status: response.status, headers: { ...REFUSAL_HEADERS, allow: headers.get('allow') ?? 'GET, HEAD' } });
  }
  // Kit makes every error that nobody expected a 500.
  const { retryAfter } = event.locals;
  if (retryAfter === undefined) return response;
  headers.set('retry-after', String(retryAfter));
  return new Response(response.body, { status: 503, headers });
};

export const handleError: HandleServerError = ({ error, event, status, message }) => {
  const context = event.platform?.req.schalter;
  const unavailable = error instanceof DatabaseUnavailable;
  if (unavailable) event.locals.retryAfter = error.retryAfter;
  if (status !== 404) {
    context?.portal.logger.error('request_failed', {
      correlation: context.correlation,
      route: event.route.id ?? 'none',
      error: error instanceof Error ? error.name : 'unknown',
      // Only places in our own code: messages may carry what somebody typed.
      place:
        error instanceof Error
          ? (error.stack ?? '')
              .split('\n')
              .slice(1, 4)
              .map((line) => line.trim().replace(/\(?file:\/\/.*\/(src|build)\//, '($1/'))
              .join(' < ')
          : '',
    });
  }
  return { message: unavailable ? 'unavailable' : message, event: context?.correlation };
};
