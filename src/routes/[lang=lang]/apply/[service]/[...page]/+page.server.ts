import { applyPage, postApply } from '#server/web';

export const load = ({ locals, params }) => applyPage(locals.request, params.service, params.page);

export const actions = { default: (event) => postApply(event, event.params.service, event.params.page) };
