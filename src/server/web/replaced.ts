/**
 * What takes the place of functions of Kit and Svelte in the built server, see `short-lived.ts`: the same to those who call them, without accessors
 * made for each request.
 */
import type { Component } from 'svelte';
import { render } from 'svelte/server';

/**
 * Kit notes which parts of the address a load function reads, so that its client knows when to load anew. No page here is loaded by Kit's client, so
 * there is nothing to note.
 */
export const make_trackable = (url: URL): URL => url;

/** Imported with it; only for pages that are made at build time, of which there are none. */
export function disable_search(): never {
  throw new Error('no page is made at build time');
}

/** Kit renders its root through this; only `render` is called on the server. */
export const asClassComponent = (component: Component) => ({
  render(props: Record<string, unknown>, options: object) {
    const { head, body } = render(component, { props, ...options });
    return { head, html: body, css: { code: '', map: null } };
  },
});
