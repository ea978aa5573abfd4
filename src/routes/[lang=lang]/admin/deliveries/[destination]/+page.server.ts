import { deskList, postDeskList } from '#server/web';

export const load = ({ locals, params }) => deskList(locals.request, params.destination);

export const actions = { default: (event) => postDeskList(event, event.params.destination) };
