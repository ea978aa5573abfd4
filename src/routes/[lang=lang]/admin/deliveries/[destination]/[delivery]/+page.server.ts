import { deskCasePage, postDeskCase } from '#server/web';

export const load = ({ locals, params }) => deskCasePage(locals.request, params.destination, params.delivery);

export const actions = { default: (event) => postDeskCase(event, event.params.destination, event.params.delivery) };
