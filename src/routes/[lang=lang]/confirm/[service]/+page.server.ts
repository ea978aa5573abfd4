import { confirmPage, postConfirm } from '#server/web';

export const load = ({ locals, params }) => confirmPage(locals.request, params.service);

export const actions = { default: (event) => postConfirm(event, event.params.service) };
