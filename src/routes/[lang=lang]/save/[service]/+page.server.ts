import { save } from '#server/web';

export const load = ({ locals, params }) => save(locals.request, params.service);
