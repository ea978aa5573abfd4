import { servicePage, start } from '#server/web';

export const load = ({ locals, params }) => servicePage(locals.request, params.service);

export const actions = { default: ({ locals, params }) => start(locals.request, params.service) };
