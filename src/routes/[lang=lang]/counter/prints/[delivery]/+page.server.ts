import { finishPrintPage, printPage } from '#server/web';

export const load = ({ locals, params }) => printPage(locals.request, params.delivery);

export const actions = { default: (event) => finishPrintPage(event, event.params.delivery) };
