import { helpPage, postHelp } from '#server/web';

export const load = ({ locals, params }) => helpPage(locals.request, params.service);

export const actions = { default: (event) => postHelp(event, event.params.service) };
